"""Count, sum, least and greatest of samples, by field and step."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from energy_manager.adapters.storage.sql.history.array_codec import Array
from energy_manager.application.ports.records.history import Steps

FIELDS = ("scheduled", "target", "potential", "output")

LEAST, GREATEST = np.iinfo(np.int64).min, np.iinfo(np.int64).max

_PACKED = {"count": "<u4", "sum": "<f8", "min": "<i8", "max": "<i8"}


class Aggregates:
    """Statistics of fields over ``steps`` steps, by default of whole numbers."""

    def __init__(
        self, steps: int, fields: Sequence[str] = FIELDS, kind: type[np.int64] | type[np.float64] = np.int64
    ) -> None:
        self._fields = fields
        shape = len(fields), steps
        least, greatest = (LEAST, GREATEST) if kind is np.int64 else (-np.inf, np.inf)
        self.count = np.zeros(shape, np.int64)
        self.sum = np.zeros(shape, np.float64)
        self.min = np.full(shape, greatest, kind)
        self.max = np.full(shape, least, kind)

    def add(self, field: str, steps: Array, values: Array) -> None:
        """Count samples, each with its step."""
        row = self._fields.index(field)
        np.add.at(self.count[row], steps, 1)
        np.add.at(self.sum[row], steps, values)
        np.minimum.at(self.min[row], steps, values)
        np.maximum.at(self.max[row], steps, values)

    def add_lines(self, field: str, steps: Array, values: Array, known: Array | None) -> None:
        """Count a table of samples: a step for each column (no step twice), the lines being samples of one step."""
        row = FIELDS.index(field)
        if known is None:
            self.count[row, steps] += len(values)
            self.sum[row, steps] += values.sum(axis=0, dtype=np.float64)
            least, most = values.min(axis=0), values.max(axis=0)
        else:
            self.count[row, steps] += known.sum(axis=0)
            self.sum[row, steps] += np.where(known, values, 0).sum(axis=0, dtype=np.float64)
            least = np.where(known, values, GREATEST).min(axis=0)
            most = np.where(known, values, LEAST).max(axis=0)
        self.min[row, steps] = np.minimum(self.min[row, steps], least)
        self.max[row, steps] = np.maximum(self.max[row, steps], most)

    def merge(self, steps: Array, finer: Aggregates) -> None:
        """Take in a finer aggregates, each of whose steps falls into the step given for it; -1 = into none."""
        inside = steps >= 0
        into = steps[inside]
        for row in range(len(FIELDS)):
            np.add.at(self.count[row], into, finer.count[row, inside])
            np.add.at(self.sum[row], into, finer.sum[row, inside])
            np.minimum.at(self.min[row], into, finer.min[row, inside])
            np.maximum.at(self.max[row], into, finer.max[row, inside])

    def add_up(self, steps: Array, other: Aggregates) -> None:
        """Take in another aggregates, each of whose steps falls into a step of its own."""
        self.count[:, steps] += other.count
        self.sum[:, steps] += other.sum
        self.min[:, steps] = np.minimum(self.min[:, steps], other.min)
        self.max[:, steps] = np.maximum(self.max[:, steps], other.max)

    def part(self, steps: slice) -> Aggregates:
        """Some of the steps, as aggregates of their own."""
        part = Aggregates(0)
        part.count, part.sum = self.count[:, steps], self.sum[:, steps]
        part.min, part.max = self.min[:, steps], self.max[:, steps]
        return part

    def steps_of(self, field: str) -> Steps:
        """Least, mean and greatest by step; None where there is no sample."""
        row = self._fields.index(field)
        counts = self.count[row].tolist()
        means = self.sum[row] / np.maximum(self.count[row], 1)
        least, mean, most = (
            tuple(value if count else None for value, count in zip(values.tolist(), counts, strict=True))
            for values in (self.min[row], means, self.max[row])
        )
        return Steps(min=least, mean=mean, max=most)

    def packed(self) -> bytes:
        """As bytes."""
        return zlib.compress(b"".join(getattr(self, name).astype(code).tobytes() for name, code in _PACKED.items()))

    @classmethod
    def joined(cls, parts: Sequence[Aggregates]) -> Aggregates:
        """Tallies one after the other."""
        joined = cls(0)
        for name in _PACKED:
            setattr(joined, name, np.concatenate([getattr(part, name) for part in parts], axis=1))
        return joined

    @classmethod
    def unpacked(cls, packed: bytes) -> Aggregates:
        """From bytes.

        Raises:
            ValueError: they are not what ``packed`` made.
        """
        try:
            plain = zlib.decompress(packed)
        except zlib.error as error:
            raise ValueError(f"damaged: {error}") from None
        steps = len(plain) // (len(FIELDS) * 28)
        aggregates, offset, size = cls(0), 0, len(FIELDS) * steps
        for name, code in _PACKED.items():
            array = np.frombuffer(plain, code, count=size, offset=offset).reshape(len(FIELDS), steps)
            setattr(aggregates, name, array.astype(np.int64) if name == "count" else array)
            offset += array.nbytes
        return aggregates
