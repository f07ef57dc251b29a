"""A day's request in JSON as the domain's day; numbers stay exact."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, cast
from zoneinfo import ZoneInfo

from energy_manager.domain.appliances import (
    Battery,
    Day,
    DayEvent,
    Household,
    Policy,
    RunRequest,
    StepFunction,
)
from energy_manager.domain.appliances.day.document import day_length_us, prices_of
from energy_manager.domain.appliances.power_course import PowerCourse
from energy_manager.domain.appliances.units import Watts, exact_number, us_of_minutes
from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.jobs.appliances.across import faults_across
from energy_manager.entrypoints.jobs.appliances.entries import (
    FIELDS_OF,
    USUAL_TIME_LIMIT_S,
    DayDocument,
    EventEntry,
    HouseholdEntry,
    RunEntry,
    SeriesEntry,
)
from energy_manager.entrypoints.jobs.exact import RequestModel
from energy_manager.entrypoints.jobs.exact.homes import BatteryEntry, Exact, ProfileEntry

REQUEST: RequestModel[DayDocument] = RequestModel(DayDocument, across=faults_across)


def day_of(document: DayDocument) -> Day:
    """The day that a document is; numbers stay exact."""
    zone_name = document.get("time_zone", "UTC")
    zone = ZoneInfo(zone_name)
    length_us = day_length_us(document["day"], zone)
    prices = document.get("price_eur_per_mwh")
    feed_in = document.get("feed_in_eur_per_mwh")
    window = document.get("window_min")
    limit_s = document.get("time_limit_s")
    return Day(
        date=document["day"],
        time_zone=zone_name,
        length_us=length_us,
        policy=Policy(
            strategy=document.get("strategy", "earliest"),
            target_peak_w=_exact(document.get("target_peak_w")),
            price_eur_per_mwh=None if prices is None else _prices(document["day"], zone, prices),
            feed_in_eur_per_mwh=None if feed_in is None else _prices(document["day"], zone, feed_in),
            building_limit_w=_exact(document.get("building_limit_w")),
        ),
        households=tuple(_household(entry, zone_name) for entry in document["households"]),
        requests=tuple(_request(entry, str(place)) for place, entry in enumerate(document.get("requests", ()))),
        events=tuple(map(_event, document.get("events") or ())),
        window_us=(0, length_us) if window is None else (us_of_minutes(window[0]), us_of_minutes(window[1])),
        is_offline=document.get("offline", False),
        time_limit_s=USUAL_TIME_LIMIT_S if limit_s is None else float(limit_s),
    )


def _prices(day: date, zone: ZoneInfo, stated: Exact | Sequence[Exact]) -> StepFunction:
    if isinstance(stated, Sequence):
        return prices_of(day, zone, [*map(exact_number, stated)])
    return StepFunction.constant(exact_number(stated))


def _exact(value: Exact | None) -> Watts | None:
    return None if value is None else exact_number(value)


def _us(minutes: Exact | None) -> int | None:
    return None if minutes is None else us_of_minutes(minutes)


def _household(entry: HouseholdEntry, zone_name: str) -> Household:
    battery, base_load_w = entry.get("battery"), _steps(entry.get("base_load_w"))
    return Household(
        household_id=entry["id"],
        threshold_w=exact_number(entry["threshold_w"]),
        pv_w=_steps(entry.get("pv_w")) - base_load_w,
        base_load_w=base_load_w,
        battery=None if battery is None else _battery(battery),
        follows_building_peak=entry.get("follows_aggregator", False),
        time_zone=zone_name,
    )


def _steps(entry: SeriesEntry | None) -> StepFunction:
    if entry is None:
        return StepFunction.constant(0)
    return StepFunction.of_slots(map(exact_number, entry["values"]), slot_us=us_of_minutes(entry["resolution_min"]))


def _battery(entry: BatteryEntry) -> Battery:
    capacity_wh = exact_number(entry["capacity_wh"])
    return Battery(
        capacity_wh=capacity_wh,
        power_w=exact_number(entry["power_w"]),
        depth_of_discharge=exact_number(entry.get("depth_of_discharge", 1)),
        stored_wh=exact_number(entry.get("stored_wh", capacity_wh)),
        asset=entry.get("asset"),
    )


def _request(entry: RunEntry, run_id: str) -> RunRequest:
    try:
        return _read_request(entry, run_id)
    except Refused as refused:
        faults = [
            Fault(
                field=f"requests[{run_id}].{fault.field}".replace(".ready_by", ".ready_by_min"), message=fault.message
            )
            for fault in refused.faults
        ]
        raise Refused(faults) from None


def _read_request(entry: RunEntry, run_id: str) -> RunRequest:
    return RunRequest(
        run_id=run_id,
        household=entry["household"],
        appliance=entry["appliance"],
        power_w=exact_number(entry["power_w"]),
        duration_us=_us(entry["duration_min"]),
        max_delay_us=_us(entry.get("max_delay_min")),
        is_interruptible=entry.get("interruptible", False),
        priority_class=entry.get("priority", "normal"),
        requested_us=us_of_minutes(entry["at_min"]),
        is_queued=entry.get("queue", False),
        not_before_us=_us(entry.get("not_before_min")),
        profile=_course(entry.get("profile_w")),
    ).ready_by(_us(entry.get("ready_by_min")))


def _course(entry: ProfileEntry | None) -> PowerCourse | None:
    if entry is None:
        return None
    values_w = tuple(exact_number(value) for value in entry["values"])
    return PowerCourse(slot_us=us_of_minutes(entry["resolution_min"]), values_w=values_w)


def _event(entry: EventEntry) -> DayEvent:
    needed = {name: cast("Any", entry)[name] for name in FIELDS_OF[entry["event"]]}
    return DayEvent(
        at_us=us_of_minutes(entry["at_min"]),
        kind=entry["event"],
        household=needed.get("household"),
        appliance=needed.get("appliance"),
        threshold_w=_exact(needed.get("threshold_w")),
        until_us=_us(needed.get("until_min")),
    )
