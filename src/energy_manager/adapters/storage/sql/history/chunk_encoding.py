"""Records of one kind in a row, all assets side by side: a chunk has a line per record and a column per asset.

A chunk is for one asset set, the assets in their order; records about other assets begin another chunk. Numbers beyond
64 bits do not fit a chunk: such a record is kept as text, on its own. What a chunk holds is read off the record's
fields (``codecs``).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TypeAlias

import numpy as np

from energy_manager.adapters.records.record_json import in_json
from energy_manager.adapters.storage.sql.history.array_codec import Array, pack
from energy_manager.adapters.storage.sql.history.codecs.codec import KNOWN, NONE, AssetSet, Line
from energy_manager.adapters.storage.sql.history.codecs.fields import layout_of
from energy_manager.application.ports.records.history import StatusRecord
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.series import microseconds

Recorded: TypeAlias = Tick | StatusRecord


class ChunkEncoder:
    """Lines for one asset set, growing."""

    def __init__(self, asset_set: AssetSet) -> None:
        self.asset_set = asset_set
        self.lines = 0
        self.start_us = 0
        self.end_us = 0
        self._wholes: list[Array] = []
        self._reals: list[Array] = []
        self._names: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self._arrays: dict[str, list[Array]] = {}
        self._masks: dict[str, list[Array | None]] = {}
        self._labels: dict[str, int] = {}

    def add(self, record: Recorded) -> None:
        """Write a line.

        Raises:
            OverflowError: a number is beyond 64 bits; nothing was written.
            TypeError, ValueError: what should be a number is none; nothing was written.
        """
        at_us, said = microseconds(record.at), Line(self._label)
        for of, codec in layout_of(type(record)):
            codec.write(getattr(record, of.name), said)
        # All numbers of a line together: an array for each would cost more than all the rest.
        whole = {name: number for name, number in said.numbers.items() if not isinstance(number, float)}
        real = {name: number for name, number in said.numbers.items() if isinstance(number, float)}
        wholes = np.array([at_us, *whole.values()], np.int64)
        reals = np.array(list(real.values()), np.float64)
        line: dict[str, Array] = {}
        masks = {name + NONE: self._mask(nones) if nones else None for name, nones in said.nones.items()}
        for name, column in said.columns.items():
            line[name] = in_order = np.array(self._in_order(column), np.int64)
            if in_order.ndim != 1:
                raise TypeError(f"{name}: one of its values is no number")
            masks[name + KNOWN] = None if len(column) == len(self.asset_set) else self._mask(column)
        self._names = ("at_us", *whole), tuple(real)
        self._wholes.append(wholes)
        self._reals.append(reals)
        for name, array in line.items():
            self._arrays.setdefault(name, []).append(array)
        for name, mask in masks.items():
            self._masks.setdefault(name, []).append(mask)
        self.start_us = min(self.start_us, at_us) if self.lines else at_us
        self.end_us = max(self.end_us, at_us) if self.lines else at_us
        self.lines += 1

    def packed(self) -> bytes:
        """The chunk as bytes."""
        arrays: dict[str, Array] = {}
        for names, lines in zip(self._names, (self._wholes, self._reals), strict=True):
            arrays |= dict(zip(names, np.stack(lines).T, strict=True))
        arrays |= {name: np.stack(columns) for name, columns in self._arrays.items()}
        for name, masks in self._masks.items():
            if any(mask is not None for mask in masks):
                otherwise = np.full(len(self.asset_set), fill_value=name.endswith(KNOWN))
                arrays[name] = np.stack([otherwise if mask is None else mask for mask in masks])
        return pack(arrays, list(self._labels))

    def _in_order(self, column: Mapping[AssetId, int]) -> list[int]:
        if not column:
            return [0] * len(self.asset_set)
        if tuple(column) == self.asset_set:
            return list(column.values())
        return [column.get(asset_id, 0) for asset_id in self.asset_set]

    def _mask(self, assets: Collection[AssetId]) -> Array:
        """Which of the asset set these are."""
        if not assets:
            return np.zeros(len(self.asset_set), np.bool_)
        return np.array([asset_id in assets for asset_id in self.asset_set], np.bool_)

    def _label(self, text: str) -> int:
        """The text's place among the labels of the chunk."""
        return self._labels.setdefault(text, len(self._labels))


def asset_set_of(record: Recorded) -> AssetSet:
    """The assets that a record is about; of a tick first those scheduled, in schedule order."""
    mentioned: dict[AssetId, None] = {}
    for of, codec in layout_of(type(record)):
        mentioned.update(dict.fromkeys(codec.assets(getattr(record, of.name))))
    return tuple(mentioned)


def packed_as_text(record: Recorded) -> bytes:
    """One record as a chunk of its own, with numbers of any size."""
    said = in_json(record)
    del said["at"]
    return pack({}, [str(microseconds(record.at)), json.dumps(said)])
