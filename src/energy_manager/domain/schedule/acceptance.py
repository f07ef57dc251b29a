"""What a schedule weighs once it was accepted, and who decided a target."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.schedule.blocks import Schedule
from energy_manager.domain.schedule.sources import Authority, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Decider:
    """The schedule that decided a target: its source and its id (empty for the base schedule)."""

    source: Source
    schedule_id: str = ""

    @property
    def label(self) -> str:
        """One word for records: ``production:plan-7``, or ``shared``."""
        return f"{self.source}:{self.schedule_id}" if self.schedule_id else str(self.source)

    @classmethod
    def from_label(cls, label: str) -> Decider:
        """Read ``label`` back.

        Raises:
            Refused: it names no source.
        """
        source, _, schedule_id = label.partition(":")
        if source not in set(Source):
            raise Refused([Fault(field="decided_by", message=f"{source!r} is none of {', '.join(Source)}")])
        return cls(source=Source(source), schedule_id=schedule_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedSchedule:
    """A schedule that counts from now on.

    ``number`` grows with each acceptance, so it says which of two schedules is newer, whatever happens to the clock;
    a schedule that replaces one of the same id gets a new number. ``accepted_at`` is for people.
    """

    schedule: Schedule
    number: int
    accepted_at: datetime

    @property
    def precedence(self) -> tuple[Authority, int, str]:
        """Among accepted schedules the greatest wins: highest authority, then newest."""
        return self.schedule.source.authority, self.number, self.schedule.id

    @property
    def decider(self) -> Decider:
        """How a record names it."""
        return Decider(source=self.schedule.source, schedule_id=self.schedule.id)
