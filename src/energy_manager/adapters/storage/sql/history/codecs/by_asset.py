"""Fields that have a value for each asset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from energy_manager.adapters.storage.sql.history.array_codec import Array, Packed
from energy_manager.adapters.storage.sql.history.codecs.codec import KNOWN, NONE, AssetSet, Codec, Line
from energy_manager.domain.quantities import AssetId

SAFE = 2.0**62
"""Sums that stay below it are exact in 64 bits."""

PER_UNIT = 1000
"""Real numbers by asset are kept to a thousandth: milliseconds, watts of kW."""


class ByAsset(Codec):
    """A whole number a line and an asset; None where it says that there is none."""

    def assets(self, value: Mapping[AssetId, Any]) -> Iterable[AssetId]:
        return value

    def write(self, value: Mapping[AssetId, Any], line: Line) -> None:
        known, nones = value if isinstance(value, dict) else dict(value), frozenset[AssetId]()
        if None in known.values():
            nones = frozenset(asset_id for asset_id, own in known.items() if own is None)
            known = {asset_id: own for asset_id, own in known.items() if own is not None}
        line.columns[self.column] = self._whole(known, line)
        line.nones[self.column] = nones

    def _whole(self, value: Mapping[AssetId, Any], line: Line) -> Mapping[AssetId, int]:  # noqa: ARG002 - for labels
        return value

    def _values(self, packed: Packed) -> Array:
        return packed.array(self.column)

    def read(self, packed: Packed, asset_set: AssetSet) -> Iterator[dict[AssetId, Any]]:
        """A mapping a line, of the assets that the record speaks of."""
        values = self._values(packed).tolist()
        if self.column + KNOWN not in packed:
            for line in values:
                yield dict(zip(asset_set, line, strict=True))
            return
        mask = packed.array(self.column + KNOWN)
        known = mask.tolist()
        if self.column + NONE not in packed:
            if not mask.any():
                yield from ({} for _ in known)  # nothing was said by asset in any line
                return
            for line, of_line in zip(values, known, strict=True):
                yield {
                    asset_id: own for asset_id, own, is_known in zip(asset_set, line, of_line, strict=True) if is_known
                }
            return
        for line, of_line, missing in zip(values, known, packed.array(self.column + NONE).tolist(), strict=True):
            said = zip(asset_set, line, of_line, missing, strict=True)
            yield {
                asset_id: own if is_known else None for asset_id, own, is_known, is_none in said if is_known or is_none
            }

    def total(self, packed: Packed) -> list[int]:
        """The sum of all assets, line by line; what is not known, or none, counts as 0, which stands in its place."""
        values = self._values(packed)
        if np.abs(values.astype(np.float64)).sum(axis=1).max(initial=0.0) >= SAFE:
            values = values.astype(object)  # whole numbers of any size
        return [int(total) for total in values.sum(axis=1).tolist()]


class ThousandthsByAsset(ByAsset):
    """A real number a line and an asset, to a thousandth."""

    def _whole(self, value: Mapping[AssetId, float], line: Line) -> Mapping[AssetId, int]:  # noqa: ARG002 - see there
        return {asset_id: round(PER_UNIT * own) for asset_id, own in value.items()}

    def _values(self, packed: Packed) -> Array:
        values: Array = packed.array(self.column) / PER_UNIT
        return values


class TextByAsset(ByAsset):
    """A text a line and an asset; it seldom changes, so lines that say the same share one mapping."""

    def _whole(self, value: Mapping[AssetId, str], line: Line) -> Mapping[AssetId, int]:
        places = {text: line.label(text) for text in dict.fromkeys(value.values())}
        return {asset_id: places[text] for asset_id, text in value.items()}

    def read(self, packed: Packed, asset_set: AssetSet) -> Iterator[dict[AssetId, str]]:
        places, labels = packed.array(self.column), packed.labels
        mask = self.column + KNOWN
        known = packed.array(mask) if mask in packed else np.ones(places.shape, np.bool_)
        latest: dict[AssetId, str] = {}
        for line in range(len(places)):
            is_same = line > 0 and np.array_equal(places[line], places[line - 1])
            if not (is_same and np.array_equal(known[line], known[line - 1])):
                named = zip(asset_set, places[line].tolist(), known[line].tolist(), strict=True)
                latest = {asset_id: labels[place] for asset_id, place, is_known in named if is_known}
            yield latest
