"""The day's answer as the JSON document that ``plan appliances`` prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from energy_manager.domain.appliances.admission.rejection import Remedy
from energy_manager.domain.appliances.day.document import Day
from energy_manager.domain.appliances.day.figures import Figures, figures_of, net_load_w
from energy_manager.domain.appliances.day.replay import END_OF_TIME_US
from energy_manager.domain.appliances.decision import Decision
from energy_manager.domain.appliances.events.alert import Alert
from energy_manager.domain.appliances.ledger.battery import BatteryPiece
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.units import FOREVER_US, Watts, minutes_of_us, plain_number


def answer_of(
    day: Day,
    runs: Sequence[Run],
    decisions: Mapping[str, Decision],
    battery: Mapping[str, Sequence[BatteryPiece]],
    alerts: Iterable[Alert],
) -> dict[str, Any]:
    """Runs in request order, figures by household and in total, and what could not be kept."""
    by_household = {
        household.household_id: [run for run in runs if run.request.household == household.household_id]
        for household in day.households
    }
    nets = {
        household.household_id: net_load_w(
            household, by_household[household.household_id], battery.get(household.household_id, ())
        )
        for household in day.households
    }
    total_w = StepFunction.constant(0)
    for net_w in nets.values():
        total_w += net_w
    return {
        "runs": [_run(run, decisions[run.run_id]) for run in runs],
        "households": [
            {
                "id": name,
                **_figures(figures_of(net_w, by_household[name], day.window_us)),
                "battery": _schedule(battery.get(name, ())),
            }
            for name, net_w in nets.items()
        ],
        "total": _figures(figures_of(total_w, runs, day.window_us)),
        "alerts": [_alert(alert) for alert in alerts],
    }


def _run(run: Run, decision: Decision) -> dict[str, Any]:
    return {
        "household": run.request.household,
        "appliance": run.request.appliance,
        "outcome": decision.outcome,
        "priority": decision.priority,
        "segments_min": [
            [minutes_of_us(s.start_us), None if s.end_us >= FOREVER_US else minutes_of_us(s.end_us)]
            for s in run.segments
        ],
        "status": run.status(END_OF_TIME_US),
        "reason": decision.reason or run.missed_reason(END_OF_TIME_US),
        "shortfall_w": _number(decision.shortfall_w),
        "would_do": _would_do(decision.would_do),
    }


def _would_do(would_do: Remedy | None) -> dict[str, Any] | None:
    if would_do is None:
        return None
    delay_us = would_do.max_delay_us
    return {
        "max_delay_min": None if delay_us is None else minutes_of_us(delay_us),
        "threshold_w": _number(would_do.threshold_w),
    }


def _figures(figures: Figures) -> dict[str, Any]:
    return {
        "peak_w": plain_number(figures.peak_w),
        "average_w": plain_number(figures.average_w),
        "par": figures.par,
        "dawr": figures.dawr,
    }


def _schedule(pieces: Sequence[BatteryPiece]) -> list[dict[str, Any]]:
    """The battery's course with equal neighbours joined; positive charges, negative discharges."""
    joined: list[list[Any]] = []
    for piece in pieces:
        if joined and joined[-1][1] == piece.start_us and joined[-1][2] == piece.charge_w:
            joined[-1][1] = piece.end_us
        else:
            joined.append([piece.start_us, piece.end_us, piece.charge_w])
    assert all(before[1] <= after[0] for before, after in pairwise(joined)), "the battery does one thing at a time"
    return [
        {"start_min": minutes_of_us(start_us), "end_min": minutes_of_us(end_us), "charge_w": plain_number(charge_w)}
        for start_us, end_us, charge_w in joined
    ]


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "at_min": minutes_of_us(alert.at_us),
        "household": alert.household,
        "excess_w": plain_number(alert.excess_w),
        "message": alert.message,
    }


def _number(value: Watts | None) -> int | float | None:
    return None if value is None else plain_number(value)
