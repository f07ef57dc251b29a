"""Chunks back to records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeVar

import numpy as np

from energy_manager.adapters.record_json import read_fields
from energy_manager.adapters.storage.sql.history.array_codec import Array, Packed
from energy_manager.adapters.storage.sql.history.field_codecs import KNOWN, PER_UNIT, AssetSet, layout_of
from energy_manager.adapters.storage.sql.tables import from_us
from energy_manager.application.ports.history import StatusRecord
from energy_manager.application.ports.tick import Tick

Recorded = TypeVar("Recorded", bound=Tick | StatusRecord)


def records_of(record: type[Recorded], packed: Packed, asset_set: AssetSet) -> Iterator[Recorded]:
    """The records of a chunk, as they were recorded; what it does not hold has its default."""
    if "at_us" not in packed:
        yield _of_text(record, packed)
        return
    there = [(of.name, codec) for of, codec in layout_of(record) if codec.is_in(packed)]
    names = [name for name, _ in there]
    columns = [codec.read(packed, asset_set) for _, codec in there]
    for at_us, *said in zip(packed.array("at_us").tolist(), *columns, strict=True):
        yield record(at=from_us(at_us), **dict(zip(names, said, strict=True)))


def _of_text(record: type[Recorded], packed: Packed) -> Recorded:
    at_us, said = packed.labels
    return record(at=from_us(int(at_us)), **read_fields(record, _as_now(json.loads(said))))


def _as_now(said: dict[str, Any]) -> dict[str, Any]:
    """Texts of before there was a table of fields: bounds were a text in the text, statuses came without a name."""
    if isinstance(said.get("bounds"), str):
        return said | {"bounds": json.loads(said["bounds"])}
    if all(isinstance(own, list) for own in said.values()):
        parts = {
            asset_id: {"output": output, "potential": potential, "age_s": age_ms / PER_UNIT}
            for asset_id, (output, potential, age_ms) in said.items()
        }
        return {"statuses": parts}
    return said


def samples_of(packed: Packed, name: str, column: int) -> tuple[Array, Array]:
    """When (us) and what, of one asset's column where it has values."""
    if "at_us" not in packed or name not in packed:
        nothing = np.empty(0, np.int64)
        return nothing, nothing
    at_us, values = packed.array("at_us"), packed.array(name, column)
    if name + KNOWN in packed:
        known = packed.array(name + KNOWN, column)
        return at_us[known], values[known]
    return at_us, values
