"""How a plan becomes what the site does: the options of its activation, and the change to the store."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from energy_manager.application.ports.schedules.durability import Activation, JsonObject, PutActivation, PutSchedule
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Schedule, refuse_unfit
from energy_manager.domain.site import PlanningSite


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivationOptions:
    """How a plan is to be activated: on which site, at what time, and what was said beside the request.

    ``schedule_id`` None: the job's own name for it. ``start`` and ``minutes`` are for plans without times of their own,
    ``asset`` is for a storage that its request gives no name.
    """

    site: PlanningSite
    now: datetime
    schedule_id: str | None = None
    start: datetime | None = None
    minutes: float | None = None
    asset: AssetId | None = None


def refuse_without_effect(said: Mapping[str, object], *, needed: str) -> None:
    """Refuse what was said of an activation that is not asked for; ``needed`` is how it would be.

    Raises:
        Refused: something was said.
    """
    faults = [
        Fault(field=name, message=f"only valid together with {needed}")
        for name, value in said.items()
        if value is not None
    ]
    if faults:
        raise Refused(faults)


def change_of(
    schedule: Schedule, options: ActivationOptions, *, terms: JsonObject | None
) -> PutSchedule | PutActivation:
    """The change to the store that makes the site follow a plan; with ``terms`` it is an activation.

    Raises:
        Refused: the schedule names what the site has not, says nothing, or is over already.
    """
    if schedule.end is None:
        raise Refused.at("activate", "the plan has no target for any asset, there is nothing to follow")
    if schedule.end <= options.now:
        message = f"the plan ends at {schedule.end.isoformat()}, and it is {options.now.isoformat()} already"
        raise Refused.at("activate", message)
    options.site.refuse_strangers(schedule.assets)
    refuse_unfit(schedule, options.site)
    if terms is None:
        return PutSchedule(schedule=schedule)
    return PutActivation(activation=Activation(schedule=schedule, terms=terms))


def schedule_of(change: PutSchedule | PutActivation) -> Schedule:
    """The schedule that the change puts."""
    return change.schedule if isinstance(change, PutSchedule) else change.activation.schedule


def fresh_id(job: str, start: datetime) -> str:
    """A name that no other schedule has: two activations may hold for the same time."""
    return f"{job}:{start:%Y-%m-%dT%H:%MZ}:{secrets.token_hex(3)}"
