"""The fields of a JSON object, of which every key is known."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from energy_manager.application.appliances.building import Building
from energy_manager.domain.appliances.reading import LONGEST_NAME, Reader
from energy_manager.domain.quantities import AssetId


def known_fields(reader: Reader, document: object, known: Sequence[str]) -> dict[str, object]:
    """The document's fields; a fault for each key that is not known, with the one that may be meant."""
    fields = reader.mapping(document, "document") or {}
    for key in fields:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            reader.fault(key[:LONGEST_NAME], "there is no such key" + (f"; did you mean {near[0]}?" if near else ""))
    return fields


def inner_fields(fields: Mapping[str, object], key: str) -> Mapping[str, object]:
    """The fields of the object behind a key; none if that is no object."""
    value = fields.get(key)
    return value if isinstance(value, dict) else {}


def refuse_taken_asset(
    reader: Reader, asset: AssetId, path: str, building: Building, *, but_for: tuple[str, str | None]
) -> None:
    """A fault if the asset is anything but ``but_for``, a household's appliance or (None) its battery."""
    for owner, appliance in building.owners_of(asset):
        if (owner, appliance) != but_for:
            what = "the battery" if appliance is None else repr(appliance)
            reader.fault(path, f"{asset!r} is {what} of household {owner!r} already")
