"""Forecasts: what was expected of a quantity, and when; kept as issued, so that errors can be learnt from later."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from energy_manager.domain.errors import Fault, refuse
from energy_manager.domain.series import MOST_STEPS, time_of

LONGEST_NAME = 100
"""Characters."""


class Unit(StrEnum):
    """What the values of a forecast are measured in."""

    KW = "kW"
    EUR_PER_KWH = "EUR/kWh"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What planners expect of a forecast of a name that they use: its unit, and the least value it can have."""

    unit: Unit
    least: float | None = None


KNOWN: dict[str, Expectation] = {
    "load": Expectation(unit=Unit.KW, least=0.0),
    "production": Expectation(unit=Unit.KW, least=0.0),
    # Of the storage; positive = charging.
    "schedule": Expectation(unit=Unit.KW),
    # What a kWh costs with all taxes, and what one that is fed in brings.
    "price": Expectation(unit=Unit.EUR_PER_KWH),
    "feed_in_price": Expectation(unit=Unit.EUR_PER_KWH),
}
"""Other names are welcome, and say their unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastHead:
    """A forecast without its values; ``version`` grows with each one that is put under the name, from 1 on."""

    name: str
    unit: Unit
    issued_at: datetime
    version: int
    count: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedForecast:
    """Values of one unit over time, as they were expected at ``issued_at``.

    Each value holds from its instant until the next; the last for the usual spacing. ``instants_us`` are microseconds
    since 1970, UTC, and rise strictly.

    Raises:
        Refused: the name is not 1 to 100 printable characters, there are no values or too many, they are not in order
            of time, or one is no finite number.
    """

    name: str
    unit: Unit
    issued_at: datetime
    instants_us: array[int]
    values: array[float]

    def __post_init__(self) -> None:
        refuse(self._faults())
        object.__setattr__(self, "issued_at", self.issued_at.astimezone(UTC))

    def _faults(self) -> Iterator[Fault]:
        if not self.name or len(self.name) > LONGEST_NAME or not self.name.isprintable():
            message = f"{self.name[:LONGEST_NAME]!r} is not 1 to {LONGEST_NAME} printable characters"
            yield Fault(field="name", message=message)
        if self.issued_at.utcoffset() is None:
            yield Fault(field="issued_at", message=f"{self.issued_at.isoformat()} has no time zone")
        if not 1 <= len(self.values) <= MOST_STEPS or len(self.values) != len(self.instants_us):
            yield Fault(field="readings", message=f"must be 1 to {MOST_STEPS} values with a time each")
        if any(later <= earlier for earlier, later in zip(self.instants_us, self.instants_us[1:], strict=False)):
            yield Fault(field="readings", message="are not in order of time")
        if not all(map(math.isfinite, self.values)):
            yield Fault(field="readings", message="have a value that is no finite number")

    @property
    def start(self) -> datetime:
        """The first instant."""
        return time_of(self.instants_us[0])

    @property
    def end(self) -> datetime:
        """The last instant."""
        return time_of(self.instants_us[-1])

    def readings(self) -> Iterator[tuple[datetime, float]]:
        """The values with their instants, UTC."""
        for instant_us, value in zip(self.instants_us, self.values, strict=True):
            yield time_of(instant_us), value

    def head(self, version: int) -> ForecastHead:
        """What is told of it without its values."""
        return ForecastHead(
            name=self.name,
            unit=self.unit,
            issued_at=self.issued_at,
            version=version,
            count=len(self.values),
            start=self.start,
            end=self.end,
        )
