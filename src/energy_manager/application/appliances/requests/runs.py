"""Appliances that are put, and runs that are asked for, also of a car that must have taken its energy by a time."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from energy_manager.application.appliances.building import Building, InstalledAppliance
from energy_manager.application.appliances.requests.statements import (
    Statement,
    faults_of_name,
    faults_of_taken_asset,
    refuse_if,
)
from energy_manager.application.appliances.requests.windows import window_of
from energy_manager.domain.appliances import CATALOGUE, Appliance, Profile, RunRequest
from energy_manager.domain.appliances.power_course import NEVER_PAUSED, SAYS_ALL, PowerCourse
from energy_manager.domain.appliances.units import US_PER_MINUTE, exact_number, us_of_minutes
from energy_manager.domain.errors import Fault, Refused


def appliance_put(stated: Statement, household: str, name: str, building: Building) -> InstalledAppliance:
    """An appliance that is put: profiles of the catalogue it may run, or power and duration of its own.

    Raises:
        Refused: with every fault, one of them that another appliance or a battery is that asset already.
    """
    profiles: Sequence[str] = stated.get("profiles", ())
    draws = bool({"power_w", "profile_w"} & stated.keys())
    faults = [
        *faults_of_name(name, "appliance"),
        *_faults_of_profiles(profiles),
        *(_faults_of_draw(stated) if draws else ()),
    ]
    if not profiles and not draws:
        message = "is missing, and so are power_w and profile_w: an appliance runs one of them"
        faults.append(Fault(field="profiles", message=message))
    asset = stated.get("asset", name)
    if asset:
        faults += faults_of_taken_asset(asset, "asset", building, but_for=(household, name))
    refuse_if(faults)
    appliance = Appliance(
        household=household,
        name=name,
        profiles=tuple(profiles),
        max_delay_us=_delay_us(stated.get("max_delay_min")),
    )
    return InstalledAppliance(appliance=appliance, own=_profile(stated, name) if draws else None, asset=asset)


def run_asked(stated: Statement, building: Building, *, run_id: str, now_us: int) -> RunRequest:
    """A run that is asked for now: what its profile says, unless the request says otherwise.

    Raises:
        Refused: with every fault.
    """
    household, appliance = stated["household"], stated["appliance"]
    installed = _installed(household, appliance, building)
    stated = _said_over(_chosen(installed, stated), stated)
    refuse_if(list(_faults_of_draw(stated)))
    own = _profile(stated, appliance)
    window = window_of(stated, ZoneInfo(building.household(household).time_zone), now_us)
    own_delay_us = None if window.ready_by_us is not None else installed.appliance.max_delay_us
    request = RunRequest(
        run_id=run_id,
        household=household,
        appliance=appliance,
        power_w=own.rated_power_w,
        duration_us=own.duration_us,
        max_delay_us=_delay_us(stated["max_delay_min"]) if "max_delay_min" in stated else own_delay_us,
        is_interruptible=own.is_interruptible,
        priority_class=own.priority_class,
        requested_us=now_us,
        is_queued=stated.get("queue", False),
        not_before_us=window.not_before_us,
        profile=own.course,
    )
    return request.ready_by(window.ready_by_us)


def vehicle_run(stated: Statement, building: Building, household: str, vehicle: str) -> RunRequest:
    """The run that charges ``energy_kwh`` from now on and is over by ``ready_by``; it may pause.

    Raises:
        Refused: with every fault, one of them that there is no such charger.
    """
    run: dict[str, Any] = {name: stated[name] for name in ("profile", "not_before") if name in stated}
    run |= {"household": household, "appliance": vehicle, "interruptible": True}
    number = str(building.next_number)
    # Its power is the charger's own, so how long it lasts is known once that has been read.
    power_w = run_asked(run, building, run_id=number, now_us=building.now_us).power_w
    duration_min = Fraction(60_000 * exact_number(stated["energy_kwh"]), power_w)
    run |= {"duration_min": duration_min, "ready_by": stated["ready_by"]}
    return run_asked(run, building, run_id=number, now_us=building.now_us)


def moved_run(stated: Statement, building: Building, run_id: str) -> RunRequest:
    """The run asked for anew, now, with another longest delay.

    Raises:
        Refused: the run has begun or is over.
        Unknown: there is no run of that id.
    """
    asked, status = building.asked(run_id), building.status(run_id)
    if status != "pending":
        raise _refused("run_id", f"{run_id!r} is {status}: only what has not begun can be moved")
    number, delay_us = str(building.next_number), _delay_us(stated["max_delay_min"])
    return replace(asked, run_id=number, max_delay_us=delay_us, requested_us=building.now_us)


def _installed(household: str, appliance: str, building: Building) -> InstalledAppliance:
    if household not in building.table.homes:
        raise _refused("household", f"{household!r} is unknown")
    installed = building.installed.get((household, appliance))
    if installed is None:
        raise _refused("appliance", f"household {household!r} has no {appliance!r}")
    return installed


def _faults_of_draw(stated: Statement) -> Iterator[Fault]:
    """What contradicts itself in what an appliance or a run draws; of power and course one is said."""
    duration = stated.get("duration_min")
    if stated.get("profile_w") is None:
        if stated.get("power_w") is None:
            yield Fault(field="power_w", message="is missing")
        if duration is not None and us_of_minutes(duration) == 0:
            yield Fault(field="duration_min", message=f"{duration} min is less than a microsecond")
        return
    if {"power_w", "duration_min"} & stated.keys():
        yield Fault(field="profile_w", message=SAYS_ALL)
    if stated.get("interruptible"):
        yield Fault(field="profile_w", message=NEVER_PAUSED)


def _profile(stated: Statement, name: str) -> Profile:
    """What an appliance or a run draws; a course refuses what it cannot be."""
    course = None if stated.get("profile_w") is None else _course(stated["profile_w"])
    duration = stated.get("duration_min")
    duration_us = None if duration is None else us_of_minutes(duration)
    return Profile(
        name=name,
        rated_power_w=exact_number(stated["power_w"]) if course is None else course.peak_w,
        duration_us=duration_us if course is None else course.length_us,
        course=course,
        is_interruptible=stated.get("interruptible", False),
        priority_class=stated.get("priority", "normal"),
    )


def _course(stated: Statement) -> PowerCourse:
    """``{"resolution_min": 15, "values": [2000, 1800, 200]}``."""
    return PowerCourse(
        slot_us=us_of_minutes(stated["resolution_min"]),
        values_w=tuple(exact_number(watts) for watts in stated["values"]),
    )


def _said_over(profile: Profile, stated: Statement) -> Statement:
    """What the request says, and what its profile says where it does not: one of power or course, not both."""
    usual = _profile_fields(profile)
    if stated.get("profile_w") is not None:
        usual = {key: value for key, value in usual.items() if key not in {"power_w", "duration_min", "interruptible"}}
    elif stated.keys() & {"power_w", "duration_min"}:
        usual.pop("profile_w", None)
        usual = {"power_w": profile.rated_power_w, "duration_min": _minutes(profile.duration_us), **usual}
    return {**usual, **stated}


def _profile_fields(profile: Profile) -> dict[str, object]:
    course = profile.course
    if course is not None:
        slot_min = Fraction(course.slot_us, US_PER_MINUTE)
        drawn: dict[str, object] = {"profile_w": {"resolution_min": slot_min, "values": list(course.values_w)}}
    else:
        drawn = {"power_w": profile.rated_power_w, "duration_min": _minutes(profile.duration_us)}
    return {**drawn, "interruptible": profile.is_interruptible, "priority": profile.priority_class}


def _minutes(time_us: int | None) -> Fraction | None:
    return None if time_us is None else Fraction(time_us, US_PER_MINUTE)


def _delay_us(minutes: Decimal | float | None) -> int | None:
    return None if minutes is None else us_of_minutes(minutes)


def _faults_of_profiles(profiles: Sequence[str]) -> Iterator[Fault]:
    for index, name in enumerate(profiles):
        if name not in CATALOGUE:
            near = difflib.get_close_matches(name, list(CATALOGUE), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            yield Fault(field=f"profiles[{index}]", message=f"{name!r} is not a profile of the catalogue{hint}")
        if name in profiles[:index]:
            yield Fault(field=f"profiles[{index}]", message=f"{name!r} is there twice")


def _chosen(installed: InstalledAppliance, stated: Statement) -> Profile:
    """The profile that the request names, or the only one there is."""
    profiles, name = installed.appliance.profiles, stated.get("profile")
    if name is not None:
        if name not in profiles:
            may = f"it may run {', '.join(profiles)}" if profiles else "it has only its own"
            raise _refused("profile", f"{name!r} is none that {installed.appliance.name!r} may run; {may}")
        return CATALOGUE[name]
    if installed.own is not None:
        return installed.own
    if len(profiles) > 1:
        raise _refused("profile", f"is missing; {installed.appliance.name!r} may run {', '.join(profiles)}")
    return CATALOGUE[profiles[0]]


def _refused(field: str, message: str) -> Refused:
    return Refused([Fault(field=field, message=message)])
