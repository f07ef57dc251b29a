"""Arrays of numbers as few bytes, exactly.

Most powers are the same from one tick to the next. So whole numbers are stored as differences down the first axis, in
the narrowest type that holds them; truth values as bits; everything together through zlib's fastest level. Differences
wrap around at 64 bits and so does their sum, so any 64-bit number comes back as it was.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]

_LENGTH = struct.Struct("<I")
_WIDTHS = (np.dtype("<i1"), np.dtype("<i2"), np.dtype("<i4"), np.dtype("<i8"))


def pack(arrays: Mapping[str, Array], labels: Sequence[str] = ()) -> bytes:
    """Arrays of int64, float64 or bool by name, and a list of texts."""
    header: list[list[Any]] = []
    bodies: list[bytes] = []
    for name, array in arrays.items():
        coding, body = _body(array)
        header.append([name, coding, array.shape, len(body)])
        bodies.append(body)
    head = json.dumps([header, list(labels)], separators=(",", ":")).encode()
    return zlib.compress(b"".join([_LENGTH.pack(len(head)), head, *bodies]), 1)


class Packed:
    """What ``pack`` made, unpacked array by array.

    Raises:
        ValueError: the bytes are not what ``pack`` made.
    """

    def __init__(self, packed: bytes) -> None:
        try:
            self._plain = zlib.decompress(packed)
            (length,) = _LENGTH.unpack_from(self._plain)
            header, self.labels = json.loads(self._plain[_LENGTH.size : _LENGTH.size + length])
        except (zlib.error, struct.error) as error:
            raise ValueError(f"damaged: {error}") from None
        self._places: dict[str, tuple[str, tuple[int, ...], int, int]] = {}
        offset = _LENGTH.size + length
        for name, coding, shape, size in header:
            self._places[name] = (coding, tuple(shape), offset, size)
            offset += size

    def __contains__(self, name: str) -> bool:
        return name in self._places

    def array(self, name: str, column: int | None = None) -> Array:
        """The array of that name, or one column of it."""
        coding, shape, offset, size = self._places[name]
        body = self._plain[offset : offset + size]
        if coding == "bits":
            bits = np.unpackbits(np.frombuffer(body, np.uint8), count=int(np.prod(shape))).reshape(shape)
            return (bits if column is None else bits[:, column]).astype(np.bool_)
        stored = np.frombuffer(body, np.dtype(coding)).reshape(shape)
        stored = stored if column is None else stored[:, column]
        if coding == "<f8":
            return stored
        return np.cumsum(stored, axis=0, dtype=np.int64)


def _body(array: Array) -> tuple[str, bytes]:
    if array.dtype == np.bool_:
        return "bits", np.packbits(array).tobytes()
    if array.dtype == np.float64:
        return "<f8", array.astype("<f8").tobytes()
    differences = np.diff(array, axis=0, prepend=np.zeros_like(array[:1]))
    least, most = (int(differences.min()), int(differences.max())) if differences.size else (0, 0)
    for width in _WIDTHS:
        if np.iinfo(width).min <= least and most <= np.iinfo(width).max:
            return width.str.replace("|", "<"), differences.astype(width).tobytes()
    raise AssertionError("64 bits hold every 64-bit number")
