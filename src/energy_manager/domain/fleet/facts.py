"""What the centre hears about its orders."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

BEAT = timedelta(seconds=4)
"""A site tells how it stands at least this often."""

BEATS = 3
"""An accepted order must be seen within so many."""

GRACE = BEATS * BEAT


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """The order was written to the socket, together with ``batch`` others and itself."""

    order: str
    at: datetime
    batch: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreachable:
    """Nobody listens where the order went."""

    order: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The site's word on an order."""

    order: str
    site: str
    is_accepted: bool
    at: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a site's assets for the fleet deliver together, kW, positive = they deliver."""

    site: str
    deliver_kw: float
    at: datetime


Fact: TypeAlias = Written | Unreachable | Answered | Measured
