"""The challenge's keys as people spell them: letter case, blanks and units that mean the same do not matter."""

from __future__ import annotations

from typing import Any

from energy_manager.domain.errors import Fault
from energy_manager.domain.production.plants import FUEL_KEYS
from energy_manager.entrypoints.jobs.exact import FaultsFound

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


def in_the_challenges_words(fuels: object) -> object:
    """The fuels under the keys that the challenge has; what is no fuel keeps its key.

    Raises:
        FaultsFound: one fuel is stated twice, in different spelling.
    """
    if not isinstance(fuels, dict) or fuels.keys() <= _KNOWN_FUELS:
        return fuels
    spelled: dict[str, Any] = {}
    faults = []
    for key, price in fuels.items():
        known = spelled_key(key)
        if known in spelled:
            faults.append(Fault(field=known, message="is stated more than once, in different spelling"))
        spelled[known] = price
    if faults:
        raise FaultsFound(faults)
    return spelled


def spelled_key(key: str) -> str:
    """The key as the challenge spells it; itself where it means no fuel."""
    return _SPELLINGS.get("".join(key.split()).lower(), key)


_KNOWN_FUELS = frozenset(FUEL_KEYS.values())


def in_small_letters(document: object) -> object:
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
