"""Ticks as the loop records them, made up."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from energy_manager.application.ports.records.tick import GridHold, Tick
from energy_manager.domain.dispatch import POLICIES, decide
from energy_manager.domain.site import Bounds

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


IN_THE_RECORD = {"policy_name": "proportional", "power_unit": "kW", "time_of": at}
"""What ``SendTargets`` needs for the record; the monotonic clock shows 0 at noon."""


def tick(
    scheduled: Mapping[str, int],
    potentials: Mapping[str, int],
    *,
    number: int = 0,
    policy: str = "proportional",
    hold: GridHold | None = None,
    bounds: Mapping[str, Bounds] | None = None,
    idle: tuple[str, ...] = (),
    **more,
) -> Tick:
    """What a loop with a tick every two seconds from noon on records; ``idle`` devices are not scheduled."""
    held = {} if hold is None else {hold.storage: hold.target}
    dispatch = decide(POLICIES[policy], scheduled, potentials, held, bounds or {})
    said = {
        "at": at(2 * number),
        "lag_s": 0.0001,
        "targets": {**dispatch.targets, **dict.fromkeys(idle, 0)},
        "shortfall": dispatch.shortfall,
        "decided_by": dict.fromkeys(scheduled, "shared"),
        "bounds": bounds or {},
        "status_ages_s": dict.fromkeys(potentials, 1.5),
        "power_unit": "kW",
    }
    return Tick(number=number, scheduled=scheduled, potentials=potentials, policy=policy, hold=hold, **(said | more))
