"""The nouns of production planning: power plants, what their fuels cost, and the request that sets them a load."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from operator import le
from typing import NamedTuple

from energy_manager.domain.errors import Fault, faults_of, refuse, shown

# Plans are made in whole steps of 0.1 MW.
STEPS_PER_MW = 10
MOST_PLANTS = 100_000
# The spec's ceiling for every number of a request; it also keeps sums and products far from any overflow.
LARGEST = 10**9
# More decimals than any meter or market states; the limit keeps exact arithmetic affordable.
MOST_DECIMALS = 50


class PlantKind(StrEnum):
    """What a plant burns; the values are the words of the coding challenge."""

    GAS_FIRED = "gasfired"
    TURBOJET = "turbojet"
    WIND_TURBINE = "windturbine"

    # As any text's: an enumeration's own is written in Python, and every plant's kind is looked up.
    __hash__ = str.__hash__


class WindMode(StrEnum):
    """Whether a wind park is off or at full potential only, or may be held anywhere below its potential."""

    ON_OFF = "on_off"
    CURTAIL = "curtail"


class Plant(NamedTuple):
    """A plant that is off or runs between ``pmin_mw`` and ``pmax_mw``.

    ``efficiency``: electrical energy out per energy in, in (0, 1]. A wind turbine's ``pmax_mw`` is its nameplate:
    wind scales it. Numbers are exact: ``int`` or ``Decimal``. A tuple, and judged with all others of its request:
    a thousand plants are read in the time that planning them takes.
    """

    name: str
    kind: PlantKind
    efficiency: int | Decimal
    pmin_mw: int | Decimal
    pmax_mw: int | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Fuels:
    """Prices (EUR/MWh of fuel, EUR/t of CO2) and the wind as a share of nameplate power (0 to 100 %).

    None where the request does not say; a plan then refuses only if one of its plants needs the number.
    Raises ``Refused`` listing every fault by its key in the challenge's JSON.
    """

    gas_eur_per_mwh: int | Decimal | None = None
    kerosine_eur_per_mwh: int | Decimal | None = None
    co2_eur_per_ton: int | Decimal | None = None
    wind_percent: int | Decimal | None = None

    def __post_init__(self) -> None:
        values = {attribute: getattr(self, attribute) for attribute in FUEL_KEYS}
        faults = {
            FUEL_KEYS[attribute]: fault_of_number(value, most=100 if attribute == "wind_percent" else LARGEST)
            for attribute, value in values.items()
            if value is not None
        }
        refuse(faults_of(faults))


# How the challenge's JSON spells each fuel.
FUEL_KEYS = {
    "gas_eur_per_mwh": "gas(euro/MWh)",
    "kerosine_eur_per_mwh": "kerosine(euro/MWh)",
    "co2_eur_per_ton": "co2(euro/ton)",
    "wind_percent": "wind(%)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionRequest:
    """The load to cover (MW, a multiple of 0.1), the fuels, and the plants in the order of the request.

    Raises ``Refused`` listing every fault by its path in the challenge's JSON.
    """

    load_mw: int | Decimal
    fuels: Fuels
    plants: tuple[Plant, ...]

    def __post_init__(self) -> None:
        faults = faults_of({"load": fault_of_load(self.load_mw)})
        if len(self.plants) > MOST_PLANTS:
            faults.append(Fault(field="powerplants", message=f"must be at most {MOST_PLANTS}, not {len(self.plants)}"))
        elif not _are_sound(self.plants):
            faults += faults_of_plants(self.plants)
        refuse(faults)


def _are_sound(plants: Sequence[Plant]) -> bool:
    """Whether no plant has a fault, asked column by column: one by one takes ten times as long.

    Decimals are compared and not put into sets: to hash one takes as long as to compare fifteen.
    """
    if not plants:
        return True
    names, kinds, efficiencies, lows, highs = zip(*plants, strict=True)
    if not (set(map(type, names)) == {str} and all(map(_are_exact, (efficiencies, lows, highs)))):
        return False
    return (
        min(efficiencies) > 0
        and max(efficiencies) <= 1
        and min(lows) >= 0
        and max(highs) <= LARGEST
        and all(map(le, lows, highs))
        and set(map(type, kinds)) == {PlantKind}
        and all(map(str.strip, names))
        and not _has_half_characters("".join(names))
    )


def _are_exact(numbers: Sequence[int | Decimal]) -> bool:
    """Whether all are whole numbers or finite decimals of no more places than anybody states."""
    types = set(map(type, numbers))
    if not types <= {int, Decimal}:
        return False
    decimals = [] if types == {int} else [number for number in numbers if type(number) is Decimal]
    return all(map(Decimal.is_finite, decimals)) and (
        min(map(Decimal.adjusted, decimals), default=0) >= -MOST_DECIMALS
        or min(map(Decimal.adjusted, filter(None, decimals)), default=0) >= -MOST_DECIMALS  # a zero may have any
    )


def faults_of_plants(plants: Sequence[Plant]) -> list[Fault]:
    """Every fault by its path in the challenge's JSON."""
    return [
        Fault(field=f"powerplants[{place}].{fault.field}", message=fault.message)
        for place, plant in enumerate(plants)
        for fault in _faults_of(plant)
    ]


def _faults_of(plant: Plant) -> list[Fault]:
    kinds = ", ".join(sorted(PlantKind))
    messages = {
        "name": _fault_of_name(plant.name),
        "type": None if isinstance(plant.kind, PlantKind) else f"must be one of {kinds}, not {shown(plant.kind)}",
        "efficiency": fault_of_number(plant.efficiency, above=0, most=1),
        "pmin": fault_of_number(plant.pmin_mw),
        "pmax": fault_of_number(plant.pmax_mw),
    }
    faults = faults_of(messages)
    ranged = not any(fault.field in {"pmin", "pmax"} for fault in faults)
    if ranged and plant.pmin_mw > plant.pmax_mw:
        faults.append(Fault(field="pmin", message=f"must not exceed pmax {plant.pmax_mw}, but is {plant.pmin_mw}"))
    return faults


def fault_of_number(value: object, *, above: int | None = None, least: int = 0, most: int = LARGEST) -> str | None:
    """Why ``value`` is no exact number within its limits, or None when it is; never expands an exponent."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return f"must be a number, not {shown(value)}"
    if isinstance(value, Decimal):
        if not value.is_finite():
            return f"must be a finite number, not {value}"
        if value and value.adjusted() < -MOST_DECIMALS:
            return f"must have at most {MOST_DECIMALS} decimals, not {shown(value)}"
    if not least <= value <= most or (above is not None and value <= above):
        limits = f"from {least} to {most}" if above is None else f"above {above} and at most {most}"
        return f"must be {limits}, not {shown(value)}"
    return None


def fault_of_load(load_mw: object) -> str | None:
    """Why ``load_mw`` cannot be planned, or None when it can."""
    message = fault_of_number(load_mw)
    if message is None:
        assert isinstance(load_mw, (int, Decimal)), "it was found to be a number"
        numerator, denominator = load_mw.as_integer_ratio()
        if numerator * STEPS_PER_MW % denominator:
            message = f"must be a multiple of 0.1 MW, not {shown(load_mw)}"
    return message


def duplicate_names(names: Sequence[object]) -> list[Fault]:
    """A fault for each name that an earlier plant has already; entries that are no text are passed over."""
    if len(set(map(type, names))) == 1 and isinstance(names[0], str) and len(set(names)) == len(names):
        return []
    first_place: dict[str, int] = {}
    faults = []
    for place, name in enumerate(names):
        if not isinstance(name, str):
            continue
        if name in first_place:
            message = f"{shown(name)} is the name of powerplants[{first_place[name]}] already"
            faults.append(Fault(field=f"powerplants[{place}].name", message=message))
        else:
            first_place[name] = place
    return faults


def missing_prices(stated: Collection[str], kinds: Collection[str], *, co2: bool) -> list[Fault]:
    """A fault for each fuel that plants of these ``kinds`` need and that is not ``stated`` (as attribute names)."""
    needed = {
        "gas_eur_per_mwh": PlantKind.GAS_FIRED in kinds,
        "kerosine_eur_per_mwh": PlantKind.TURBOJET in kinds,
        "co2_eur_per_ton": co2 and PlantKind.GAS_FIRED in kinds,
        "wind_percent": PlantKind.WIND_TURBINE in kinds,
    }
    return [
        Fault(field=f"fuels.{FUEL_KEYS[attribute]}", message="is missing, and a plant needs it")
        for attribute, is_needed in needed.items()
        if is_needed and attribute not in stated
    ]


def _fault_of_name(name: object) -> str | None:
    if not isinstance(name, str):
        return f"must be text, not {shown(name)}"
    if not name.strip():
        return "must not be empty"
    if _has_half_characters(name):
        return f"must be valid Unicode, not {shown(name)}"
    return None


def _has_half_characters(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)
