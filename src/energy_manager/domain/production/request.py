"""From the challenge's JSON, already parsed, to a production request: every fault is found and named by its path."""

from __future__ import annotations

from typing import Any

from energy_manager.domain.errors import Fault, Refused, shown
from energy_manager.domain.production.exact_numbers import LARGEST, exact
from energy_manager.domain.production.plants import (
    FUEL_KEYS,
    MOST_PLANTS,
    Fuels,
    Plant,
    PlantKind,
    ProductionRequest,
    duplicate_names,
    fault_of_load,
    missing_prices,
)

# Stand-ins for keys that a plant lacks, so that the keys it has are still judged.
_BLAMELESS = {"name": "-", "type": PlantKind.GAS_FIRED, "efficiency": 1, "pmin": 0, "pmax": LARGEST}
_KIND_BY_WORD: dict[str, Any] = {kind.value: kind for kind in PlantKind}
_FUEL_BY_LOWER_KEY = {key.lower(): attribute for attribute, key in FUEL_KEYS.items()}


def read_request(document: object, *, co2: bool = True) -> ProductionRequest:
    """The request that ``document`` states.

    ``document``: a JSON value whose numbers are ``int`` or ``Decimal`` (a float is taken as it prints). Keys that the
    planner does not know are ignored; fuel keys may be in any letter case. ``co2``: whether the price of CO2 is
    needed. Raises ``Refused`` with every fault by its path, such as ``powerplants[2].efficiency``.
    """
    if not isinstance(document, dict):
        message = f"must be an object with load, fuels and powerplants, not {shown(document)}"
        raise Refused([Fault(field="request", message=message)])
    faults = [Fault(field=key, message="is missing") for key in ("load", "fuels", "powerplants") if key not in document]
    load_mw = exact(document.get("load", 0))
    load_fault = fault_of_load(load_mw)
    if load_fault is not None:
        faults.append(Fault(field="load", message=load_fault))
    fuels, stated = _read_fuels(document.get("fuels", {}), faults)
    plants = _read_plants(document.get("powerplants", []), faults)
    if "fuels" in document and stated is not None:
        faults += missing_prices(stated, _kinds(document.get("powerplants")), co2=co2)
    if faults:
        raise Refused(faults)
    return ProductionRequest(load_mw=load_mw, fuels=fuels, plants=plants)


def _read_fuels(stated: object, faults: list[Fault]) -> tuple[Fuels, set[str] | None]:
    if not isinstance(stated, dict):
        faults.append(Fault(field="fuels", message=f"must be an object, not {shown(stated)}"))
        return Fuels(), None
    prices: dict[str, Any] = {}
    for key, value in stated.items():
        attribute = _FUEL_BY_LOWER_KEY.get(key.lower()) if isinstance(key, str) else None
        if attribute is None:
            continue
        field = f"fuels.{FUEL_KEYS[attribute]}"
        if attribute in prices:
            faults.append(Fault(field=field, message="is stated more than once, in different letter case"))
        elif value is None:
            faults.append(Fault(field=field, message="must be a number, not null"))
        prices[attribute] = exact(value)
    try:
        return Fuels(**prices), set(prices)
    except Refused as refused:
        faults += [Fault(field=f"fuels.{fault.field}", message=fault.message) for fault in refused.faults]
        return Fuels(), set(prices)


def _read_plants(stated: object, faults: list[Fault]) -> tuple[Plant, ...]:
    if not isinstance(stated, list):
        faults.append(Fault(field="powerplants", message=f"must be a list, not {shown(stated)}"))
        return ()
    if len(stated) > MOST_PLANTS:
        faults.append(Fault(field="powerplants", message=f"must be at most {MOST_PLANTS}, not {len(stated)}"))
        return ()
    plants = []
    for place, entry in enumerate(stated):
        try:
            plants.append(_read_plant(entry))
        except Refused as refused:
            path = f"powerplants[{place}]"
            faults += [
                Fault(field=f"{path}.{fault.field}" if fault.field else path, message=fault.message)
                for fault in refused.faults
            ]
    faults += duplicate_names([entry.get("name") if isinstance(entry, dict) else None for entry in stated])
    return tuple(plants)


def _read_plant(entry: object) -> Plant:
    if not isinstance(entry, dict):
        raise Refused([Fault(field="", message=f"must be an object, not {shown(entry)}")])
    values: dict[str, Any] = {key: entry.get(key, stand_in) for key, stand_in in _BLAMELESS.items()}
    missing = [Fault(field=key, message="is missing") for key in _BLAMELESS if key not in entry]
    word: Any = values["type"]
    try:
        plant = Plant(
            name=values["name"],
            kind=_KIND_BY_WORD[word] if isinstance(word, str) and word in _KIND_BY_WORD else word,
            efficiency=exact(values["efficiency"]),
            pmin_mw=exact(values["pmin"]),
            pmax_mw=exact(values["pmax"]),
        )
    except Refused as refused:
        raise Refused([*missing, *refused.faults]) from None
    if missing:
        raise Refused(missing)
    return plant


def _kinds(plants: object) -> set[str]:
    entries = plants if isinstance(plants, list) and len(plants) <= MOST_PLANTS else []
    kinds = (entry.get("type") for entry in entries if isinstance(entry, dict))
    return {kind for kind in kinds if isinstance(kind, str)}
