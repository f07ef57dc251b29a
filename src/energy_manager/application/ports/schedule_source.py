"""Where the tick learns what is scheduled now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from energy_manager.application.grid import Grid
from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleReading:
    """What is scheduled now, in schedule order, in whole power steps; ``targets`` is None when it is not known.

    ``fault`` says why it is not known. ``unreadable`` names assets whose scheduled value was no finite number: they
    stand in ``targets`` with 0.
    """

    targets: dict[AssetId, int] | None
    fault: str = ""
    unreadable: tuple[AssetId, ...] = ()


class ScheduleSource(Protocol):
    """Knows the schedule of this moment; reading it is the one thing in a tick that may wait, bounded."""

    def open(self) -> None:
        """Look at the schedule's own time for the first time; the grid of ticks is laid from here."""
        ...

    def follow(self, grid: Grid) -> None:
        """From now on have the schedule at hand whenever a tick of this grid comes."""
        ...

    def read(self, *, wait_s: float) -> ScheduleReading:
        """What is scheduled now; waits up to ``wait_s`` for an answer under way. Never raises."""
        ...
