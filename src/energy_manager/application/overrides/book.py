"""The overrides of this process: what the tick takes, what the store keeps, and what still has to be kept.

An override counts once it is durable. A hold, and giving anything back, counts at once and is made durable when that
can be: who stops an asset in an emergency must not wait for a disk. After a start they come back from the store.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from energy_manager.application.overrides.kept import KIND, MOST_IN_FORCE, KeptOverride
from energy_manager.application.ports.records.logbook import THE_PRODUCT, LogEntry, LogKind
from energy_manager.application.ports.schedules.document_bodies import of_body
from energy_manager.application.ports.schedules.durability import AppendLog, StoreUnavailable
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Override, OverrideIndex

PATIENCE_S = 0.5
"""A hold waits this long for the store."""

REMEMBERED = timedelta(days=7)
"""An override that is over is kept this long, so that a late repetition of its request makes no new one."""


@dataclass(slots=True, kw_only=True)
class OverrideBook:
    """``in_force`` for the tick; everything else from other threads, one at a time.

    Args:
        store: where they are kept.
        now: the time of day, UTC.
        elapsed_s: monotonic seconds: an override ends when its time has passed, whatever becomes of the clock.
        memory: a lock, held for microseconds.
        one_at_a_time: a lock, held while the store is asked.
    """

    store: DocumentRepository
    now: Callable[[], datetime]
    elapsed_s: Callable[[], float]
    memory: AbstractContextManager[object]
    one_at_a_time: AbstractContextManager[object]
    _index: OverrideIndex = field(default_factory=OverrideIndex, init=False)
    _kept: dict[str, KeptOverride] = field(default_factory=dict, init=False)
    _ends_s: dict[str, float] = field(default_factory=dict, init=False)
    _unsaved: dict[str, tuple[LogEntry, ...]] = field(default_factory=dict, init=False)
    _is_loaded: bool = field(default=False, init=False)

    def in_force(self, now: datetime) -> Mapping[AssetId, Override]:
        """By asset, the one that counts at this time of day; for the ticker's thread too: never waits, never raises."""
        return self._index.at(now)

    @property
    def going_on(self) -> tuple[Override, ...]:
        """Those in force, oldest first."""
        return self._index.overrides

    def known(self, override_id: str) -> KeptOverride | None:
        """The override of that id, also one that is over; None: there is none that is remembered."""
        found = self._kept.get(override_id)
        if found is None and not self._is_loaded:
            document = self.store.document(KIND, override_id)
            found = None if document is None else of_body(KeptOverride, document.body)
        return found

    def add(self, override: Override, line: LogEntry) -> KeptOverride:
        """Put it in force; a second time it is the one that is there, or was.

        Raises:
            Refused: as many are in force as may be.
            StoreUnavailable: an override could not be made durable; a hold counts nevertheless.
        """
        kept = KeptOverride(override=override)
        if override.is_hold:
            with self.memory:
                if override.id in self._kept:
                    return self._kept[override.id]
                self._refuse_one_more()
                self._adopt(kept)
            with self.one_at_a_time:
                self._save(override.id, line)
            return kept
        with self.one_at_a_time:
            there = self.known(override.id)
            if there is not None:
                return there
            self._refuse_one_more()
            try:
                self.store.commit([kept.change, AppendLog(entry=line)])
            except StoreUnavailable as error:
                self._is_loaded = error.is_undone and self._is_loaded  # else it may be there after all
                raise
            with self.memory:
                self._adopt(kept)
            return kept

    def _refuse_one_more(self) -> None:
        if len(self.going_on) >= MOST_IN_FORCE:
            message = f"{MOST_IN_FORCE} overrides are in force already: give some back first"
            raise Refused([Fault(field="overrides", message=message)])

    def end(self, override_id: str, line: LogEntry) -> KeptOverride | None:
        """Give it back, at once, whatever the store does; None: there is none in force."""
        with self.memory:
            kept = self._kept.get(override_id)
            if kept is None or kept.ended_at is not None:
                return None
            over = self._end(kept, line)
        with self.one_at_a_time:
            self._save(override_id, line)
        return over

    def look(self) -> None:
        """End what has had its time, read what the store has after a start, and keep what it could not take before."""
        with self.one_at_a_time:
            self._load()
            now, elapsed_s = self.now(), self.elapsed_s()
            for kept in list(self._kept.values()):
                override = kept.override
                if kept.ended_at is None and (override.until <= now or self._ends_s[override.id] <= elapsed_s):
                    line = _line_of_end(override, at=now)
                    with self.memory:
                        self._end(kept, line)
                    self._save(override.id, line)
            self._notice_a_new_store()
            for override_id in list(self._unsaved):
                self._save(override_id)
            self._forget(now)

    def save_again(self) -> None:
        """The store knows nothing any more: what is in force is kept anew at the next look."""
        with self.one_at_a_time:
            self._save_all_again()

    def _save_all_again(self) -> None:
        for override in self.going_on:
            self._unsaved.setdefault(override.id, ())

    def _notice_a_new_store(self) -> None:
        """Nobody deletes an override from a store: one that has not the newest of those in force was begun anew."""
        newest = next((one for one in reversed(self.going_on) if one.id not in self._unsaved), None)
        if newest is None:
            return
        with suppress(StoreUnavailable):
            if self.store.document(KIND, newest.id) is None:
                self._save_all_again()

    def _end(self, kept: KeptOverride, line: LogEntry) -> KeptOverride:
        over = kept.ended(at=line.at, by=line.actor.who)
        self._kept[kept.override.id] = over
        self._lay_out()
        return over

    def _adopt(self, kept: KeptOverride) -> None:
        """By a clock that was ahead when it was made it would last longer than it was meant to."""
        override, now = kept.override, self.now()
        self._kept[override.id] = kept
        remaining = min(override.until - now, override.until - override.made_at)
        self._ends_s.setdefault(override.id, self.elapsed_s() + remaining.total_seconds())
        self._lay_out()

    def _lay_out(self) -> None:
        """A new index in place of the old one: the tick takes it whole."""
        overrides = [kept.override for kept in self._kept.values() if kept.ended_at is None]
        self._index = OverrideIndex(tuple(sorted(overrides, key=lambda override: (override.made_at, override.id))))

    def _save(self, override_id: str, *lines: LogEntry) -> None:
        """Keep it as it is now, with the lines that tell of it."""
        lines = (*self._unsaved.pop(override_id, ()), *lines)
        change = self._kept[override_id].change
        try:
            self.store.commit([change, *(AppendLog(entry=line) for line in lines)], timeout_s=PATIENCE_S)
        except StoreUnavailable:
            self._unsaved[override_id] = lines

    def _load(self) -> None:
        if self._is_loaded:
            return
        try:
            documents = self.store.documents(KIND)
        except StoreUnavailable:
            return
        now = self.now()
        for document in documents:
            kept = of_body(KeptOverride, document.body)
            if now - kept.override.until < REMEMBERED:
                with self.memory:
                    if kept.override.id not in self._kept:
                        self._adopt(kept)
        self._is_loaded = True

    def _forget(self, now: datetime) -> None:
        """What has been over for long need not be at hand; the store goes on to know it."""
        over = [
            override_id
            for override_id, kept in self._kept.items()
            if kept.ended_at is not None and now - kept.ended_at > REMEMBERED and override_id not in self._unsaved
        ]
        with self.memory:
            for override_id in over:
                del self._kept[override_id], self._ends_s[override_id]


def _line_of_end(override: Override, *, at: datetime) -> LogEntry:
    return LogEntry(
        at=at,
        kind=LogKind.COMMAND,
        actor=THE_PRODUCT,
        action="hold over" if override.is_hold else "override over",
        subject=", ".join(override.assets)[:200],
        before={"id": override.id, "target": override.target},
        reason="its time has passed",
    )
