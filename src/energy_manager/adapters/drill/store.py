"""A store in memory that can be made to fail, and a wall clock that can be made to lie."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from energy_manager.adapters.storage.in_memory import InMemoryStateRepository, InMemoryStore
from energy_manager.application.ports.schedules.durability import (
    PATIENCE_S,
    Change,
    Document,
    Done,
    StoreState,
    StoreUnavailable,
)
from energy_manager.application.ports.schedules.schedule_repository import NONE_KNOWN
from energy_manager.domain.clock_trust import ClockMark
from energy_manager.domain.schedule import AcceptedSchedule

ANSWERS_WITHIN_S = 3.0
"""The product waits this long for a store, whatever it asks."""

Block = Callable[[float], None]


class FaultyRepository(InMemoryStateRepository):
    """The repositories; while ``fault`` names a kind of fault, that is what a call meets."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self._block = block
        self.fault = ""

    def _meet(self, *, is_write: bool) -> None:
        if self.fault == "hangs":
            self._block(ANSWERS_WITHIN_S)
            raise StoreUnavailable(f"no answer within {ANSWERS_WITHIN_S:g} s")
        if self.fault == "away" or (self.fault == "full" and is_write):
            raise StoreUnavailable("no space is left" if self.fault == "full" else "it cannot be reached")

    def commit(self, changes: Sequence[Change], *, timeout_s: float = PATIENCE_S) -> tuple[Done, ...]:
        self._meet(is_write=True)
        return super().commit(changes, timeout_s=timeout_s)

    def revision(self) -> int:
        self._meet(is_write=False)
        return super().revision()

    def all(self) -> tuple[AcceptedSchedule, ...]:
        self._meet(is_write=False)
        return super().all()

    def unfinished_at(
        self, instant: datetime, *, known: Mapping[int, AcceptedSchedule] = NONE_KNOWN
    ) -> tuple[AcceptedSchedule, ...]:
        self._meet(is_write=False)
        return super().unfinished_at(instant, known=known)

    def document(self, kind: str, document_id: str) -> Document | None:
        self._meet(is_write=False)
        return super().document(kind, document_id)

    def documents(self, kind: str) -> tuple[Document, ...]:
        self._meet(is_write=False)
        return super().documents(kind)


class FaultyStore(InMemoryStore):
    """State that can be out of reach, and history in memory."""

    repository: FaultyRepository

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.repository = FaultyRepository(block)

    def state(self) -> StoreState:
        """Whether it can be reached."""
        return StoreState(is_reachable=self.repository.fault not in {"away", "hangs"}, stored=0, dropped=0)


BEGAN = datetime(2026, 3, 2, tzinfo=UTC)
"""The first of the simulated days, a Monday."""


@dataclass(slots=True, kw_only=True)
class WallClock:
    """The wall clock of the simulated machine: virtual time, and as much as it lies by."""

    now_s: Callable[[], float]
    at_start: datetime
    off: timedelta = field(default=timedelta(0))
    machine: str = "drill"

    def __call__(self) -> ClockMark:
        """What it shows, and the time since the machine was started."""
        now_s = self.now_s()
        return ClockMark(at=self.at_start + timedelta(seconds=now_s) + self.off, machine=self.machine, uptime_s=now_s)


OFF_BY: Mapping[str, timedelta] = {
    "years ahead": timedelta(days=3 * 365),
    "hour ahead": timedelta(hours=1),
    "hour behind": timedelta(hours=-1),
}
"""By how much the wall clock lies under each kind."""
