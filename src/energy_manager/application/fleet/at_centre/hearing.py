"""Whether the centre hears its sites at all: where it hears nobody, silence says nothing about any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from energy_manager.domain.fleet import BEAT

DEAF_S = BEAT.total_seconds() + 1.0
"""Each site speaks once a beat: who hears none of them for longer is deaf."""


class Look(NamedTuple):
    """Whether sites are heard, and for how long none was until then; no time: some were all along."""

    hears: bool
    away: timedelta


@dataclass(slots=True, kw_only=True)
class Hearing:
    """``heard`` from the bus's thread, the rest from the centre's.

    Args:
        elapsed_s: monotonic seconds.
    """

    elapsed_s: Callable[[], float]
    _heard_at_s: float = field(init=False)
    _away_s: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._heard_at_s = self.elapsed_s()

    def heard(self) -> None:
        """A site has told how it stands."""
        at_s = self.elapsed_s()
        if at_s - self._heard_at_s > DEAF_S:
            self._away_s = at_s - self._heard_at_s
        self._heard_at_s = at_s

    def look(self) -> Look:
        """How it stands; that sites are heard again is told once.

        In this order: a site may be heard between the two, and who hears again must know how long it did not.
        """
        hears = self.elapsed_s() - self._heard_at_s <= DEAF_S
        away_s, self._away_s = self._away_s, 0.0
        return Look(hears=hears, away=timedelta(seconds=away_s))
