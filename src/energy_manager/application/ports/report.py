"""What a report shows, finished, for whoever draws it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from energy_manager.application.ports.history import DeviceChangeRecord, LoopSeries, Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A stretch of time of one site: how the loop did, what assets were told and delivered, and what went wrong.

    ``changes`` are the newest device changes, in order of time; ``changes_left_out`` counts older ones.
    ``power_unit`` is ``kW`` or ``W``, or empty where older records do not tell it.
    """

    since: datetime
    until: datetime
    power_unit: str
    loop: LoopSeries
    assets: tuple[Series, ...]
    changes: tuple[DeviceChangeRecord, ...]
    changes_left_out: int
    troubles: int


class ReportWriter(Protocol):
    """Draws reports."""

    def write(self, report: Report) -> bytes:
        """The report as one document that needs nothing else."""
        ...
