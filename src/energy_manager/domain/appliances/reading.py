"""Reading an already parsed JSON document field by field, noting every fault instead of stopping at the first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from energy_manager.domain.appliances.units import Watts, exact_number, us_of_minutes
from energy_manager.domain.errors import Fault, shown

# Nobody plans a home further than a year ahead, nor one as large as a power station.
MOST_MINUTES = 366 * 1440
MOST_WATTS = 10**9

LONGEST_NAME = 80
"""Characters in the name of a household or an appliance that is registered."""

# Exact arithmetic with more would only eat memory.
_MOST_DECIMALS = 40


@dataclass(slots=True)
class Reader:
    """Takes values out of a document; what is wrong is noted in ``faults`` and read as a harmless value."""

    faults: list[Fault] = field(default_factory=list)

    def fault(self, path: str, message: str) -> None:
        """Note one thing that is wrong."""
        self.faults.append(Fault(field=path, message=message))

    def mapping(self, value: object, path: str) -> dict[str, object] | None:
        """A JSON object, or None and a fault."""
        if isinstance(value, dict):
            return value
        self.fault(path, f"{shown(value)} is not an object")
        return None

    def sequence(self, value: object, path: str) -> Sequence[object]:
        """A JSON array; empty with a fault."""
        if isinstance(value, list | tuple):
            return value
        self.fault(path, f"{shown(value)} is not a list")
        return ()

    def text(self, value: object, path: str) -> str:
        """A text that is not empty."""
        if isinstance(value, str) and value:
            return value
        self.fault(path, "is missing" if value is None else f"{shown(value)} is not a text with at least one letter")
        return ""

    def name(self, value: str, path: str) -> None:
        """A name that is short and can be printed."""
        if not 1 <= len(value) <= LONGEST_NAME or not value.isprintable():
            self.fault(path, f"{value[:LONGEST_NAME]!r} is not 1 to {LONGEST_NAME} printable characters")

    def truth(self, value: object, path: str) -> bool:
        """True or false."""
        if isinstance(value, bool):
            return value
        self.fault(path, f"{shown(value)} is not true or false")
        return False

    def one_of(self, value: object, path: str, choices: Sequence[str]) -> str:
        """One of some words; the first with a fault."""
        if isinstance(value, str) and value in choices:
            return value
        self.fault(path, f"{shown(value)} is not one of {', '.join(choices)}")
        return choices[0]

    def number(
        self,
        value: object,
        path: str,
        *,
        above: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        unit: str = "",
    ) -> Watts | None:
        """A finite number within its limits, exactly as written; None with a fault."""
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction):
            self.fault(path, "is missing" if value is None else f"{shown(value)} is not a number")
            return None
        if isinstance(value, float | Decimal) and not math.isfinite(value):
            self.fault(path, f"{value} is not a finite number")
            return None
        if isinstance(value, Decimal) and Decimal(value).adjusted() < -_MOST_DECIMALS and value != 0:
            self.fault(path, f"has more than {_MOST_DECIMALS} decimals")
            return None
        suffix = f" {unit}" if unit else ""
        if above is not None and not value > above:
            self.fault(path, f"{shown(value)}{suffix} is not above {above}{suffix}")
        elif at_least is not None and value < at_least:
            self.fault(path, f"{shown(value)}{suffix} is below {at_least}{suffix}")
        elif at_most is not None and value > at_most:
            self.fault(path, f"{shown(value)}{suffix} is above {at_most}{suffix}")
        else:
            return exact_number(value)
        return None

    def power_w(self, value: object, path: str, *, above: int | None = 0, at_least: int | None = None) -> Watts | None:
        """A power in W."""
        return self.number(value, path, above=above, at_least=at_least, at_most=MOST_WATTS, unit="W")

    def minutes(self, value: object, path: str, *, above: int | None = None) -> int | None:
        """Minutes, at least 0, in microseconds; None with a fault."""
        at_least = 0 if above is None else None
        minutes = self.number(value, path, above=above, at_least=at_least, at_most=MOST_MINUTES, unit="min")
        return None if minutes is None else us_of_minutes(minutes)
