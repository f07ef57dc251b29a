"""Job 5: production planning, with the powerplant coding challenge's request and reply.

The challenge's users spell its keys in many ways, so letter case, blanks and units that mean the same do not matter.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from json.encoder import encode_basestring_ascii
from operator import itemgetter
from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import BeforeValidator, Field, Strict, TypeAdapter, with_config
from typing_extensions import TypedDict

from energy_manager.adapters.json_text import write_json
from energy_manager.domain.errors import Fault, Refused, shown
from energy_manager.domain.production import (
    Fuels,
    Plant,
    PlantKind,
    ProductionPlan,
    ProductionRequest,
    plan_production,
    production_schedule,
)
from energy_manager.domain.production.details import marginal_price, plant_details
from energy_manager.domain.production.exact_numbers import LARGEST
from energy_manager.domain.production.plants import (
    FUEL_KEYS,
    MOST_PLANTS,
    STEPS_PER_MW,
    duplicate_names,
    missing_prices,
)
from energy_manager.domain.schedule import Schedule, Span
from energy_manager.entrypoints.jobs import JOBS
from energy_manager.entrypoints.jobs.definition import ActivationOptions, Arguments, Form, PlanningJob
from energy_manager.entrypoints.jobs.exact import EXACT, FaultsFound, Number, RequestModel, is_exact, read_document
from energy_manager.entrypoints.jobs.exact.faults import once_a_field
from energy_manager.entrypoints.settings import Settings

Wind: TypeAlias = Literal["on_off", "curtail"]
Amount: TypeAlias = Annotated[int | Decimal, Number(at_least=0, at_most=LARGEST)]

_UNITS = {
    "gas": ("(euro/mwh)", "(eur/mwh)"),
    "kerosine": ("(euro/mwh)", "(eur/mwh)"),
    "kerosene": ("(euro/mwh)", "(eur/mwh)"),
    "co2": ("(euro/ton)", "(eur/ton)", "(euro/t)", "(eur/t)"),
    "wind": ("(%)",),
}
_ATTRIBUTES = {key.partition("(")[0]: attribute for attribute, key in FUEL_KEYS.items()} | {
    "kerosene": "kerosine_eur_per_mwh"
}
_SPELLINGS = {f"{fuel}{unit}": FUEL_KEYS[_ATTRIBUTES[fuel]] for fuel, units in _UNITS.items() for unit in ("", *units)}
"""What a fuel's key may be, without blanks and in small letters, and how the challenge spells it."""


def _in_the_challenges_words(fuels: object) -> object:
    if not isinstance(fuels, dict) or fuels.keys() <= _KNOWN_FUELS:
        return fuels
    spelled: dict[str, Any] = {}
    faults = []
    for key, price in fuels.items():
        known = _spelled(key)
        if known in spelled:
            faults.append(Fault(field=known, message="is stated more than once, in different spelling"))
        spelled[known] = price
    if faults:
        raise FaultsFound(faults)
    return spelled


def _spelled(key: str) -> str:
    return _SPELLINGS.get("".join(key.split()).lower(), key)


_KNOWN_FUELS = frozenset(FUEL_KEYS.values())

FuelPrices = TypedDict(
    "FuelPrices",
    {
        "gas(euro/MWh)": NotRequired[Amount],
        "kerosine(euro/MWh)": NotRequired[Amount],
        "co2(euro/ton)": NotRequired[Annotated[Amount, Field(description="0 where it is not stated")]],
        "wind(%)": NotRequired[Annotated[int | Decimal, Number(at_least=0, at_most=100)]],
    },
)
with_config(EXACT)(FuelPrices)


@with_config(EXACT)
class PlantEntry(TypedDict):
    """A plant of the request; a dict, so that a thousand of them are read in half a millisecond."""

    name: Annotated[str, Field(min_length=1)]
    type: Annotated[PlantKind, Strict(strict=False)]
    efficiency: Annotated[int | Decimal, Number(above=0, at_most=1)]
    pmin: NotRequired[
        Annotated[
            int | Decimal,
            Number(at_least=0, at_most=LARGEST, description="least power when running, MW; 0 where it is not stated"),
        ]
    ]
    pmax: Annotated[
        int | Decimal, Number(at_least=0, at_most=LARGEST, description="greatest power, MW; not below pmin")
    ]


@with_config(EXACT)
class ProductionDocument(TypedDict):
    """The challenge's request."""

    load: Annotated[int | Decimal, Number(at_least=0, at_most=LARGEST, description="MW, a multiple of 0.1")]
    fuels: Annotated[FuelPrices, BeforeValidator(_in_the_challenges_words)]
    powerplants: Annotated[list[PlantEntry], Field(max_length=MOST_PLANTS)]


@with_config(EXACT)
class Outline(TypedDict):
    """The request without a look at its plants."""

    load: Annotated[int | Decimal, Number(at_least=0, at_most=LARGEST)]
    fuels: Annotated[FuelPrices, BeforeValidator(_in_the_challenges_words)]
    powerplants: Any


class PlantPower(TypedDict):
    """What a plant is to produce."""

    name: str
    p: Annotated[float, Field(description="MW, a multiple of 0.1")]


class PlantAnswer(PlantPower):
    """What a plant is to produce, and why."""

    committed: bool
    cost_per_mwh: Annotated[float, Field(description="EUR/MWh")]
    reason: str


class ProductionAnswer(TypedDict):
    """The plan with what it costs and why; costs are for one hour."""

    load: Annotated[float, Field(description="MW")]
    cost: Annotated[float, Field(description="EUR/h")]
    lower_bound: Annotated[float, Field(description="EUR/h; no plan costs less")]
    optimal: Annotated[bool, Field(description="whether the cost is proved to be the least")]
    marginal_price: Annotated[float | None, Field(description="EUR/MWh; what a load that is 1 MW greater costs more")]
    marginal_price_reason: Annotated[str | None, Field(description="why there is no marginal price")]
    plants: list[PlantAnswer]


class ProductionArguments(Arguments):
    """What callers may say beside the request."""

    co2: bool | None = Field(None, description="whether burning gas pays for its CO2")
    wind: Wind | None = Field(None, description="wind parks run fully or not at all (on_off), or may be curtailed")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionOptions:
    """How a request is to be understood: whether CO2 has a price, what wind parks can do, how long to search, s.

    ``needs_co2_price``: a request without it is refused where gas is burnt; otherwise CO2 is free then.
    """

    co2: bool = True
    wind: Wind = "on_off"
    time_limit_s: float = 10.0
    needs_co2_price: bool = False


REQUEST: RequestModel[ProductionDocument] = RequestModel(ProductionDocument)
OUTLINE: RequestModel[Outline] = RequestModel(Outline)


def read_request(text: bytes, options: ProductionOptions, *, may_repeat_names: bool = False) -> ProductionRequest:
    """The request in a JSON text.

    Raises:
        NotJson, Refused: with every fault by its path.
    """
    return request_of(read_document(text), options, may_repeat_names=may_repeat_names)


def request_of(
    document: Any,  # noqa: ANN401 - whatever the JSON holds
    options: ProductionOptions = ProductionOptions(),
    *,
    may_repeat_names: bool = False,
) -> ProductionRequest:
    """The request in values that were JSON; raises as ``read_request``.

    The usual request is read at once: all plants have the five keys, and the domain finds no fault in them. That takes
    a third of the time that the model of every plant takes, which reads all others and names what is wrong.
    """
    try:
        outline = OUTLINE.of_document(document)
        plants = _plants_at_once(outline["powerplants"])
        return _request(outline, plants, options, may_repeat_names=may_repeat_names)
    except (Refused, KeyError, TypeError, ValueError):
        return _request_by_model(document, options, may_repeat_names=may_repeat_names)


def _request_by_model(
    document: Any,  # noqa: ANN401 - whatever the JSON holds
    options: ProductionOptions,
    *,
    may_repeat_names: bool,
) -> ProductionRequest:
    try:
        stated = _stated(document)
    except Refused as refused:
        across = _faults_across(document, options, may_repeat_names=may_repeat_names)
        raise Refused(once_a_field([*refused.faults, *across])) from None
    return _request(stated, _plants(stated["powerplants"]), options, may_repeat_names=may_repeat_names)


def _request(
    stated: Outline | ProductionDocument,
    plants: tuple[Plant, ...],
    options: ProductionOptions,
    *,
    may_repeat_names: bool,
) -> ProductionRequest:
    prices: Mapping[str, Any] = stated["fuels"]
    faults = _missing(prices, {plant.kind for plant in plants}, options)
    if not may_repeat_names:
        faults += duplicate_names([plant.name for plant in plants])
    try:
        request = ProductionRequest(
            load_mw=stated["load"],
            fuels=Fuels(**{attribute: prices.get(key, _PRICES_LEFT_OUT[key]) for attribute, key in FUEL_KEYS.items()}),
            plants=plants,
        )
    except Refused as refused:
        raise Refused([*refused.faults, *faults]) from None
    if faults:
        raise Refused(faults)
    return request


def _stated(document: Any) -> ProductionDocument:  # noqa: ANN401 - whatever the JSON holds
    try:
        return REQUEST.of_document(document)
    except Refused:
        small = _in_small_letters(document)
        if small == document:
            raise
        return REQUEST.of_document(small)


def _in_small_letters(document: object) -> object:
    """The request with its own keys and those of its plants in small letters, where that makes no two alike."""
    if not isinstance(document, dict):
        return document
    request = _small(document)
    plants = request.get("powerplants")
    if isinstance(plants, list):
        request = {**request, "powerplants": [_small(plant) if isinstance(plant, dict) else plant for plant in plants]}
    return request


def _small(stated: dict[str, Any]) -> dict[str, Any]:
    small = {key.lower(): value for key, value in stated.items()}
    return small if len(small) == len(stated) else stated


def _plants_at_once(entries: Any) -> tuple[Plant, ...]:  # noqa: ANN401 - whatever the JSON holds
    """The plants, where each is an object of exactly the five keys; the domain judges what they hold.

    Raises:
        KeyError, TypeError, ValueError: there is one that is not.
    """
    if type(entries) is not list or not {dict}.issuperset(map(type, entries)) or not {5}.issuperset(map(len, entries)):
        raise ValueError("other plants")
    if not entries:
        return ()
    names, words, *numbers = zip(*map(_COLUMNS, entries), strict=True)
    kinds = map(_KINDS.__getitem__, words)
    return tuple(map(Plant._make, zip(names, kinds, *numbers, strict=True)))


def _plants(entries: Sequence[PlantEntry]) -> tuple[Plant, ...]:
    try:
        return tuple(map(Plant._make, map(_COLUMNS, entries)))
    except KeyError:
        return tuple(Plant._make(_COLUMNS({"pmin": 0, **entry})) for entry in entries)


_COLUMNS = itemgetter("name", "type", "efficiency", "pmin", "pmax")
_KINDS = {kind.value: kind for kind in PlantKind}
_PRICES_LEFT_OUT = dict.fromkeys(FUEL_KEYS.values()) | {FUEL_KEYS["co2_eur_per_ton"]: 0}


def _missing(prices: Mapping[str, Any], kinds: Collection[str], options: ProductionOptions) -> list[Fault]:
    known = {attribute for attribute, key in FUEL_KEYS.items() if key in prices}
    return missing_prices(known, kinds, co2=options.co2 and options.needs_co2_price)


def _faults_across(document: object, options: ProductionOptions, *, may_repeat_names: bool) -> list[Fault]:
    """What can be said of plants and fuels together where a part of the request has a fault already."""
    if not isinstance(document, dict):
        return []
    stated = document.get("powerplants")
    entries = stated if isinstance(stated, list) and len(stated) <= MOST_PLANTS else []
    plants = [entry if isinstance(entry, dict) else {} for entry in entries]
    faults = [] if may_repeat_names else duplicate_names([plant.get("name") for plant in plants])
    for place, plant in enumerate(plants):
        pmin, pmax = plant.get("pmin"), plant.get("pmax")
        if is_exact(pmin) and is_exact(pmax) and 0 <= pmax < pmin:
            message = f"must not exceed pmax {shown(pmax)}, but is {shown(pmin)}"
            faults.append(Fault(field=f"powerplants[{place}].pmin", message=message))
    prices = document.get("fuels")
    if isinstance(prices, dict):
        kinds = {kind for plant in plants if isinstance(kind := plant.get("type"), str)}
        faults += _missing({_spelled(key): price for key, price in prices.items()}, kinds, options)
    return faults


def plan(request: ProductionRequest, options: ProductionOptions) -> ProductionPlan:
    """The cheapest plan; proved, unless its time ends before."""
    return plan_production(request, co2=options.co2, wind=options.wind, time_limit_s=options.time_limit_s)


def write_reply(_: ProductionRequest, found: ProductionPlan) -> bytes:
    """Every plant once, in merit order, its power with exactly one decimal; see ``PlantPower``.

    Written piece by piece: exact, and in half the time that a list of dicts takes.
    """
    powers = [
        f'{{"name":{encode_basestring_ascii(name)},"p":{steps // STEPS_PER_MW}.{steps % STEPS_PER_MW}}}'
        for name, steps in zip(found.names, found.powers, strict=True)
    ]
    return f"[{','.join(powers)}]".encode("ascii")


def write_details(request: ProductionRequest, found: ProductionPlan, options: ProductionOptions) -> bytes:
    """The plan with cost, marginal price, proof and reasons."""
    return write_json(details_of(request, found, options))


def details_of(request: ProductionRequest, found: ProductionPlan, options: ProductionOptions) -> ProductionAnswer:
    """The detailed answer as values; the marginal price takes a plan of its own, within the same time limit."""
    price = marginal_price(request, found, co2=options.co2, wind=options.wind, time_limit_s=options.time_limit_s)
    plants = plant_details(request, found, co2=options.co2, wind=options.wind)
    return {
        "load": float(request.load_mw),
        "cost": found.cost_eur,
        "lower_bound": found.lower_bound_eur,
        "optimal": found.is_optimal,
        "marginal_price": price.eur_per_mwh,
        "marginal_price_reason": price.reason,
        "plants": [
            {
                "name": plant.name,
                "p": plant.power / STEPS_PER_MW,
                "committed": plant.is_running,
                "cost_per_mwh": plant.cost_eur_per_mwh,
                "reason": plant.reason,
            }
            for plant in plants
        ],
    }


def refuse_activation(request: ProductionRequest, activation: ActivationOptions) -> None:
    """Refuse a time that cannot be, or two plants that would be one asset."""
    _span(activation)
    faults = duplicate_names([plant.name for plant in request.plants])
    if faults:
        raise Refused(faults)


def schedule(_: ProductionRequest, found: ProductionPlan, activation: ActivationOptions) -> Schedule:
    """Every plant at its power, for as long as was said."""
    return production_schedule(
        found,
        schedule_id=activation.schedule_id or "production",
        span=_span(activation),
        steps_per_kw=activation.site.steps_per_kw,
    )


def _span(activation: ActivationOptions) -> Span:
    return Span.of(now=activation.now, start=activation.start, minutes=activation.minutes)


def options_of(settings: Settings, said: ProductionArguments) -> ProductionOptions:
    """What was said goes before the settings."""
    return ProductionOptions(
        co2=settings.production.co2 if said.co2 is None else said.co2,
        wind=said.wind or settings.production.wind,
        time_limit_s=settings.production.time_limit_s,
        needs_co2_price=said.co2 is True,
    )


def example() -> object:
    """The six plants of the challenge."""
    return EXAMPLE


EXAMPLE = {
    "load": 480,
    "fuels": {"gas(euro/MWh)": 13.4, "kerosine(euro/MWh)": 50.8, "co2(euro/ton)": 20, "wind(%)": 60},
    "powerplants": [
        {"name": "gasfiredbig1", "type": "gasfired", "efficiency": 0.53, "pmin": 100, "pmax": 460},
        {"name": "gasfiredbig2", "type": "gasfired", "efficiency": 0.53, "pmin": 100, "pmax": 460},
        {"name": "gasfiredsomewhatsmaller", "type": "gasfired", "efficiency": 0.37, "pmin": 40, "pmax": 210},
        {"name": "tj1", "type": "turbojet", "efficiency": 0.3, "pmin": 0, "pmax": 16},
        {"name": "windpark1", "type": "windturbine", "efficiency": 1, "pmin": 0, "pmax": 150},
        {"name": "windpark2", "type": "windturbine", "efficiency": 1, "pmin": 0, "pmax": 36},
    ],
}

ENTRY = JOBS["production"]

_SUMMARY = "Which plants run, and at what power, for a load"
_REPLY_IS = "Every plant once, in merit order; the powers add up to the load"

_OWN: Form[ProductionRequest, ProductionPlan, ProductionOptions] = Form(
    path=ENTRY.path,
    summary=_SUMMARY,
    request=REQUEST,
    example=example,
    answer=TypeAdapter(ProductionAnswer),
    answer_is="Every plant once, in merit order, with what the plan costs, what one MWh more would, and why",
    read=read_request,
    write=write_reply,
    details=write_details,
)

JOB: PlanningJob[ProductionRequest, ProductionPlan, ProductionOptions, ProductionArguments] = PlanningJob(
    outline=ENTRY,
    summary="Which power plants run, and at what power, for a load.",
    no_plan="no choice of plants adds up to the load; the details name the nearest loads that can be met",
    forms=(
        _OWN,
        # As the challenge's community knows it.
        replace(
            _OWN,
            path=ENTRY.drop_in[0],
            answer=TypeAdapter(list[PlantPower]),
            answer_is=_REPLY_IS,
            read=partial(read_request, may_repeat_names=True),
            details=None,
            is_fed=True,
        ),
    ),
    arguments=ProductionArguments,
    activation=("schedule_id", "start", "minutes"),
    options_of=options_of,
    plan=plan,
    gap_of=lambda found: found.gap,
    refuse_activation=refuse_activation,
    schedule=schedule,
)
