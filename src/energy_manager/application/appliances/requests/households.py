"""Households that are put or changed."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from energy_manager.application.appliances.building import Building, in_us, instant, midnight_us
from energy_manager.application.appliances.requests.fields import inner_fields, known_fields, refuse_taken_asset
from energy_manager.domain.appliances import Battery, Household, Policy, Step, StepFunction
from energy_manager.domain.appliances.admission.preference import STRATEGIES, Strategy
from energy_manager.domain.appliances.day.document import quarter_hours
from energy_manager.domain.appliances.reading import MOST_WATTS, Reader
from energy_manager.domain.appliances.units import US_PER_HOUR, Watts
from energy_manager.domain.errors import Refused
from energy_manager.domain.quantities import AssetId

DAYS_PRICED = 14
"""The prices of a day are taken to repeat for so long; later hours count as equal."""

# A day of 23 hours has so many quarter hours.
_LEAST_QUARTERS = 92
_POLICY_KEYS = ("strategy", "target_peak_w", "price_eur_per_mwh")
_HOUSEHOLD_KEYS = ("threshold_w", "time_zone", "pv_w", "base_load_w", "battery", "follows_aggregator", *_POLICY_KEYS)
_CHANGE_KEYS = ("threshold_w", "pv_w", "base_load_w", "stored_wh", "follows_aggregator", *_POLICY_KEYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdUpdate:
    """A household as it is to be; ``policy`` None: the building's. ``stored_wh`` None: what its battery holds now."""

    household: Household
    policy: Policy | None
    stored_wh: Watts | None


def read_household(document: object, household_id: str, building: Building) -> HouseholdUpdate:
    """A household that is put.

    Raises:
        Refused: with every fault, among them that the battery's asset is another device's, or none of the site's, as
            far as that is known: runs would count on a battery that nobody tells.
    """
    reader = Reader()
    reader.name(household_id, "household")
    fields = known_fields(reader, document, _HOUSEHOLD_KEYS)
    zone = _zone(reader, fields.get("time_zone", "UTC"))
    threshold_w = reader.power_w(fields.get("threshold_w"), "threshold_w")
    battery = _read_battery(reader, fields.get("battery"), "battery")
    if battery is not None and battery.asset is not None:
        _check_battery_asset(reader, battery.asset, household_id, building)
    base_load_w = _steps(reader, fields.get("base_load_w"), "base_load_w", zone, building.now_us)
    wish = HouseholdUpdate(
        household=Household(
            household_id=household_id,
            threshold_w=1 if threshold_w is None else threshold_w,
            time_zone=zone.key,
            pv_w=_steps(reader, fields.get("pv_w"), "pv_w", zone, building.now_us) - base_load_w,
            base_load_w=base_load_w,
            battery=battery,
            follows_building_peak=reader.truth(fields.get("follows_aggregator", False), "follows_aggregator"),
        ),
        policy=_policy(reader, fields, None, zone, building),
        stored_wh=battery.stored_wh if battery is not None and "stored_wh" in inner_fields(fields, "battery") else None,
    )
    return _unless_faulty(reader, wish)


def read_change(document: object, household: Household, policy: Policy | None, building: Building) -> HouseholdUpdate:
    """A household of which something is changed.

    Raises:
        Refused: with every fault; a change of nothing is one.
    """
    reader = Reader()
    fields = known_fields(reader, document, _CHANGE_KEYS)
    if not fields and not reader.faults:
        reader.fault("document", f"changes nothing; there are {', '.join(_CHANGE_KEYS)}")
    zone, now_us = ZoneInfo(household.time_zone), building.now_us
    changes: dict[str, Any] = {}
    if "threshold_w" in fields:
        changes["threshold_w"] = reader.power_w(fields["threshold_w"], "threshold_w") or 1
    if "pv_w" in fields or "base_load_w" in fields:
        sun_w, base_load_w = household.pv_w + household.base_load_w, household.base_load_w
        if "pv_w" in fields:
            sun_w = _steps(reader, fields["pv_w"], "pv_w", zone, now_us)
        if "base_load_w" in fields:
            base_load_w = _steps(reader, fields["base_load_w"], "base_load_w", zone, now_us)
        changes |= {"pv_w": sun_w - base_load_w, "base_load_w": base_load_w}
    if "follows_aggregator" in fields:
        changes["follows_building_peak"] = reader.truth(fields["follows_aggregator"], "follows_aggregator")
    wish = HouseholdUpdate(
        household=replace(household, **changes),
        policy=_policy(reader, fields, policy, zone, building),
        stored_wh=_stored_wh(reader, fields["stored_wh"], household.battery) if "stored_wh" in fields else None,
    )
    return _unless_faulty(reader, wish)


def _unless_faulty(reader: Reader, wish: HouseholdUpdate) -> HouseholdUpdate:
    if reader.faults:
        raise Refused(reader.faults)
    return wish


def _check_battery_asset(reader: Reader, asset: AssetId, household_id: str, building: Building) -> None:
    known = building.site.assets
    if known and asset not in known:
        near = difflib.get_close_matches(asset, sorted(known), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        reader.fault("battery.asset", f"the site has no asset {asset!r} that takes targets{hint}")
    refuse_taken_asset(reader, asset, "battery.asset", building, but_for=(household_id, None))


def _zone(reader: Reader, value: object) -> ZoneInfo:
    try:
        return ZoneInfo(reader.text(value, "time_zone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reader.fault("time_zone", f"{value!r} is not a known time zone")
        return ZoneInfo("UTC")


def _steps(reader: Reader, value: object, path: str, zone: ZoneInfo, now_us: int) -> StepFunction:
    """A forecast of slots from ``start`` on, by itself the household's last midnight; 0 before and after."""
    nothing = StepFunction.constant(0)
    if value is None:
        return nothing
    fields = reader.mapping(value, path)
    if fields is None:
        return nothing
    start_us = (
        _start_us(reader, fields["start"], f"{path}.start") if "start" in fields else _last_midnight_us(zone, now_us)
    )
    slot_us = reader.minutes(fields.get("resolution_min"), f"{path}.resolution_min", above=0)
    watts = [
        reader.power_w(entry, f"{path}.values[{index}]", above=None, at_least=0)
        for index, entry in enumerate(reader.sequence(fields.get("values"), f"{path}.values"))
    ]
    if slot_us is None or start_us is None:
        return nothing
    return StepFunction.of_pieces(
        Step(start_us=start_us + index * slot_us, end_us=start_us + (index + 1) * slot_us, value=power_w)
        for index, power_w in enumerate(watts)
        if power_w is not None
    )


def _start_us(reader: Reader, value: object, path: str) -> int | None:
    text = reader.text(value, path)
    try:
        start = datetime.fromisoformat(text) if text else None
    except ValueError:
        start = None
    if start is None or start.utcoffset() is None or not 1970 <= start.year < 9990:
        reader.fault(path, f"{text!r} is not a time with its zone like 2026-06-15T00:00:00Z")
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
    reader: Reader, fields: Mapping[str, object], present: Policy | None, zone: ZoneInfo, building: Building
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
        prices = _prices(reader, fields["price_eur_per_mwh"], zone, building.now_us)
        policy = replace(policy, price_eur_per_mwh=prices)
    has_prices = building.site.has_tariff or building.table.policy.price_eur_per_mwh is not None
    if policy.strategy == "cost" and policy.price_eur_per_mwh is None and not has_prices:
        message = "is missing: strategy cost needs it, or a [tariff] in the site file"
        reader.fault("price_eur_per_mwh", message)
    return policy


def _prices(reader: Reader, value: object, zone: ZoneInfo, now_us: int) -> StepFunction | None:
    """From the household's last midnight on: 24 values by the hour on the wall, or at least 92 quarter hours in order.

    A day has 92, 96 or 100 of them; more are of the days after it.
    """
    if value is None:
        return None
    path = "price_eur_per_mwh"
    prices = [
        reader.number(price, f"{path}[{index}]", at_least=-(10**6), at_most=10**6)
        for index, price in enumerate(reader.sequence(value, path))
    ]
    if len(prices) != 24 and len(prices) < _LEAST_QUARTERS:
        message = (
            f"has {len(prices)} values, a day needs 24, one an hour, or {_LEAST_QUARTERS} to 100, one a quarter hour"
        )
        reader.fault(path, message)
        return None
    start_us = _last_midnight_us(zone, now_us)
    if len(prices) > 24:
        return quarter_hours(start_us, [price or 0 for price in prices], days=DAYS_PRICED)
    hours = [start_us + hour * US_PER_HOUR for hour in range(24 * DAYS_PRICED)]
    return StepFunction.of_pieces(
        Step(start_us=at_us, end_us=at_us + US_PER_HOUR, value=prices[instant(at_us).astimezone(zone).hour] or 0)
        for at_us in hours
    )


def _read_battery(reader: Reader, value: object, path: str) -> Battery | None:
    """A home battery, full unless ``stored_wh`` says otherwise; None for none, or with a fault."""
    if value is None:
        return None
    fields = reader.mapping(value, path)
    if fields is None:
        return None
    capacity_wh = reader.number(fields.get("capacity_wh"), f"{path}.capacity_wh", above=0, at_most=MOST_WATTS)
    power_w = reader.power_w(fields.get("power_w"), f"{path}.power_w")
    asset = None if fields.get("asset") is None else reader.text(fields["asset"], f"{path}.asset")
    depth = reader.number(fields.get("depth_of_discharge", 1), f"{path}.depth_of_discharge", at_least=0, at_most=1)
    stored = fields.get("stored_wh", capacity_wh)
    stored_wh = None
    if capacity_wh is not None:
        stored_wh = reader.number(stored, f"{path}.stored_wh", at_least=0, at_most=MOST_WATTS, unit="Wh")
        if stored_wh is not None and stored_wh > capacity_wh:
            reader.fault(f"{path}.stored_wh", f"{stored} Wh is above the capacity of {fields['capacity_wh']} Wh")
            stored_wh = None
    if capacity_wh is None or power_w is None or depth is None or stored_wh is None:
        return None
    return Battery(capacity_wh=capacity_wh, power_w=power_w, depth_of_discharge=depth, stored_wh=stored_wh, asset=asset)
