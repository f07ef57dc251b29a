"""From the JSON document of ``plan appliances`` to a ``Day``: every fault by its field, or a value that is good."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from energy_manager.domain.appliances.admission.preference import Policy, Strategy
from energy_manager.domain.appliances.catalogue import CATALOGUE
from energy_manager.domain.appliances.day.document import Day, DayEvent, EventKind, day_length_us, local_hours
from energy_manager.domain.appliances.household import Battery, Household
from energy_manager.domain.appliances.ledger.step_function import Step, StepFunction
from energy_manager.domain.appliances.priority import BASE_PRIORITY, PriorityClass
from energy_manager.domain.appliances.reading import MOST_WATTS, Reader
from energy_manager.domain.appliances.run import RunRequest
from energy_manager.domain.appliances.units import US_PER_HOUR, Watts, minutes_of_us
from energy_manager.domain.errors import Refused

STRATEGIES = ("earliest", "flat", "target_peak", "cost")
_EVENTS = ("finish", "cancel", "threshold", "restart")
_DEFAULT_TIME_LIMIT_S = 30
_LONGEST_TIME_LIMIT_S = 86_400

# A run may begin on the day and be put off: prices repeat from day to day, as the best guess there is.
_DAYS_PRICED = 3


def read_day(document: object) -> Day:
    """The day that a parsed JSON document asks to plan.

    Numbers may be ints, floats or Decimals (whole text of the JSON, so that sums are exact). Unknown keys are ignored.

    Raises:
        Refused: with every fault, each by its path (``requests[3].power_w``).
    """
    reader = Reader()
    root = reader.mapping(document, "request")
    if root is None:
        raise Refused(reader.faults)
    day, zone, zone_name = _calendar(reader, root)
    length_us = day_length_us(day, zone)
    households = _households(reader, root.get("households"), zone_name)
    known = {household.household_id for household in households}
    requests = _requests(reader, root.get("requests", []), known)
    parsed = Day(
        date=day,
        time_zone=zone_name,
        length_us=length_us,
        policy=_policy(reader, root, local_hours(day, zone)),
        households=tuple(households),
        requests=tuple(requests),
        events=tuple(_events(reader, root.get("events") or [], requests, known)),
        window_us=_window(reader, root.get("window_min"), length_us),
        is_offline=reader.truth(root.get("offline", False), "offline"),
        time_limit_s=_time_limit_s(reader, root.get("time_limit_s")),
    )
    if reader.faults:
        raise Refused(reader.faults)
    return parsed


def _calendar(reader: Reader, root: Mapping[str, object]) -> tuple[date, ZoneInfo, str]:
    day = date(2000, 1, 1)
    text = reader.text(root.get("day"), "day")
    try:
        day = date.fromisoformat(text) if text else day
    except ValueError:
        reader.fault("day", f"{text!r} is not a date like 2026-06-15")
    name = root.get("time_zone", "UTC")
    zone = ZoneInfo("UTC")
    try:
        zone = ZoneInfo(reader.text(name, "time_zone") or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reader.fault("time_zone", f"{name!r} is not a known time zone")
    if not date.min < day < date(9999, 12, 30):
        reader.fault("day", f"{text!r} is too far away")
        day = date(2000, 1, 1)
    return day, zone, str(name)


def _policy(reader: Reader, root: Mapping[str, object], hours: tuple[int, ...]) -> Policy:
    strategy = reader.one_of(root.get("strategy", "earliest"), "strategy", STRATEGIES)
    target, limit = root.get("target_peak_w"), root.get("building_limit_w")
    prices = root.get("price_eur_per_mwh")
    if strategy == "cost" and prices is None:
        reader.fault("price_eur_per_mwh", "is missing, and strategy cost needs it")
    return Policy(
        strategy=cast(Strategy, strategy),
        target_peak_w=None if target is None else reader.power_w(target, "target_peak_w", above=None, at_least=0),
        price_eur_per_mwh=None if prices is None else _prices(reader, prices, hours),
        building_limit_w=None if limit is None else reader.power_w(limit, "building_limit_w"),
    )


def _prices(reader: Reader, values: object, hours: tuple[int, ...]) -> StepFunction | None:
    """24 values go by the hour on the wall, also on a day of 23 or 25 hours; as many as the day has go in order."""
    path = "price_eur_per_mwh"
    entries = reader.sequence(values, path)
    prices = [
        reader.number(price, f"{path}[{index}]", at_least=-(10**6), at_most=10**6)
        for index, price in enumerate(entries)
    ]
    if isinstance(values, list | tuple) and len(prices) not in {24, len(hours)}:
        wanted = "24" if len(hours) == 24 else f"24 or {len(hours)}"
        reader.fault(path, f"has {len(prices)} values, the day needs {wanted}, one an hour")
    if any(price is None for price in prices) or len(prices) not in {24, len(hours)}:
        return None
    of_hour = [prices[hour] for hour in hours] if len(prices) == 24 else prices
    later = [prices[hour % len(prices)] for hour in range(24)] * (_DAYS_PRICED - 1)
    return StepFunction.of_pieces(
        Step(start_us=index * US_PER_HOUR, end_us=(index + 1) * US_PER_HOUR, value=price)
        for index, price in enumerate([*of_hour, *later])
        if price is not None
    )


def _households(reader: Reader, value: object, zone_name: str) -> list[Household]:
    if value is None:
        reader.fault("households", "is missing")
        return []
    households: list[Household] = []
    seen: set[str] = set()
    entries = reader.sequence(value, "households")
    if isinstance(value, list | tuple) and not entries:
        reader.fault("households", "is empty")
    for index, entry in enumerate(entries):
        path = f"households[{index}]"
        fields = reader.mapping(entry, path)
        if fields is None:
            continue
        household_id = reader.text(fields.get("id"), f"{path}.id")
        if household_id in seen:
            reader.fault(f"{path}.id", f"{household_id!r} is there twice")
        seen.add(household_id)
        threshold_w = reader.power_w(fields.get("threshold_w"), f"{path}.threshold_w")
        households.append(
            Household(
                household_id=household_id,
                threshold_w=1 if threshold_w is None else threshold_w,
                pv_w=_sun(reader, fields.get("pv_w"), f"{path}.pv_w"),
                battery=read_battery(reader, fields.get("battery"), f"{path}.battery"),
                follows_aggregator=reader.truth(fields.get("follows_aggregator", False), f"{path}.follows_aggregator"),
                time_zone=zone_name,
            )
        )
    return households


def _sun(reader: Reader, value: object, path: str) -> StepFunction:
    if value is None:
        return StepFunction.constant(0)
    fields = reader.mapping(value, path)
    if fields is None:
        return StepFunction.constant(0)
    slot_us = reader.minutes(fields.get("resolution_min"), f"{path}.resolution_min", above=0)
    entries = reader.sequence(fields.get("values"), f"{path}.values")
    watts = [
        reader.power_w(entry, f"{path}.values[{index}]", above=None, at_least=0) for index, entry in enumerate(entries)
    ]
    if slot_us is None:
        return StepFunction.constant(0)
    return StepFunction.of_pieces(
        Step(start_us=index * slot_us, end_us=(index + 1) * slot_us, value=power_w)
        for index, power_w in enumerate(watts)
        if power_w is not None
    )


def read_battery(reader: Reader, value: object, path: str) -> Battery | None:
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


def _requests(reader: Reader, value: object, known: set[str]) -> list[RunRequest]:
    requests: list[RunRequest] = []
    for index, entry in enumerate(reader.sequence(value, "requests")):
        path = f"requests[{index}]"
        fields = reader.mapping(entry, path)
        if fields is not None:
            requests.append(_request(reader, _with_profile(reader, fields, path), path, str(index), known))
    return requests


def _with_profile(reader: Reader, fields: dict[str, object], path: str) -> dict[str, object]:
    """The fields with what its profile of the catalogue says, where they do not say it themselves."""
    name = fields.get("profile")
    if name is None:
        return fields
    profile = CATALOGUE.get(name) if isinstance(name, str) else None
    if profile is None:
        reader.fault(f"{path}.profile", f"{name!r} is not a profile of the catalogue")
        return fields
    duration_us = profile.duration_us
    return {
        "power_w": profile.rated_power_w,
        "duration_min": None if duration_us is None else minutes_of_us(duration_us),
        "interruptible": profile.is_interruptible,
        "priority": profile.priority_class,
        **fields,
    }


def _request(reader: Reader, fields: dict[str, Any], path: str, run_id: str, known: set[str]) -> RunRequest:
    household = reader.text(fields.get("household"), f"{path}.household")
    if household and household not in known:
        reader.fault(f"{path}.household", f"{household!r} is not one of the households")
    power_w: Watts | None = reader.power_w(fields.get("power_w"), f"{path}.power_w")
    duration_us = None
    if "duration_min" not in fields:
        reader.fault(f"{path}.duration_min", "is missing (null means endless)")
    elif fields["duration_min"] is not None:
        # A fault is noted; the value read instead is harmless.
        duration_us = reader.minutes(fields["duration_min"], f"{path}.duration_min", above=0) or 1
    delay = fields.get("max_delay_min")
    at_us = reader.minutes(fields.get("at_min"), f"{path}.at_min")
    return RunRequest(
        run_id=run_id,
        household=household,
        appliance=reader.text(fields.get("appliance"), f"{path}.appliance"),
        power_w=1 if power_w is None else power_w,
        duration_us=duration_us,
        max_delay_us=None if delay is None else reader.minutes(delay, f"{path}.max_delay_min"),
        is_interruptible=reader.truth(fields.get("interruptible", False), f"{path}.interruptible"),
        priority_class=cast(
            PriorityClass, reader.one_of(fields.get("priority", "normal"), f"{path}.priority", tuple(BASE_PRIORITY))
        ),
        requested_us=0 if at_us is None else at_us,
        is_queued=reader.truth(fields.get("queue", False), f"{path}.queue"),
    )


def _events(reader: Reader, value: object, requests: list[RunRequest], known: set[str]) -> list[DayEvent]:
    events: list[DayEvent] = []
    appliances = {(request.household, request.appliance) for request in requests}
    for index, entry in enumerate(reader.sequence(value, "events")):
        path = f"events[{index}]"
        fields = reader.mapping(entry, path)
        if fields is not None:
            events.append(_event(reader, fields, path, appliances, known))
    return events


def _event(
    reader: Reader, fields: dict[str, object], path: str, appliances: set[tuple[str, str]], known: set[str]
) -> DayEvent:
    kind = cast(EventKind, reader.one_of(fields.get("event"), f"{path}.event", _EVENTS))
    at_us = reader.minutes(fields.get("at_min"), f"{path}.at_min") or 0
    if kind == "restart":
        until_us = reader.minutes(fields.get("until_min"), f"{path}.until_min")
        if until_us is not None and until_us < at_us:
            reader.fault(f"{path}.until_min", f"{fields['until_min']} is before at_min {fields.get('at_min')}")
        return DayEvent(at_us=at_us, kind=kind, until_us=until_us)
    household = reader.text(fields.get("household"), f"{path}.household")
    if household and household not in known:
        reader.fault(f"{path}.household", f"{household!r} is not one of the households")
    if kind == "threshold":
        threshold_w = reader.power_w(fields.get("threshold_w"), f"{path}.threshold_w")
        return DayEvent(at_us=at_us, kind=kind, household=household, threshold_w=threshold_w)
    appliance = reader.text(fields.get("appliance"), f"{path}.appliance")
    if household in known and appliance and (household, appliance) not in appliances:
        reader.fault(f"{path}.appliance", f"{appliance!r} is in no request of household {household!r}")
    return DayEvent(at_us=at_us, kind=kind, household=household, appliance=appliance)


def _window(reader: Reader, value: object, length_us: int) -> tuple[int, int]:
    whole = (0, length_us)
    if value is None:
        return whole
    bounds = reader.sequence(value, "window_min")
    if len(bounds) != 2:
        reader.fault("window_min", "is not a list of two numbers")
        return whole
    start_us = reader.minutes(bounds[0], "window_min[0]")
    end_us = reader.minutes(bounds[1], "window_min[1]")
    if start_us is None or end_us is None:
        return whole
    if end_us <= start_us:
        reader.fault("window_min", f"ends at {bounds[1]}, not after its start at {bounds[0]}")
        return whole
    return start_us, end_us


def _time_limit_s(reader: Reader, value: object) -> float:
    if value is None:
        return _DEFAULT_TIME_LIMIT_S
    seconds = reader.number(value, "time_limit_s", above=0, at_most=_LONGEST_TIME_LIMIT_S, unit="s")
    return _DEFAULT_TIME_LIMIT_S if seconds is None else float(seconds)
