"""Numbers and texts as registers, and back: ``register = value / scale``, both ways from one description."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from energy_manager.domain.errors import Fault, Refused

NumberType = Literal["int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]
ValueType = Literal["int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", "string", "bool"]
WordOrder = Literal["big", "little"]

NUMBER_TYPES: tuple[NumberType, ...] = get_args(NumberType)
_FORMATS = {
    "int16": ">h", "uint16": ">H", "int32": ">i", "uint32": ">I", "int64": ">q", "uint64": ">Q",
    "float32": ">f", "float64": ">d",
}  # fmt: skip
_REGISTERS = {kind: struct.calcsize(layout) // 2 for kind, layout in _FORMATS.items()}
_NO_VALUES = {
    kind: (-(1 << 16 * count - 1),) if kind.startswith("int") else ((1 << 16 * count) - 1,)
    for kind, count in _REGISTERS.items()
    if not kind.startswith("float")
}
"""What the integers have for: there is no value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoding:
    """How a value stands in registers (or in one bit).

    ``word_order`` little: the low word first. ``missing``: what stands there while there is no value; None = what the
    type has for it (0x8000, 0xFFFF and their longer forms), NaN always. ``length``: registers of a text.
    """

    type: ValueType = "uint16"
    word_order: WordOrder = "big"
    scale: float = 1.0
    missing: tuple[int, ...] | None = None
    length: int = 1

    @property
    def count(self) -> int:
        """How many registers or bits it takes."""
        return self.length if self.type == "string" else _REGISTERS.get(self.type, 1)

    def raw(self, cells: Sequence[int]) -> int | float | str | None:
        """What stands in the registers, before its scale; None = nothing."""
        if self.type == "bool":
            return cells[0]
        ordered = cells if self.word_order == "big" else cells[::-1]
        data = struct.pack(f">{len(ordered)}H", *ordered)
        if self.type == "string":
            text = struct.pack(f">{len(cells)}H", *cells).split(b"\0", 1)[0]
            return text.decode("utf-8", errors="replace").strip() or None
        number: int | float = struct.unpack(_FORMATS[self.type], data)[0]
        if isinstance(number, float):
            return number if math.isfinite(number) else None
        return None if number in self._no_values else number

    def value(self, cells: Sequence[int]) -> float | None:
        """The number in the registers; None = there is none.

        Raises:
            TypeError: it is a text.
        """
        raw = self.raw(cells)
        if isinstance(raw, str):
            raise TypeError("a text is no number")
        return None if raw is None else times_scale(raw, self.scale)

    def cells(self, value: float | str) -> tuple[int, ...]:
        """The registers that say the value; integers are rounded to the nearest step of the scale.

        Raises:
            Refused: it does not fit, or would say that there is no value.
        """
        if self.type == "string":
            return self._text_cells(str(value))
        if isinstance(value, str):
            raise Refused([Fault(field="value", message=f"{value!r} is no number")])
        if self.type == "bool":
            return (int(bool(value)),)
        raw = value if self.scale == 1 else value / self.scale
        number: float | int = raw if self.type.startswith("float") else round(raw)
        try:
            data = struct.pack(_FORMATS[self.type], number)
        except (struct.error, OverflowError):
            raise Refused([Fault(field="value", message=f"{value:g} does not fit into {self.type}")]) from None
        if number in self._no_values or not math.isfinite(number):
            raise Refused([Fault(field="value", message=f"{value:g} would mean that there is no value")])
        words: tuple[int, ...] = struct.unpack(f">{len(data) // 2}H", data)
        return words if self.word_order == "big" else words[::-1]

    def missing_cells(self) -> tuple[int, ...]:
        """The registers that say that there is no value; those of 0 where nothing does."""
        if self.type.startswith("float"):
            data = struct.pack(_FORMATS[self.type], math.nan)
        else:
            data = struct.pack(_FORMATS.get(self.type, ">H"), next(iter(self._no_values), 0))
        words: tuple[int, ...] = struct.unpack(f">{len(data) // 2}H", data)
        return words if self.word_order == "big" else words[::-1]

    def _text_cells(self, text: str) -> tuple[int, ...]:
        data = text.encode()
        if len(data) > 2 * self.length:
            raise Refused([Fault(field="value", message=f"{text!r} is longer than {2 * self.length} bytes")])
        return struct.unpack(f">{self.length}H", data.ljust(2 * self.length, b"\0"))

    @property
    def _no_values(self) -> tuple[int, ...]:
        return _NO_VALUES.get(self.type, ()) if self.missing is None else self.missing


def times_scale(raw: float, scale: float) -> float:
    """Times the scale; divided where its inverse is whole, since 0.1 is no number of a computer's."""
    if scale == 1:
        return raw
    inverse = 1 / scale
    return raw / round(inverse) if abs(scale) < 1 and math.isclose(inverse, round(inverse)) else raw * scale
