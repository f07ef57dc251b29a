"""How the fleet fared: a sample every few seconds, for as long as a screen is wide; the book has what is paid by."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from energy_manager.application.fleet.views.fleet_view import FleetView
from energy_manager.application.ports.schedules.durability import StoreUnavailable

EVERY_S = 4.0
MOST_SAMPLES = 900
"""An hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """The fleet at an instant, kW; ordered and delivered are positive where sites deliver, of all activations."""

    at: datetime
    import_kw: float
    ordered_kw: float
    delivered_kw: float
    up_kw: int
    down_kw: int


@dataclass(slots=True, kw_only=True)
class FleetCourse:
    """``look`` every ``EVERY_S`` in one thread, ``samples`` from any."""

    view: FleetView
    now: Callable[[], datetime]
    _samples: deque[Sample] = field(default_factory=lambda: deque(maxlen=MOST_SAMPLES), init=False)

    @property
    def samples(self) -> tuple[Sample, ...]:
        """The newest hour, oldest first."""
        return tuple(self._samples)

    def look(self) -> None:
        """Take a sample, unless the book is away."""
        try:
            totals = self.view.totals()
        except StoreUnavailable:
            return
        now = self.now()
        running = [found for found in self.view.centre.portfolios.values() if found.activation.start <= now]
        self._samples.append(
            Sample(
                at=now,
                import_kw=totals.import_kw,
                ordered_kw=sum(found.activation.direction.sign * found.activation.volume_kw for found in running),
                delivered_kw=sum(found.activation.direction.sign * found.seen_kw(now) for found in running),
                up_kw=totals.up_kw,
                down_kw=totals.down_kw,
            )
        )
