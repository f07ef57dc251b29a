"""The day's answer as the JSON document that ``plan appliances`` prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from energy_manager.domain.appliances.day.document import Day
from energy_manager.domain.appliances.day.replay import END_OF_TIME_US
from energy_manager.domain.appliances.decision import Alert, Decision, Remedy
from energy_manager.domain.appliances.household import Household
from energy_manager.domain.appliances.ledger.battery import BatteryPiece
from energy_manager.domain.appliances.ledger.home import NOTHING_W
from energy_manager.domain.appliances.ledger.step_function import Step, StepFunction
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
        household.household_id: _net_load_w(
            household, by_household[household.household_id], battery.get(household.household_id, ())
        )
        for household in day.households
    }
    return {
        "runs": [_run(run, decisions[run.run_id]) for run in runs],
        "households": [
            {
                "id": name,
                **_figures(net_w, by_household[name], day.window_us),
                "battery": _schedule(battery.get(name, ())),
            }
            for name, net_w in nets.items()
        ],
        "total": _figures(sum(nets.values(), NOTHING_W), runs, day.window_us),
        "alerts": [
            {
                "at_min": minutes_of_us(alert.at_us),
                "household": alert.household,
                "excess_w": plain_number(alert.excess_w),
                "message": alert.message,
            }
            for alert in alerts
        ],
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


def _figures(net_w: StepFunction, runs: Sequence[Run], window_us: tuple[int, int]) -> dict[str, Any]:
    """How good a day was over the window, by the net load (load - sun + battery charge) and its runs.

    ``par`` is peak over average, None unless the average is above 0. ``dawr`` (delay as waiting ratio) is the mean of
    (start - request) / max delay over the runs with a max delay, 1 for one that never ran; None without such runs.
    """
    start_us, end_us = window_us
    peak_w = net_w.highest(start_us, end_us)
    average_w = Fraction(net_w.area(start_us, end_us), end_us - start_us)
    ratios = [ratio for ratio in map(_waiting_ratio, runs) if ratio is not None]
    return {
        "peak_w": plain_number(peak_w),
        "average_w": plain_number(average_w),
        "par": float(peak_w / average_w) if average_w > 0 else None,
        "dawr": float(sum(ratios) / len(ratios)) if ratios else None,
    }


def _net_load_w(household: Household, runs: Iterable[Run], battery: Iterable[BatteryPiece]) -> StepFunction:
    """What the household draws from the grid over time; negative when it feeds in."""
    load_w = StepFunction.of_pieces(piece for run in runs for piece in run.pieces())
    charge_w = StepFunction.of_pieces(Step(piece.start_us, piece.end_us, piece.charge_w) for piece in battery)
    return load_w - household.pv_w + charge_w


def _waiting_ratio(run: Run) -> Fraction | None:
    """None for a run that counts not: without a max delay, or given up before it began."""
    max_delay_us = run.request.max_delay_us
    if max_delay_us is None:
        return None
    if run.start_us is None:
        return None if run.closed_as == "cancelled" else Fraction(1)
    waited_us = run.start_us - run.request.waits_from_us
    return Fraction(waited_us, max_delay_us) if max_delay_us > 0 else Fraction(min(waited_us, 1))


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


def _number(value: Watts | None) -> int | float | None:
    return None if value is None else plain_number(value)
