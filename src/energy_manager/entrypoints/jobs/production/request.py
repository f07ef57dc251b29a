"""What may be asked of job 5: the powerplant coding challenge's request, read at once where it is the usual one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from functools import partial
from operator import itemgetter
from typing import Annotated, Any, NotRequired, TypeAlias

from pydantic import BeforeValidator, Field, Strict, with_config
from typing_extensions import TypedDict

from energy_manager.domain.errors import Fault, Refused, shown
from energy_manager.domain.production import Fuels, Plant, PlantKind, ProductionRequest
from energy_manager.domain.production.plants import FUEL_KEYS, LARGEST, MOST_PLANTS, duplicate_names, missing_prices
from energy_manager.entrypoints.jobs.exact import EXACT, Number, RequestModel, is_exact, read_document
from energy_manager.entrypoints.jobs.exact.faults import once_a_field
from energy_manager.entrypoints.jobs.production.options import ProductionOptions
from energy_manager.entrypoints.jobs.production.spelling import in_small_letters, in_the_challenges_words, spelled_key

Amount: TypeAlias = Annotated[int | Decimal, Number(at_least=0, at_most=LARGEST)]

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
    fuels: Annotated[FuelPrices, BeforeValidator(in_the_challenges_words)]
    powerplants: Annotated[list[PlantEntry], Field(max_length=MOST_PLANTS)]


@with_config(EXACT)
class WithoutPlants(TypedDict):
    """The request without a look at its plants."""

    load: Annotated[int | Decimal, Number(at_least=0, at_most=LARGEST)]
    fuels: Annotated[FuelPrices, BeforeValidator(in_the_challenges_words)]
    powerplants: Any


REQUEST: RequestModel[ProductionDocument] = RequestModel(ProductionDocument)
WITHOUT_PLANTS: RequestModel[WithoutPlants] = RequestModel(WithoutPlants)


def read_request(text: bytes, options: ProductionOptions, *, may_repeat_names: bool = False) -> ProductionRequest:
    """The request in a JSON text.

    Raises:
        NotJson, Refused: with every fault by its path.
    """
    return request_of(read_document(text), options, may_repeat_names=may_repeat_names)


def request_of(
    document: Any,  # noqa: ANN401 - whatever the JSON holds
    options: ProductionOptions,
    *,
    may_repeat_names: bool = False,
) -> ProductionRequest:
    """The request in values that were JSON; raises as ``read_request``.

    The usual request is read at once: all plants have the five keys, and the domain finds no fault in them. That takes
    a third of the time that the model of every plant takes, which reads all others and names what is wrong.
    """
    try:
        read = WITHOUT_PLANTS.of_document(document)
        plants = _plants_at_once(read["powerplants"])
        return _request(read, plants, options, may_repeat_names=may_repeat_names)
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
    stated: WithoutPlants | ProductionDocument,
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
        small = in_small_letters(document)
        if small == document:
            raise
        return REQUEST.of_document(small)


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
    return tuple(map(_PLANT_OF, zip(names, kinds, *numbers, strict=True)))


def _plants(entries: Sequence[PlantEntry]) -> tuple[Plant, ...]:
    try:
        return tuple(map(Plant._make, map(_COLUMNS, entries)))
    except KeyError:
        return tuple(Plant._make(_COLUMNS({"pmin": 0, **entry})) for entry in entries)


_PLANT_OF = partial(tuple.__new__, Plant)  # as Plant._make, without a call of Python for each
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
        faults += _missing({spelled_key(key): price for key, price in prices.items()}, kinds, options)
    return faults
