"""Appliances that are put, and runs that are asked for."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import cast
from zoneinfo import ZoneInfo

from energy_manager.application.appliances.building import Building, InstalledAppliance
from energy_manager.application.appliances.requests.fields import known_fields, refuse_taken_asset
from energy_manager.application.appliances.requests.windows import read_window
from energy_manager.domain.appliances import CATALOGUE, Appliance, Profile, RunRequest
from energy_manager.domain.appliances.power_course import NEVER_PAUSED, SAYS_ALL, PowerCourse
from energy_manager.domain.appliances.priority import BASE_PRIORITY, PriorityClass
from energy_manager.domain.appliances.reading import Reader
from energy_manager.domain.appliances.units import US_PER_MINUTE
from energy_manager.domain.errors import Refused

_OWN_KEYS = ("power_w", "duration_min", "profile_w", "interruptible", "priority")
_APPLIANCE_KEYS = ("profiles", "max_delay_min", "asset", *_OWN_KEYS)
_RUN_KEYS = ("household", "appliance", "profile", "max_delay_min", "not_before", "ready_by", "queue", *_OWN_KEYS)


def read_appliance(document: object, household: str, name: str, building: Building) -> InstalledAppliance:
    """An appliance that is put: profiles of the catalogue it may run, or power and duration of its own.

    Raises:
        Refused: with every fault, one of them that another appliance or a battery is that asset already.
    """
    reader = Reader()
    reader.name(name, "appliance")
    fields = known_fields(reader, document, _APPLIANCE_KEYS)
    profiles = [
        reader.text(entry, f"profiles[{index}]")
        for index, entry in enumerate(reader.sequence(fields.get("profiles", []), "profiles"))
    ]
    for index, profile in enumerate(profiles):
        _check_profile(reader, profile, f"profiles[{index}]", list(CATALOGUE))
        if profile in profiles[:index]:
            reader.fault(f"profiles[{index}]", f"{profile!r} is there twice")
    own = _own_profile(reader, fields, name) if {"power_w", "profile_w"} & set(fields) else None
    if not profiles and own is None and not reader.faults:
        reader.fault("profiles", "is missing, and so are power_w and profile_w: an appliance runs one of them")
    stated = fields.get("asset", name)
    asset = None if stated is None else reader.text(stated, "asset")
    if asset is not None:
        refuse_taken_asset(reader, asset, "asset", building, but_for=(household, name))
    max_delay_us = _delay(reader, fields.get("max_delay_min"))
    if reader.faults:
        raise Refused(reader.faults)
    appliance = Appliance(household=household, name=name, profiles=tuple(profiles), max_delay_us=max_delay_us)
    return InstalledAppliance(appliance=appliance, own=own, asset=asset)


def read_run(document: object, building: Building, *, run_id: str, now_us: int) -> RunRequest:
    """A run that is asked for now: what its profile says, unless the request says otherwise.

    Raises:
        Refused: with every fault.
    """
    reader = Reader()
    fields = known_fields(reader, document, _RUN_KEYS)
    household = reader.text(fields.get("household"), "household")
    appliance = reader.text(fields.get("appliance"), "appliance")
    installed = building.installed.get((household, appliance))
    if household and household not in building.table.homes:
        reader.fault("household", f"{household!r} is unknown")
    elif appliance and installed is None:
        reader.fault("appliance", f"household {household!r} has no {appliance!r}")
    profile = None if installed is None else _chosen(reader, installed, fields)
    if installed is None or profile is None:
        raise Refused(reader.faults)
    own = _own_profile(reader, _said_over(profile, fields), appliance)
    window = read_window(reader, fields, ZoneInfo(building.household(household).time_zone), now_us)
    own_delay_us = None if window.ready_by_us is not None else installed.appliance.max_delay_us
    delay = _delay(reader, fields["max_delay_min"]) if "max_delay_min" in fields else own_delay_us
    is_queued = reader.truth(fields.get("queue", False), "queue")
    if reader.faults or own is None:
        raise Refused(reader.faults)
    request = RunRequest(
        run_id=run_id,
        household=household,
        appliance=appliance,
        power_w=own.rated_power_w,
        duration_us=own.duration_us,
        max_delay_us=delay,
        is_interruptible=own.is_interruptible,
        priority_class=own.priority_class,
        requested_us=now_us,
        is_queued=is_queued,
        not_before_us=window.not_before_us,
        profile=own.course,
    )
    return request.ready_by(window.ready_by_us)


def read_move(document: object, building: Building, run_id: str) -> RunRequest:
    """The run asked for anew, now, with another longest delay.

    Raises:
        Refused: with every fault, one of them that the run has begun or is over.
        Unknown: there is no run of that id.
    """
    reader = Reader()
    fields = known_fields(reader, document, ("max_delay_min",))
    asked, status = building.asked(run_id), building.status(run_id)
    if status != "pending":
        reader.fault("run_id", f"{run_id!r} is {status}: only what has not begun can be moved")
    if "max_delay_min" not in fields:
        reader.fault("max_delay_min", "is missing: the longest delay from now, null: no limit")
    delay_us = _delay(reader, fields.get("max_delay_min"))
    if reader.faults:
        raise Refused(reader.faults)
    number = str(building.next_number)
    return replace(asked, run_id=number, max_delay_us=delay_us, requested_us=building.now_us)


def _own_profile(reader: Reader, fields: Mapping[str, object], name: str) -> Profile | None:
    course = None if fields.get("profile_w") is None else _read_course(reader, fields["profile_w"])
    if fields.get("profile_w") is not None and fields.keys() & {"power_w", "duration_min"}:
        reader.fault("profile_w", SAYS_ALL)
    if fields.get("profile_w") is not None and fields.get("interruptible") is True:
        reader.fault("profile_w", NEVER_PAUSED)
    stated_w = fields.get("power_w") if course is None else course.peak_w
    power_w = None if reader.faults else reader.power_w(stated_w, "power_w")
    duration = fields.get("duration_min")
    duration_us = None if duration is None else reader.minutes(duration, "duration_min", above=0)
    if duration_us == 0:
        reader.fault("duration_min", f"{duration} min is less than a microsecond")
    is_interruptible = reader.truth(fields.get("interruptible", False), "interruptible")
    priority = reader.one_of(fields.get("priority", "normal"), "priority", tuple(BASE_PRIORITY))
    if reader.faults or power_w is None:
        return None
    return Profile(
        name=name,
        rated_power_w=power_w,
        duration_us=duration_us if course is None else course.length_us,
        course=course,
        is_interruptible=is_interruptible,
        priority_class=cast(PriorityClass, priority),
    )


def _said_over(profile: Profile, fields: Mapping[str, object]) -> dict[str, object]:
    """What the request says, and what its profile says where it does not: one of power or course, not both."""
    usual = _profile_fields(profile)
    if fields.get("profile_w") is not None:
        usual = {key: value for key, value in usual.items() if key not in {"power_w", "duration_min", "interruptible"}}
    elif fields.keys() & {"power_w", "duration_min"}:
        usual.pop("profile_w", None)
        usual = {"power_w": profile.rated_power_w, "duration_min": _minutes(profile.duration_us), **usual}
    return {**usual, **fields}


def _read_course(reader: Reader, value: object) -> PowerCourse | None:
    """``{"resolution_min": 15, "values": [2000, 1800, 200]}``."""
    fields = reader.mapping(value, "profile_w")
    if fields is None:
        return None
    known = known_fields(reader, fields, ("resolution_min", "values"))
    slot_us = reader.minutes(known.get("resolution_min"), "profile_w.resolution_min", above=0)
    values = [
        reader.power_w(watts, f"profile_w.values[{place}]", above=None, at_least=0)
        for place, watts in enumerate(reader.sequence(known.get("values"), "profile_w.values"))
    ]
    if reader.faults or slot_us is None:
        return None
    try:
        return PowerCourse(slot_us=slot_us, values_w=tuple(watts for watts in values if watts is not None))
    except Refused as refused:
        for fault in refused.faults:
            reader.fault(fault.field, fault.message)
        return None


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


def _delay(reader: Reader, value: object) -> int | None:
    return None if value is None else reader.minutes(value, "max_delay_min")


def _check_profile(reader: Reader, name: str, path: str, known: Sequence[str]) -> None:
    if name and name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        reader.fault(path, f"{name!r} is not a profile of the catalogue{hint}")


def _chosen(reader: Reader, installed: InstalledAppliance, fields: Mapping[str, object]) -> Profile | None:
    """The profile that the request names, or the only one there is."""
    profiles = installed.appliance.profiles
    if "profile" in fields:
        name = reader.text(fields["profile"], "profile")
        if name in profiles:
            return CATALOGUE[name]
        if name:
            may = f"it may run {', '.join(profiles)}" if profiles else "it has only its own"
            reader.fault("profile", f"{name!r} is none that {installed.appliance.name!r} may run; {may}")
        return None
    if installed.own is not None:
        return installed.own
    if len(profiles) > 1:
        reader.fault("profile", f"is missing; {installed.appliance.name!r} may run {', '.join(profiles)}")
        return None
    return CATALOGUE[profiles[0]]
