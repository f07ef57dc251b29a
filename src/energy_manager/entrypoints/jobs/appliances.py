"""Job 2: a day of appliance runs, replayed in the order of its requests or planned with full knowledge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, NotRequired, TypeAlias, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, TypeAdapter, WithJsonSchema, with_config
from typing_extensions import TypedDict

from energy_manager.adapters.json_text import write_json
from energy_manager.adapters.solvers.appliances_milp import HighsApplianceOptimiser
from energy_manager.domain.appliances import (
    CATALOGUE,
    Battery,
    Day,
    DayEvent,
    Household,
    Policy,
    RunRequest,
    Step,
    StepFunction,
    day_schedule,
    plan_day,
)
from energy_manager.domain.appliances.admission.preference import Strategy
from energy_manager.domain.appliances.day.document import day_length_us, local_hours, prices_of
from energy_manager.domain.appliances.optimisation.problem import PlanProblem, RunPlan
from energy_manager.domain.appliances.priority import PriorityClass
from energy_manager.domain.appliances.reading import MOST_MINUTES, MOST_WATTS
from energy_manager.domain.appliances.units import Watts, exact_number, minutes_of_us, us_of_minutes
from energy_manager.domain.errors import Fault, shown
from energy_manager.domain.schedule import Schedule
from energy_manager.entrypoints.jobs.definition import ActivationOptions, Arguments, Form, PlanningJob
from energy_manager.entrypoints.jobs.exact import EXACT, Number, RequestModel, is_exact
from energy_manager.entrypoints.settings import Settings

Exact: TypeAlias = int | Decimal
Power: TypeAlias = Annotated[Exact, Number(above=0, at_most=MOST_WATTS, description="W")]
PowerOrNone: TypeAlias = Annotated[Exact, Number(at_least=0, at_most=MOST_WATTS, description="W")]
Minutes: TypeAlias = Annotated[Exact, Number(at_least=0, at_most=MOST_MINUTES, description="minutes from midnight")]
Duration: TypeAlias = Annotated[Exact, Number(above=0, at_most=MOST_MINUTES, description="minutes")]
Name: TypeAlias = Annotated[str, Field(min_length=1)]
EventWord: TypeAlias = Literal["finish", "cancel", "threshold", "restart"]

LONGEST_TIME_LIMIT_S = 86_400
USUAL_TIME_LIMIT_S = 30


def _day(value: object) -> date:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError(f"must be a date like 2026-06-15, not {shown(value)}")
    if not date.min < day < date(9999, 12, 30):
        raise ValueError(f"{shown(value)} is too far away")
    return day


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{shown(name)} is not a known time zone") from None
    return name


def _known_profile(name: str | None) -> str | None:
    if name is not None and name not in CATALOGUE:
        raise ValueError(f"{shown(name)} is not a profile of the catalogue")
    return name


def _with_profile(request: object) -> object:
    """The request with what its profile of the catalogue says, where it does not say it itself."""
    name = request.get("profile") if isinstance(request, dict) else None
    profile = CATALOGUE.get(name) if isinstance(name, str) else None
    if not isinstance(request, dict) or profile is None:
        return request
    duration_us = profile.duration_us
    return {
        "power_w": profile.rated_power_w,
        "duration_min": None if duration_us is None else Decimal(str(minutes_of_us(duration_us))),
        "interruptible": profile.is_interruptible,
        "priority": profile.priority_class,
        **request,
    }


@with_config(EXACT)
class SunEntry(TypedDict):
    """What the sun gives: one power a slot from midnight on."""

    resolution_min: Duration
    values: list[PowerOrNone]


@with_config(EXACT)
class BatteryEntry(TypedDict):
    """A home battery, full unless it says otherwise; its asset, where it names one, is commanded when activated."""

    capacity_wh: Annotated[Exact, Number(above=0, at_most=MOST_WATTS)]
    power_w: Power
    depth_of_discharge: NotRequired[Annotated[Exact, Number(at_least=0, at_most=1)]]
    stored_wh: NotRequired[Annotated[Exact, Number(at_least=0, at_most=MOST_WATTS)]]
    asset: NotRequired[Name | None]


@with_config(EXACT)
class HouseholdEntry(TypedDict):
    """A household and its power threshold."""

    id: Name
    threshold_w: Power
    pv_w: NotRequired[SunEntry | None]
    battery: NotRequired[BatteryEntry | None]
    follows_aggregator: NotRequired[bool]


@with_config(EXACT)
class RunEntry(TypedDict):
    """A run that is asked for; a profile of the catalogue says what is left out."""

    household: Name
    appliance: Name
    profile: NotRequired[Annotated[str | None, AfterValidator(_known_profile)]]
    power_w: Power
    duration_min: Annotated[Duration | None, Field(description="null = endless")]
    max_delay_min: NotRequired[Annotated[Minutes | None, Field(description="null = unlimited")]]
    interruptible: NotRequired[bool]
    priority: NotRequired[PriorityClass]
    at_min: Minutes
    queue: NotRequired[bool]


@with_config(EXACT)
class EventEntry(TypedDict):
    """Something that happens besides requests; which fields it needs follows from its kind."""

    event: EventWord
    at_min: Minutes
    household: NotRequired[Name]
    appliance: NotRequired[Name]
    threshold_w: NotRequired[Power]
    until_min: NotRequired[Minutes]


@with_config(EXACT)
class DayDocument(TypedDict):
    """What a plan is asked."""

    day: Annotated[date, PlainValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
    time_zone: NotRequired[Annotated[Name, AfterValidator(_known_zone)]]
    strategy: NotRequired[Strategy]
    target_peak_w: NotRequired[PowerOrNone | None]
    price_eur_per_mwh: NotRequired[
        Annotated[
            list[Annotated[Exact, Number(at_least=-(10**6), at_most=10**6)]] | None,
            Field(description="one an hour: 24, or as many as the day has hours"),
        ]
    ]
    building_limit_w: NotRequired[Power | None]
    offline: NotRequired[bool]
    time_limit_s: NotRequired[Annotated[Exact, Number(above=0, at_most=LONGEST_TIME_LIMIT_S)] | None]
    window_min: NotRequired[Annotated[list[Minutes], Field(min_length=2, max_length=2)] | None]
    households: Annotated[list[HouseholdEntry], Field(min_length=1)]
    requests: NotRequired[list[Annotated[RunEntry, BeforeValidator(_with_profile)]]]
    events: NotRequired[list[EventEntry] | None]


class Remedy(TypedDict):
    """What would do instead of a rejection."""

    max_delay_min: float | None
    threshold_w: float | None


class RunAnswer(TypedDict):
    """What becomes of a request."""

    household: str
    appliance: str
    outcome: str
    priority: int
    segments_min: Annotated[list[list[float | None]], Field(description="start and end; null = endless")]
    status: str
    reason: str | None
    shortfall_w: float | None
    would_do: Remedy | None


class FiguresAnswer(TypedDict):
    """Figures of the net load over the window."""

    peak_w: float
    average_w: float
    par: float | None
    dawr: float | None


class BatteryPart(TypedDict):
    """A battery's charge (positive) or discharge."""

    start_min: float
    end_min: float
    charge_w: float


class HouseholdAnswer(FiguresAnswer):
    """A household's figures and what its battery does."""

    id: str
    battery: list[BatteryPart]


class AlertAnswer(TypedDict):
    """What could not be kept."""

    at_min: float
    household: str
    excess_w: float
    message: str


class OptimalityAnswer(TypedDict):
    """How far an offline plan is proved."""

    is_proved: bool
    aim: str
    bound: float | list[float] | None
    resolution_min: float


class DayAnswer(TypedDict):
    """Runs in request order, figures, alerts."""

    runs: list[RunAnswer]
    households: list[HouseholdAnswer]
    total: FiguresAnswer
    alerts: list[AlertAnswer]
    optimality: NotRequired[OptimalityAnswer]


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliancesOptions:
    """How long the optimiser may search at most, s, whatever the request allows it."""

    time_limit_s: float = 30.0


REQUEST: RequestModel[DayDocument] = RequestModel(DayDocument, across=lambda document: list(_faults_across(document)))


def read_request(text: bytes, _: AppliancesOptions) -> Day:
    """The day in a JSON text; raises ``NotJson`` and ``Refused``."""
    return day_of(REQUEST.read(text))


def day_of(document: DayDocument) -> Day:
    """The day that a document is; numbers stay exact."""
    zone_name = document.get("time_zone", "UTC")
    zone = ZoneInfo(zone_name)
    length_us = day_length_us(document["day"], zone)
    prices = document.get("price_eur_per_mwh")
    window = document.get("window_min")
    limit_s = document.get("time_limit_s")
    return Day(
        date=document["day"],
        time_zone=zone_name,
        length_us=length_us,
        policy=Policy(
            strategy=document.get("strategy", "earliest"),
            target_peak_w=_exact(document.get("target_peak_w")),
            price_eur_per_mwh=None
            if prices is None
            else prices_of(document["day"], zone, [*map(exact_number, prices)]),
            building_limit_w=_exact(document.get("building_limit_w")),
        ),
        households=tuple(_household(entry, zone_name) for entry in document["households"]),
        requests=tuple(_request(entry, str(place)) for place, entry in enumerate(document.get("requests", ()))),
        events=tuple(map(_event, document.get("events") or ())),
        window_us=(0, length_us) if window is None else (us_of_minutes(window[0]), us_of_minutes(window[1])),
        is_offline=document.get("offline", False),
        time_limit_s=USUAL_TIME_LIMIT_S if limit_s is None else float(limit_s),
    )


def _exact(value: Exact | None) -> Watts | None:
    return None if value is None else exact_number(value)


def _us(minutes: Exact | None) -> int | None:
    return None if minutes is None else us_of_minutes(minutes)


def _household(entry: HouseholdEntry, zone_name: str) -> Household:
    battery = entry.get("battery")
    return Household(
        household_id=entry["id"],
        threshold_w=exact_number(entry["threshold_w"]),
        pv_w=_sun(entry.get("pv_w")),
        battery=None if battery is None else _battery(battery),
        follows_aggregator=entry.get("follows_aggregator", False),
        time_zone=zone_name,
    )


def _sun(entry: SunEntry | None) -> StepFunction:
    if entry is None:
        return StepFunction.constant(0)
    slot_us = us_of_minutes(entry["resolution_min"])
    return StepFunction.of_pieces(
        Step(start_us=index * slot_us, end_us=(index + 1) * slot_us, value=exact_number(power_w))
        for index, power_w in enumerate(entry["values"])
    )


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
    )


_FIELDS_OF: Mapping[str, Sequence[str]] = {
    "finish": ("household", "appliance"),
    "cancel": ("household", "appliance"),
    "threshold": ("household", "threshold_w"),
    "restart": ("until_min",),
}


def _event(entry: EventEntry) -> DayEvent:
    needed = {name: cast("Any", entry)[name] for name in _FIELDS_OF[entry["event"]]}
    return DayEvent(
        at_us=us_of_minutes(entry["at_min"]),
        kind=entry["event"],
        household=needed.get("household"),
        appliance=needed.get("appliance"),
        threshold_w=_exact(needed.get("threshold_w")),
        until_us=_us(needed.get("until_min")),
    )


def _faults_across(document: object) -> Iterator[Fault]:
    """What contradicts itself between parts of a document, whatever else may be wrong with it."""
    if not isinstance(document, dict):
        return
    homes, runs, events = (_objects(document.get(key)) for key in ("households", "requests", "events"))
    known = [_text(home, "id") for home in homes]
    for place, name in enumerate(known):
        if name and name in known[:place]:
            yield Fault(field=f"households[{place}].id", message=f"{shown(name)} is there twice")
    for place, home in enumerate(homes):
        yield from _faults_of_battery(home.get("battery"), f"households[{place}].battery")
    for field, entries in (("requests", runs), ("events", events)):
        for place, entry in enumerate(entries):
            name = _text(entry, "household")
            if name and name not in known and entry.get("event") != "restart":
                message = f"{shown(name)} is not one of the households"
                yield Fault(field=f"{field}[{place}].household", message=message)
    appliances = {(_text(run, "household"), _text(run, "appliance")) for run in runs}
    for place, event in enumerate(events):
        yield from _faults_of_event(event, f"events[{place}]", known, appliances)
    yield from _faults_of_prices(document)
    yield from _faults_of_window(document.get("window_min"))


def _faults_of_battery(battery: object, path: str) -> Iterator[Fault]:
    capacity_wh, stored_wh = (
        (battery.get("capacity_wh"), battery.get("stored_wh")) if isinstance(battery, dict) else (0, 0)
    )
    if is_exact(capacity_wh) and is_exact(stored_wh) and stored_wh > capacity_wh:
        message = f"{shown(stored_wh)} Wh is above the capacity of {shown(capacity_wh)} Wh"
        yield Fault(field=f"{path}.stored_wh", message=message)


def _faults_of_event(
    event: dict[str, Any], path: str, known: Sequence[str], appliances: set[tuple[str, str]]
) -> Iterator[Fault]:
    kind, household, appliance = (_text(event, key) for key in ("event", "household", "appliance"))
    for name in _FIELDS_OF.get(kind, ()):
        if name not in event:
            yield Fault(field=f"{path}.{name}", message="is missing")
    is_of_run = "appliance" in _FIELDS_OF.get(kind, ()) and household in known and appliance != ""
    if is_of_run and (household, appliance) not in appliances:
        message = f"{shown(appliance)} is in no request of household {shown(household)}"
        yield Fault(field=f"{path}.appliance", message=message)
    at_min, until_min = event.get("at_min"), event.get("until_min")
    if kind == "restart" and is_exact(at_min) and is_exact(until_min) and until_min < at_min:
        yield Fault(field=f"{path}.until_min", message=f"{shown(until_min)} is before at_min {shown(at_min)}")


def _faults_of_window(window: object) -> Iterator[Fault]:
    start, end = window if isinstance(window, list) and len(window) == 2 else (None, None)
    if is_exact(start) and is_exact(end) and end <= start <= MOST_MINUTES:
        yield Fault(field="window_min", message=f"ends at {shown(end)}, not after its start at {shown(start)}")


def _faults_of_prices(document: dict[str, Any]) -> Iterator[Fault]:
    prices = document.get("price_eur_per_mwh")
    if document.get("strategy") == "cost" and prices is None:
        yield Fault(field="price_eur_per_mwh", message="is missing, and strategy cost needs it")
    if isinstance(prices, list):
        try:
            zone = ZoneInfo(_known_zone(_text(document, "time_zone") or "UTC"))
            hours = len(local_hours(_day(document.get("day")), zone))
        except ValueError:
            hours = 24  # that is a fault of its own
        if len(prices) not in {24, hours}:
            wanted = "24" if hours == 24 else f"24 or {hours}"
            message = f"has {len(prices)} values, the day needs {wanted}, one an hour"
            yield Fault(field="price_eur_per_mwh", message=message)


def _objects(value: object) -> list[dict[str, Any]]:
    return [entry if isinstance(entry, dict) else {} for entry in value] if isinstance(value, list) else []


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return value if isinstance(value, str) else ""


def plan(day: Day, options: AppliancesOptions) -> dict[str, Any]:
    """The answer: every request decided with what is known by then, or the whole day at once."""
    optimiser = HighsApplianceOptimiser()

    def optimise(problem: PlanProblem, time_limit_s: float, incumbent: RunPlan | None) -> RunPlan | None:
        return optimiser.optimise(problem, min(time_limit_s, options.time_limit_s), incumbent)

    return plan_day(day, optimise=optimise)


def gap_of(found: Mapping[str, Any]) -> float | None:
    """Nothing is known of a replayed day."""
    return 0.0 if found.get("optimality", {}).get("is_proved") else None


def schedule(day: Day, found: Mapping[str, Any], activation: ActivationOptions) -> Schedule:
    """The schedule of the assets that the appliances are."""
    return day_schedule(
        day,
        found,
        schedule_id=activation.schedule_id or f"appliances:{day.date}",
        steps_per_kw=activation.site.steps_per_kw,
    )


def options_of(settings: Settings, _: Arguments) -> AppliancesOptions:
    """How appliances are planned."""
    return AppliancesOptions(time_limit_s=settings.appliances.time_limit_s)


def example() -> object:
    """An oven that cannot wait long, and a dishwasher that can."""
    return {
        "day": "2026-06-15",
        "time_zone": "UTC",
        "strategy": "earliest",
        "households": [{"id": "1", "threshold_w": 3105}],
        "requests": [
            {
                "household": "1",
                "appliance": "Oven",
                "power_w": 2400,
                "duration_min": 45,
                "max_delay_min": 30,
                "interruptible": False,
                "priority": "normal",
                "at_min": 1080,
            },
            {
                "household": "1",
                "appliance": "Dishwasher",
                "power_w": 1200,
                "duration_min": 180,
                "max_delay_min": 720,
                "interruptible": False,
                "priority": "low",
                "at_min": 1090,
            },
        ],
    }


JOB: PlanningJob[Day, dict[str, Any], AppliancesOptions, Arguments] = PlanningJob(
    module=__name__,
    name="appliances",
    summary="When each appliance of a day may run, under its home's power threshold.",
    no_plan=None,
    forms=(
        Form(
            path="/api/v1/appliances/plans",
            summary="When each appliance of a day may run",
            request=REQUEST,
            example=example,
            answer=TypeAdapter(DayAnswer),
            answer_is="Runs, figures and alerts",
            read=read_request,
            write=lambda _, found: write_json(found),
        ),
    ),
    arguments=Arguments,
    activation=("schedule_id",),
    options_of=options_of,
    plan=plan,
    gap_of=gap_of,
    schedule=schedule,
)
