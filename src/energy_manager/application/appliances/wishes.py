"""What people ask of the live half, read from parsed JSON: every fault by its field, or a value that is good."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from energy_manager.application.appliances.building import Building, Installed, in_us, instant, midnight_us
from energy_manager.domain.appliances import (
    CATALOGUE,
    Appliance,
    Battery,
    Household,
    Piece,
    Policy,
    Profile,
    RunRequest,
    Steps,
)
from energy_manager.domain.appliances.admission.preference import Strategy
from energy_manager.domain.appliances.priority import BASE_PRIORITY, PriorityClass
from energy_manager.domain.appliances.reading import LONGEST_NAME, Reader
from energy_manager.domain.appliances.request import STRATEGIES, read_battery
from energy_manager.domain.appliances.units import US_PER_HOUR, US_PER_MINUTE, Watts
from energy_manager.domain.errors import Refused

DAYS_PRICED = 14
"""The prices of a day are taken to repeat for so long; later hours count as equal."""

_POLICY_KEYS = ("strategy", "target_peak_w", "price_eur_per_mwh")
_HOUSEHOLD_KEYS = ("threshold_w", "time_zone", "pv_w", "battery", "follows_aggregator", *_POLICY_KEYS)
_CHANGE_KEYS = ("threshold_w", "pv_w", "stored_wh", "follows_aggregator", *_POLICY_KEYS)
_OWN_KEYS = ("power_w", "duration_min", "interruptible", "priority")
_APPLIANCE_KEYS = ("profiles", "max_delay_min", "asset", *_OWN_KEYS)
_RUN_KEYS = ("household", "appliance", "profile", "max_delay_min", "queue", *_OWN_KEYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdWish:
    """A household as it is to be; ``policy`` None: the building's. ``stored_wh`` None: what its battery holds now."""

    household: Household
    policy: Policy | None
    stored_wh: Watts | None


def read_household(document: object, household_id: str, *, now_us: int) -> HouseholdWish:
    """A household that is put.

    Raises:
        Refused: with every fault.
    """
    reader = Reader()
    reader.name(household_id, "household")
    fields = _fields(reader, document, _HOUSEHOLD_KEYS)
    zone = _zone(reader, fields.get("time_zone", "UTC"))
    threshold_w = reader.power_w(fields.get("threshold_w"), "threshold_w")
    battery = read_battery(reader, fields.get("battery"), "battery")
    wish = HouseholdWish(
        household=Household(
            household_id=household_id,
            threshold_w=1 if threshold_w is None else threshold_w,
            time_zone=zone.key,
            pv_w=_sun(reader, fields.get("pv_w"), zone, now_us),
            battery=battery,
            follows_aggregator=reader.truth(fields.get("follows_aggregator", False), "follows_aggregator"),
        ),
        policy=_policy(reader, fields, None, zone, now_us),
        stored_wh=battery.stored_wh if battery is not None and "stored_wh" in _inner(fields, "battery") else None,
    )
    return _unless_faulty(reader, wish)


def read_change(document: object, household: Household, policy: Policy | None, *, now_us: int) -> HouseholdWish:
    """A household of which something is changed.

    Raises:
        Refused: with every fault; a change of nothing is one.
    """
    reader = Reader()
    fields = _fields(reader, document, _CHANGE_KEYS)
    if not fields and not reader.faults:
        reader.fault("document", f"changes nothing; there are {', '.join(_CHANGE_KEYS)}")
    zone = ZoneInfo(household.time_zone)
    changes: dict[str, Any] = {}
    if "threshold_w" in fields:
        changes["threshold_w"] = reader.power_w(fields["threshold_w"], "threshold_w") or 1
    if "pv_w" in fields:
        changes["pv_w"] = _sun(reader, fields["pv_w"], zone, now_us)
    if "follows_aggregator" in fields:
        changes["follows_aggregator"] = reader.truth(fields["follows_aggregator"], "follows_aggregator")
    wish = HouseholdWish(
        household=replace(household, **changes),
        policy=_policy(reader, fields, policy, zone, now_us),
        stored_wh=_stored_wh(reader, fields["stored_wh"], household.battery) if "stored_wh" in fields else None,
    )
    return _unless_faulty(reader, wish)


def read_appliance(document: object, household: str, name: str, building: Building) -> Installed:
    """An appliance that is put: profiles of the catalogue it may run, or power and duration of its own.

    Raises:
        Refused: with every fault, one of them that another appliance is that asset already.
    """
    reader = Reader()
    reader.name(name, "appliance")
    fields = _fields(reader, document, _APPLIANCE_KEYS)
    profiles = [
        reader.text(entry, f"profiles[{index}]")
        for index, entry in enumerate(reader.sequence(fields.get("profiles", []), "profiles"))
    ]
    for index, profile in enumerate(profiles):
        _check_profile(reader, profile, f"profiles[{index}]", list(CATALOGUE))
        if profile in profiles[:index]:
            reader.fault(f"profiles[{index}]", f"{profile!r} is there twice")
    own = _own_profile(reader, fields, name) if "power_w" in fields else None
    if not profiles and own is None and not reader.faults:
        reader.fault("profiles", "is missing, and so is power_w: an appliance runs one or the other")
    asset = reader.text(fields.get("asset", name), "asset")
    for (owner, other), entry in building.installed.items():
        if entry.asset == asset and (owner, other) != (household, name):
            reader.fault("asset", f"{asset!r} is {other!r} of household {owner!r} already")
    max_delay_us = _delay(reader, fields.get("max_delay_min"))
    if reader.faults:
        raise Refused(reader.faults)
    appliance = Appliance(household=household, name=name, profiles=tuple(profiles), max_delay_us=max_delay_us)
    return Installed(appliance=appliance, own=own, asset=asset)


def read_run(document: object, building: Building, *, run_id: str, now_us: int) -> RunRequest:
    """A run that is asked for now: what its profile says, unless the request says otherwise.

    Raises:
        Refused: with every fault.
    """
    reader = Reader()
    fields = _fields(reader, document, _RUN_KEYS)
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
    own = _own_profile(reader, {**_profile_fields(profile), **fields}, appliance)
    delay = _delay(reader, fields["max_delay_min"]) if "max_delay_min" in fields else installed.appliance.max_delay_us
    is_queued = reader.truth(fields.get("queue", False), "queue")
    if reader.faults or own is None:
        raise Refused(reader.faults)
    return RunRequest(
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
    )


def _unless_faulty(reader: Reader, wish: HouseholdWish) -> HouseholdWish:
    if reader.faults:
        raise Refused(reader.faults)
    return wish


def _fields(reader: Reader, document: object, known: Sequence[str]) -> dict[str, object]:
    fields = reader.mapping(document, "document") or {}
    for key in fields:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            reader.fault(key[:LONGEST_NAME], "there is no such key" + (f"; did you mean {near[0]}?" if near else ""))
    return fields


def _inner(fields: Mapping[str, object], key: str) -> Mapping[str, object]:
    value = fields.get(key)
    return value if isinstance(value, dict) else {}


def _zone(reader: Reader, value: object) -> ZoneInfo:
    try:
        return ZoneInfo(reader.text(value, "time_zone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reader.fault("time_zone", f"{value!r} is not a known time zone")
        return ZoneInfo("UTC")


def _sun(reader: Reader, value: object, zone: ZoneInfo, now_us: int) -> Steps:
    """A forecast of slots from ``start`` on, by itself the household's last midnight; 0 before and after."""
    nothing = Steps.constant(0)
    if value is None:
        return nothing
    fields = reader.mapping(value, "pv_w")
    if fields is None:
        return nothing
    start_us = _start_us(reader, fields["start"]) if "start" in fields else _last_midnight_us(zone, now_us)
    slot_us = reader.minutes(fields.get("resolution_min"), "pv_w.resolution_min", above=0)
    watts = [
        reader.power_w(entry, f"pv_w.values[{index}]", above=None, at_least=0)
        for index, entry in enumerate(reader.sequence(fields.get("values"), "pv_w.values"))
    ]
    if slot_us is None or start_us is None:
        return nothing
    return Steps.of_pieces(
        Piece(start_us=start_us + index * slot_us, end_us=start_us + (index + 1) * slot_us, value=power_w)
        for index, power_w in enumerate(watts)
        if power_w is not None
    )


def _start_us(reader: Reader, value: object) -> int | None:
    text = reader.text(value, "pv_w.start")
    try:
        start = datetime.fromisoformat(text) if text else None
    except ValueError:
        start = None
    if start is None or start.utcoffset() is None or not 1970 <= start.year < 9990:
        reader.fault("pv_w.start", f"{text!r} is not a time with its zone like 2026-06-15T00:00:00Z")
        return None
    return in_us(start)


def _last_midnight_us(zone: ZoneInfo, now_us: int) -> int:
    return midnight_us(instant(now_us).astimezone(zone).date(), zone)


def _stored_wh(reader: Reader, value: object, battery: Battery | None) -> Watts | None:
    if battery is None:
        reader.fault("stored_wh", "the household has no battery")
        return None
    stored_wh = reader.number(value, "stored_wh", at_least=0, unit="Wh")
    if stored_wh is not None and stored_wh > battery.capacity_wh:
        reader.fault("stored_wh", f"{value} Wh is above the capacity of {battery.capacity_wh} Wh")
    return stored_wh


def _policy(
    reader: Reader, fields: Mapping[str, object], present: Policy | None, zone: ZoneInfo, now_us: int
) -> Policy | None:
    if not any(key in fields for key in _POLICY_KEYS):
        return present
    policy = present or Policy()
    if "strategy" in fields:
        strategy = cast(Strategy, reader.one_of(fields["strategy"], "strategy", STRATEGIES))
        policy = replace(policy, strategy=strategy)
    if "target_peak_w" in fields:
        target = fields["target_peak_w"]
        target_w = None if target is None else reader.power_w(target, "target_peak_w", above=None, at_least=0)
        policy = replace(policy, target_peak_w=target_w)
    if "price_eur_per_mwh" in fields:
        prices = _prices(reader, fields["price_eur_per_mwh"], zone, now_us)
        policy = replace(policy, price_eur_per_mwh=prices)
    if policy.strategy == "cost" and policy.price_eur_per_mwh is None:
        reader.fault("price_eur_per_mwh", "is missing, and strategy cost needs it")
    return policy


def _prices(reader: Reader, value: object, zone: ZoneInfo, now_us: int) -> Steps | None:
    """24 values by the hour on the wall, from the household's last midnight on."""
    if value is None:
        return None
    path = "price_eur_per_mwh"
    prices = [
        reader.number(price, f"{path}[{index}]", at_least=-(10**6), at_most=10**6)
        for index, price in enumerate(reader.sequence(value, path))
    ]
    if len(prices) != 24:
        reader.fault(path, f"has {len(prices)} values, a day needs 24, one an hour")
        return None
    start_us = _last_midnight_us(zone, now_us)
    hours = [start_us + hour * US_PER_HOUR for hour in range(24 * DAYS_PRICED)]
    return Steps.of_pieces(
        Piece(start_us=at_us, end_us=at_us + US_PER_HOUR, value=prices[instant(at_us).astimezone(zone).hour] or 0)
        for at_us in hours
    )


def _own_profile(reader: Reader, fields: Mapping[str, object], name: str) -> Profile | None:
    power_w = reader.power_w(fields.get("power_w"), "power_w")
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
        duration_us=duration_us,
        is_interruptible=is_interruptible,
        priority_class=cast(PriorityClass, priority),
    )


def _profile_fields(profile: Profile) -> dict[str, object]:
    duration_us = profile.duration_us
    return {
        "power_w": profile.rated_power_w,
        "duration_min": None if duration_us is None else Fraction(duration_us, US_PER_MINUTE),
        "interruptible": profile.is_interruptible,
        "priority": profile.priority_class,
    }


def _delay(reader: Reader, value: object) -> int | None:
    return None if value is None else reader.minutes(value, "max_delay_min")


def _check_profile(reader: Reader, name: str, path: str, known: Sequence[str]) -> None:
    if name and name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        reader.fault(path, f"{name!r} is not a profile of the catalogue{hint}")


def _chosen(reader: Reader, installed: Installed, fields: Mapping[str, object]) -> Profile | None:
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
