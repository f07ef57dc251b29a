"""A schedule that is simply known, for tests and simulations."""

from __future__ import annotations

from energy_manager.application.ports.schedules.schedule_source import ScheduleReading
from energy_manager.application.tick_grid import TickGrid


class InMemorySchedule:
    """Says what it was last told to say."""

    def __init__(self, reading: ScheduleReading) -> None:
        self.reading = reading

    def open(self) -> None:
        """Nothing to look at."""

    def follow(self, grid: TickGrid) -> None:
        """Always at hand."""

    def read(self, *, wait_s: float) -> ScheduleReading:  # noqa: ARG002 - it never has to wait
        """What it was told."""
        return self.reading
