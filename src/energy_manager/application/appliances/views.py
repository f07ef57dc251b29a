"""What the live half answers, as JSON-ready values: instants in UTC, powers in W, times in minutes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

from energy_manager.application.appliances.building import Building, InstalledAppliance, instant
from energy_manager.domain.appliances import CATALOGUE, Alert, Decision, Profile, Run, RunRequest
from energy_manager.domain.appliances.ledger.battery import battery_course, stored_at
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.power_course import PowerCourse
from energy_manager.domain.appliances.units import (
    FOREVER_US,
    US_PER_DAY,
    US_PER_HOUR,
    Watts,
    minutes_of_us,
    plain_number,
)

PROFILE_US = 2 * US_PER_DAY
"""A published profile reaches so far ahead; later it is what it was at its end."""

Answer = dict[str, Any]


def profile_answer(profile: Profile) -> Answer:
    """A profile of the catalogue, or of an appliance's own."""
    return {
        "name": profile.name,
        "power_w": plain_number(profile.rated_power_w),
        "duration_min": _minutes(profile.duration_us),
        "profile_w": _course_answer(profile.course),
        "interruptible": profile.is_interruptible,
        "priority": profile.priority_class,
    }


def catalogue_answer() -> list[Answer]:
    """All profiles that ship."""
    return [profile_answer(profile) for profile in CATALOGUE.values()]


def installed_answer(installed: InstalledAppliance) -> Answer:
    """An appliance."""
    return {
        "name": installed.appliance.name,
        "asset": installed.asset,
        "profiles": list(installed.appliance.profiles),
        "own": None if installed.own is None else profile_answer(installed.own),
        "max_delay_min": _minutes(installed.appliance.max_delay_us),
    }


def household_answer(building: Building, household_id: str) -> Answer:
    """A household with its appliances, and what is booked in it now.

    Raises:
        Unknown: there is none of that id.
    """
    household, policy = building.household(household_id), building.table.policy_of(household_id)
    home, now_us = building.table.homes[household_id], building.now_us
    battery = household.battery
    installed = [entry for (owner, _), entry in building.installed.items() if owner == household_id]
    return {
        "id": household_id,
        "threshold_w": plain_number(household.threshold_w),
        "time_zone": household.time_zone,
        "follows_aggregator": household.follows_building_peak,
        "strategy": policy.strategy,
        "target_peak_w": _number(policy.target_peak_w),
        "battery": None
        if battery is None
        else {
            "capacity_wh": plain_number(battery.capacity_wh),
            "power_w": plain_number(battery.power_w),
            "depth_of_discharge": plain_number(battery.depth_of_discharge),
            "stored_wh": plain_number(Fraction(stored_at(home, now_us)) / US_PER_HOUR),
            "asset": battery.asset,
        },
        "pv_w": plain_number(home.sun_w.at(now_us)),
        "booked_w": plain_number(home.load_w.at(now_us)),
        "alerts": [alert_answer(alert) for alert in building.alerts if alert.household == household_id],
        "appliances": [installed_answer(entry) for entry in installed],
    }


def timetable_answer(building: Building, household_id: str | None = None, *, neighbours: Sequence[str] = ()) -> Answer:
    """Households and runs, those of one household or (None) of all, in the order in which they were asked for.

    ``neighbours``: what was not believed of what they publish.

    Raises:
        Unknown: there is no household of that id.
    """
    if household_id is not None:
        building.household(household_id)
    names = list(building.table.homes) if household_id is None else [household_id]
    asked = [*(run.request for run in building.table.runs.values()), *building.table.queue]
    runs = [run_answer(building, request.run_id) for request in asked if request.household in names]
    return {
        "at": _time(building.now_us),
        "is_attended": building.unattended_us is None,
        "households": [
            {
                "id": name,
                "threshold_w": plain_number(building.household(name).threshold_w),
                "booked_w": _pieces(building.table.homes[name].load_w, building.now_us),
                "battery": _course(building, name),
            }
            for name in names
        ],
        "runs": sorted(runs, key=lambda run: int(run["id"])),
        "alerts": [alert_answer(alert) for alert in building.alerts if alert.household in names],
        "neighbours": list(neighbours),
    }


def profile_published(building: Building) -> Answer:
    """The booked net load of all homes together, for neighbours: what holds from each instant to the next."""
    total_w = StepFunction.constant(0)
    for home in building.table.homes.values():
        total_w += home.net_w()
    return {"at": _time(building.now_us), "net_w": _pieces(total_w, building.now_us)}


def run_answer(building: Building, run_id: str) -> Answer:
    """A run: what was decided, what is planned, and what it is now.

    Raises:
        Unknown: there is no run of that id.
    """
    waiting = next((request for request in building.table.queue if request.run_id == run_id), None)
    if waiting is None:
        run = building.run(run_id)
    else:
        run = Run(request=waiting, segments=(), outcome="rejected", decision_priority=0)
    now_us, status, rejection = building.now_us, building.status(run_id), building.rejections.get(run_id)
    is_decided = run.outcome != "rejected" or rejection is not None
    return {
        **_asked(run.request, run.priority(now_us)),
        "status": status,
        "outcome": run.outcome if is_decided else None,
        "segments": [[_time(s.start_us), None if s.end_us >= FOREVER_US else _time(s.end_us)] for s in run.segments],
        "waited_min": minutes_of_us(run.waited_us(now_us)),
        "progress_min": minutes_of_us(run.progress_us(now_us)),
        **_rejection(rejection, why_missed=run.missed_reason(now_us) if status == "missed" else None),
    }


def decided_answer(building: Building, decision: Decision) -> Answer:
    """A run just asked for; ``moved`` names the runs whose plans gave way."""
    return {**run_answer(building, decision.run_id), "priority": decision.priority, "moved": list(decision.moved)}


def alert_answer(alert: Alert) -> Answer:
    """What could not be kept."""
    return {
        "at": _time(alert.at_us),
        "household": alert.household,
        "excess_w": plain_number(alert.excess_w),
        "message": alert.message,
    }


def _asked(request: RunRequest, priority: int) -> Answer:
    return {
        "id": request.run_id,
        "household": request.household,
        "appliance": request.appliance,
        "power_w": plain_number(request.power_w),
        "duration_min": _minutes(request.duration_us),
        "profile_w": _course_answer(request.profile),
        "max_delay_min": _minutes(request.max_delay_us),
        "interruptible": request.is_interruptible,
        "priority_class": request.priority_class,
        "priority": priority,
        "requested_at": _time(request.requested_us),
        "not_before": None if request.not_before_us is None else _time(request.not_before_us),
    }


def _rejection(rejection: Decision | None, *, why_missed: str | None) -> Answer:
    would_do = None if rejection is None else rejection.would_do
    return {
        "reason": why_missed if rejection is None else rejection.reason,
        "shortfall_w": None if rejection is None else _number(rejection.shortfall_w),
        "would_do": None
        if would_do is None
        else {"max_delay_min": _minutes(would_do.max_delay_us), "threshold_w": _number(would_do.threshold_w)},
    }


def _course(building: Building, household_id: str) -> list[Answer]:
    now_us = building.now_us
    course = battery_course(building.table.homes[household_id], now_us + US_PER_DAY)
    return [
        {"start": _time(piece.start_us), "end": _time(piece.end_us), "charge_w": plain_number(piece.charge_w)}
        for piece in course
        if piece.charge_w != 0
    ]


def _course_answer(course: PowerCourse | None) -> Answer | None:
    if course is None:
        return None
    return {
        "resolution_min": minutes_of_us(course.slot_us),
        "values": [plain_number(watts) for watts in course.values_w],
    }


def _pieces(steps: StepFunction, now_us: int) -> list[Answer]:
    pieces: Iterable[Any] = steps.pieces(now_us, now_us + PROFILE_US)
    return [{"from": _time(piece.start_us), "w": plain_number(piece.value)} for piece in pieces]


def _time(at_us: int) -> str:
    return instant(at_us).isoformat().replace("+00:00", "Z")


def _minutes(time_us: int | None) -> int | float | None:
    return None if time_us is None else minutes_of_us(time_us)


def _number(value: Watts | None) -> int | float | None:
    return None if value is None else plain_number(value)
