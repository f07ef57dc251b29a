"""Whether the centre hears its sites at all: where it hears nobody, silence says nothing about any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from energy_manager.domain.fleet import BEAT

DEAF_S = BEAT.total_seconds() + 1.0
"""Each site speaks once a beat: who hears none of them for longer is deaf."""


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

    @property
    def is_deaf(self) -> bool:
        """Whether nothing was heard of any site for too long."""
        return self.elapsed_s() - self._heard_at_s > DEAF_S

    def heard(self) -> None:
        """A site has told how it stands."""
        at_s = self.elapsed_s()
        if at_s - self._heard_at_s > DEAF_S:
            self._away_s = at_s - self._heard_at_s
        self._heard_at_s = at_s

    def was_deaf_for_s(self) -> float:
        """How long it was until sites were heard again; told once, 0: it was not."""
        away_s, self._away_s = self._away_s, 0.0
        return away_s
