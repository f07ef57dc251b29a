"""Chunks back to records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import repeat
from typing import Any, TypeVar

import numpy as np

from energy_manager.adapters.records.record_json import read_fields
from energy_manager.adapters.storage.sql.history.array_codec import Array, Packed
from energy_manager.adapters.storage.sql.history.codecs.by_asset import PER_UNIT, ByAsset
from energy_manager.adapters.storage.sql.history.codecs.codec import KNOWN, AssetSet, Codec
from energy_manager.adapters.storage.sql.history.codecs.fields import PartsByAsset, layout_of
from energy_manager.application.ports.records.history import RoundOf, StatusRecord, TickTotal
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.series import time_of

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
        yield record(at=time_of(at_us), **dict(zip(names, said, strict=True)))


def totals_of(packed: Packed, asset_set: AssetSet) -> Iterator[TickTotal]:
    """The sums of a chunk of ticks, from their columns."""
    if "at_us" not in packed:
        tick = _of_text(Tick, packed)
        scheduled, targets = tick.scheduled.values(), tick.targets.values()
        target = sum(told or 0 for told in targets)
        yield TickTotal(at=tick.at, scheduled=sum(scheduled), target=target, power_unit=tick.power_unit)
        return
    instants = packed.array("at_us").tolist()
    unit = _codec(Tick, "power_unit")
    units = unit.read(packed, asset_set) if unit.is_in(packed) else repeat("", len(instants))
    scheduled_sums, target_sums = (_total(_codec(Tick, name), packed) for name in ("scheduled", "targets"))
    for at_us, scheduled_sum, target_sum, power_unit in zip(instants, scheduled_sums, target_sums, units, strict=True):
        yield TickTotal(at=time_of(at_us), scheduled=scheduled_sum, target=target_sum, power_unit=power_unit)


def rounds_of(name: str, packed: Packed, asset_set: AssetSet) -> Iterator[RoundOf]:
    """One field of the statuses of a chunk, from its column."""
    if "at_us" not in packed:
        record = _of_text(StatusRecord, packed)
        yield RoundOf(at=record.at, values={own: getattr(said, name) for own, said in record.statuses.items()})
        return
    statuses = _codec(StatusRecord, "statuses")
    assert isinstance(statuses, PartsByAsset)
    instants, codec = packed.array("at_us").tolist(), statuses.of(name)
    values = codec.read(packed, asset_set) if codec.is_in(packed) else repeat({}, len(instants))
    for at_us, said in zip(instants, values, strict=True):
        yield RoundOf(at=time_of(at_us), values=said)


def _codec(record: type, name: str) -> Codec:
    return next(codec for of, codec in layout_of(record) if of.name == name)


def _total(codec: Codec, packed: Packed) -> list[int]:
    assert isinstance(codec, ByAsset)
    return codec.total(packed)


def _of_text(record: type[Recorded], packed: Packed) -> Recorded:
    at_us, said = packed.labels
    return record(at=time_of(int(at_us)), **read_fields(record, _as_now(json.loads(said))))


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
