"""Where the tick learns what is scheduled now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from energy_manager.application.tick_grid import TickGrid
from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleReading:
    """What is scheduled now, in schedule order, in whole power steps; ``targets`` is None when it is not known.

    ``fault`` says why it is not known; with targets, why they are only those of stored schedules. ``unreadable`` names
    assets whose scheduled value was no finite number: they stand in ``targets`` with 0. ``decided_by`` holds, by asset,
    the label of whose word its target is (``domain.schedule.Decider``), where that is known.
    """

    targets: dict[AssetId, int] | None
    fault: str = ""
    unreadable: tuple[AssetId, ...] = ()
    decided_by: Mapping[AssetId, str] = field(default_factory=dict)


class ScheduleSource(Protocol):
    """Knows the schedule of this moment; reading it is the one thing in a tick that may wait, bounded."""

    def open(self) -> None:
        """Look at the schedule's own time for the first time; the grid of ticks is laid from here."""
        ...

    def follow(self, grid: TickGrid) -> None:
        """From now on have the schedule at hand whenever a tick of this grid comes."""
        ...

    def read(self, *, wait_s: float) -> ScheduleReading:
        """What is scheduled now; waits up to ``wait_s`` for an answer under way. Never raises."""
        ...
