"""The schedule of a file as a source of targets, read again when the file changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from loguru import logger

from energy_manager.adapters.schedules.file.reading import FileContent
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading
from energy_manager.application.tick_grid import TickGrid
from energy_manager.domain.errors import Refused

LOOK_S = 2.0
"""How often it is looked whether the file has changed."""


class FileSchedule:
    """The tick asks memory only; a file that is away or wrong leaves what was read last.

    Args:
        load: reads the file; may raise ``Refused``.
        version: what changes whenever the file does; may raise OSError.
        now: the time of day, UTC.
        start_watching: calls the given look every ``LOOK_S`` seconds, beside the loop.
    """

    def __init__(
        self,
        load: Callable[[], FileContent],
        *,
        version: Callable[[], object],
        now: Callable[[], datetime],
        start_watching: Callable[[Callable[[], None]], object],
    ) -> None:
        self._load = load
        self._version = version
        self._now = now
        self._start_watching = start_watching
        self._seen = version()
        self._content = load()
        self._trouble = ""

    def open(self) -> None:
        """Begin to look whether the file changes."""
        self._start_watching(self.look)

    def follow(self, grid: TickGrid) -> None:
        """Always at hand."""

    def look(self) -> None:
        """Read the file again if it changed; says once why that does not work."""
        try:
            version = self._version()
            if version == self._seen and not self._trouble:
                return
            self._content = self._load()
        except (OSError, Refused) as error:
            if str(error) != self._trouble:
                self._trouble = str(error)
                logger.warning("the schedule file cannot be used, what it said last holds: {}", error)
            return
        if self._trouble:
            logger.info("the schedule file is read again")
        self._seen, self._trouble = version, ""

    def read(self, *, wait_s: float) -> ScheduleReading:  # noqa: ARG002 - it never has to wait
        """What the file says for this moment."""
        return ScheduleReading(targets=dict(self._content.targets_at(self._now())))
