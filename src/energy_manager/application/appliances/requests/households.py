"""Households that are put or changed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from energy_manager.application.appliances.building import Building, instant, midnight_us
from energy_manager.application.appliances.requests.statements import (
    Statement,
    faults_of_name,
    faults_of_taken_asset,
    refuse_if,
)
from energy_manager.domain.appliances import Battery, Household, Policy, StepFunction
from energy_manager.domain.appliances.day.document import quarter_hours
from energy_manager.domain.appliances.units import US_PER_HOUR, Watts, exact_number, plain_number, us_of_minutes
from energy_manager.domain.errors import Fault
from energy_manager.domain.series import microseconds

DAYS_PRICED = 14
"""The prices of a day are taken to repeat for so long; later hours count as equal."""

_NOTHING = StepFunction.constant(0)
_POLICY_KEYS = {"strategy", "target_peak_w", "price_eur_per_mwh"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdUpdate:
    """A household as it is to be; ``policy`` None: the building's. ``stored_wh`` None: what its battery holds now."""

    household: Household
    policy: Policy | None
    stored_wh: Watts | None


def household_put(stated: Statement, household_id: str, building: Building) -> HouseholdUpdate:
    """A household that is put.

    Raises:
        Refused: with every fault, among them that the battery's asset is another device's, or none of the site's, as
            far as that is known: runs would count on a battery that nobody tells.
    """
    zone = ZoneInfo(stated.get("time_zone", "UTC"))
    policy = _policy(stated, None, zone, building.now_us)
    home_battery: Statement = stated.get("battery") or {}
    refuse_if(
        [
            *faults_of_name(household_id, "household"),
            *_faults_of_battery(home_battery, household_id, building),
            *_faults_of_policy(policy, building),
        ]
    )
    base_load_w = _forecast(stated.get("base_load_w"), zone, building.now_us)
    battery = _battery(home_battery) if home_battery else None
    household = Household(
        household_id=household_id,
        threshold_w=exact_number(stated["threshold_w"]),
        time_zone=zone.key,
        pv_w=_forecast(stated.get("pv_w"), zone, building.now_us) - base_load_w,
        base_load_w=base_load_w,
        battery=battery,
        follows_building_peak=stated.get("follows_aggregator", False),
    )
    stored_wh = battery.stored_wh if battery is not None and "stored_wh" in home_battery else None
    return HouseholdUpdate(household=household, policy=policy, stored_wh=stored_wh)


def changed_household(
    stated: Statement, household: Household, policy: Policy | None, building: Building
) -> HouseholdUpdate:
    """A household of which something is changed.

    Raises:
        Refused: with every fault.
    """
    zone, now_us = ZoneInfo(household.time_zone), building.now_us
    policy = _policy(stated, policy, zone, now_us)
    refuse_if(
        [
            *_faults_of_stored(stated, household.battery),
            *(_faults_of_policy(policy, building) if _POLICY_KEYS & stated.keys() else ()),
        ]
    )
    changes: dict[str, Any] = {}
    if "threshold_w" in stated:
        changes["threshold_w"] = exact_number(stated["threshold_w"])
    if "pv_w" in stated or "base_load_w" in stated:
        sun_w, base_load_w = household.pv_w + household.base_load_w, household.base_load_w
        if "pv_w" in stated:
            sun_w = _forecast(stated["pv_w"], zone, now_us)
        if "base_load_w" in stated:
            base_load_w = _forecast(stated["base_load_w"], zone, now_us)
        changes |= {"pv_w": sun_w - base_load_w, "base_load_w": base_load_w}
    if "follows_aggregator" in stated:
        changes["follows_building_peak"] = stated["follows_aggregator"]
    return HouseholdUpdate(
        household=replace(household, **changes),
        policy=policy,
        stored_wh=exact_number(stated["stored_wh"]) if "stored_wh" in stated else None,
    )


def _faults_of_battery(stated: Statement, household_id: str, building: Building) -> Iterator[Fault]:
    if "stored_wh" in stated and exact_number(stated["stored_wh"]) > exact_number(stated["capacity_wh"]):
        yield Fault(field="battery.stored_wh", message=_above(stated["stored_wh"], stated["capacity_wh"]))
    asset = stated.get("asset")
    if asset is None:
        return
    known = building.site.assets
    if known and asset not in known:
        near = difflib.get_close_matches(asset, sorted(known), n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        message = f"the site has no asset {asset!r} that takes targets{hint}"
        yield Fault(field="battery.asset", message=message)
    yield from faults_of_taken_asset(asset, "battery.asset", building, but_for=(household_id, None))


def _faults_of_stored(stated: Statement, battery: Battery | None) -> Iterator[Fault]:
    if "stored_wh" not in stated:
        return
    if battery is None:
        yield Fault(field="stored_wh", message="the household has no battery")
    elif exact_number(stated["stored_wh"]) > battery.capacity_wh:
        yield Fault(field="stored_wh", message=_above(stated["stored_wh"], plain_number(battery.capacity_wh)))


def _above(stored_wh: Decimal | float, capacity_wh: Decimal | float) -> str:
    return f"{stored_wh} Wh is above the capacity of {capacity_wh} Wh"


def _faults_of_policy(policy: Policy | None, building: Building) -> Iterator[Fault]:
    has_prices = building.site.has_tariff or building.table.policy.price_eur_per_mwh is not None
    if policy is not None and policy.strategy == "cost" and policy.price_eur_per_mwh is None and not has_prices:
        message = "is missing: strategy cost needs it, or a [tariff] in the site file"
        yield Fault(field="price_eur_per_mwh", message=message)


def _battery(stated: Statement) -> Battery:
    """A home battery, full unless ``stored_wh`` says otherwise."""
    capacity_wh = exact_number(stated["capacity_wh"])
    return Battery(
        capacity_wh=capacity_wh,
        power_w=exact_number(stated["power_w"]),
        depth_of_discharge=exact_number(stated.get("depth_of_discharge", 1)),
        stored_wh=exact_number(stated.get("stored_wh", capacity_wh)),
        asset=stated.get("asset"),
    )


def _forecast(stated: Statement | None, zone: ZoneInfo, now_us: int) -> StepFunction:
    """A forecast of slots from ``start`` on, by itself the household's last midnight; 0 before and after."""
    if stated is None:
        return _NOTHING
    start_us = microseconds(stated["start"]) if "start" in stated else _last_midnight_us(zone, now_us)
    slot_us = us_of_minutes(stated["resolution_min"])
    return StepFunction.of_slots(map(exact_number, stated["values"]), slot_us=slot_us, start_us=start_us)


def _last_midnight_us(zone: ZoneInfo, now_us: int) -> int:
    return midnight_us(instant(now_us).astimezone(zone).date(), zone)


def _policy(stated: Statement, present: Policy | None, zone: ZoneInfo, now_us: int) -> Policy | None:
    if not _POLICY_KEYS & stated.keys():
        return present
    policy = present or Policy()
    if "strategy" in stated:
        policy = replace(policy, strategy=stated["strategy"])
    if "target_peak_w" in stated:
        target = stated["target_peak_w"]
        policy = replace(policy, target_peak_w=None if target is None else exact_number(target))
    if "price_eur_per_mwh" in stated:
        prices = stated["price_eur_per_mwh"]
        course = None if prices is None else _prices([exact_number(price) for price in prices], zone, now_us)
        policy = replace(policy, price_eur_per_mwh=course)
    return policy


def _prices(prices: Sequence[Watts], zone: ZoneInfo, now_us: int) -> StepFunction:
    """From the household's last midnight on: 24 values by the hour on the wall, or quarter hours in order.

    A day has 92, 96 or 100 of them; more are of the days after it.
    """
    start_us = _last_midnight_us(zone, now_us)
    if len(prices) != 24:
        return quarter_hours(start_us, prices, days=DAYS_PRICED)
    hours = (instant(start_us + hour * US_PER_HOUR).astimezone(zone).hour for hour in range(24 * DAYS_PRICED))
    return StepFunction.of_slots((prices[hour] for hour in hours), slot_us=US_PER_HOUR, start_us=start_us)
