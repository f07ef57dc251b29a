"""The board of alarms: raised when a trouble has lasted, over when it has been gone for a while.

The delays keep a device that flaps from filling the book (ISA-18.2 calls them on- and off-delay). What is on the board
survives a start, and so does who acknowledged it; acknowledging and shelving never take an active alarm off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from energy_manager.application.alarms.alarm import ActiveAlarm, Trouble
from energy_manager.application.ports.records.logbook import THE_PRODUCT, LogEntry, LogKind
from energy_manager.application.ports.schedules.document_bodies import of_body
from energy_manager.application.ports.schedules.durability import (
    AppendLog,
    Change,
    PutDocument,
    StoreUnavailable,
)
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.errors import Fault, Refused

KIND = "alarm_board"
_ID = "board"

ON_DELAY_S = 3.0
OFF_DELAY_S = 5.0

MOST_ALARMS = 1_000
LONGEST_SHELF = timedelta(hours=24)

PATIENCE_S = 0.5


@dataclass(slots=True, kw_only=True)
class AlarmBoard:
    """``look`` every half second; the questions from any thread but the ticker's.

    Args:
        troubles: what is wrong at this moment.
        store: where the board is kept.
        now: the time of day, UTC.
        elapsed_s: monotonic seconds; delays count in these.
        one_at_a_time: a lock.
    """

    troubles: Callable[[], Iterable[Trouble]]
    store: DocumentRepository
    now: Callable[[], datetime]
    elapsed_s: Callable[[], float]
    one_at_a_time: AbstractContextManager[object]
    _alarms: dict[str, ActiveAlarm] = field(default_factory=dict, init=False)
    _began: dict[str, tuple[float, datetime]] = field(default_factory=dict, init=False)
    _last_seen_s: dict[str, float] = field(default_factory=dict, init=False)
    _unsaved: list[LogEntry] = field(default_factory=list, init=False)
    _is_saved: bool = field(default=True, init=False)
    _is_loaded: bool = field(default=False, init=False)

    @property
    def active(self) -> tuple[ActiveAlarm, ...]:
        """Those on the board: the most urgent first, then the newest."""
        alarms = tuple(self._alarms.values())
        return tuple(sorted(alarms, key=lambda alarm: (alarm.trouble.priority, -alarm.since.timestamp())))

    def look(self) -> None:
        """Raise what has lasted, take off what has been gone for a while, and keep the board."""
        found = {trouble.id: trouble for trouble in self.troubles()}
        with self.one_at_a_time:
            self._load()
            now, elapsed_s = self.now(), self.elapsed_s()
            self._raise(found, now, elapsed_s)
            self._take_off(found, now, elapsed_s)
            self._save()

    def save_again(self) -> None:
        """The store knows nothing any more: the board is kept anew at the next look."""
        with self.one_at_a_time:
            self._is_saved = False

    def acknowledge(self, alarm_id: str, line: LogEntry) -> ActiveAlarm | None:
        """Somebody has seen it; it stays on the board. None: it is not on it."""
        return self._change(
            alarm_id,
            lambda alarm: (
                alarm
                if alarm.acknowledged_at is not None
                else replace(alarm, acknowledged_at=line.at, acknowledged_by=line.actor.who)
            ),
            line,
        )

    def shelve(self, alarm_id: str, until: datetime, line: LogEntry) -> ActiveAlarm | None:
        """Put it aside until a time; it stays on the board. None: it is not on it.

        Raises:
            Refused: the time has passed, or is more than a day away.
        """
        if not self.now() < until <= self.now() + LONGEST_SHELF:
            hours = LONGEST_SHELF.total_seconds() / 3600
            raise Refused([Fault(field="until", message=f"{until.isoformat()} is not within the next {hours:g} h")])
        return self._change(
            alarm_id, lambda alarm: replace(alarm, shelved_until=until, shelved_by=line.actor.who), line
        )

    def _change(
        self, alarm_id: str, change: Callable[[ActiveAlarm], ActiveAlarm], line: LogEntry
    ) -> ActiveAlarm | None:
        with self.one_at_a_time:
            alarm = self._alarms.get(alarm_id)
            if alarm is None:
                return None
            changed = change(alarm)
            if changed != alarm:
                self._put(changed, line)
                self._save()
            return changed

    def _raise(self, found: Mapping[str, Trouble], now: datetime, elapsed_s: float) -> None:
        for gone in self._began.keys() - found.keys():
            del self._began[gone]
        for trouble in found.values():
            self._last_seen_s[trouble.id] = elapsed_s
            there = self._alarms.get(trouble.id)
            if there is not None:
                if there.trouble != trouble:
                    self._alarms[trouble.id] = replace(there, trouble=trouble)
                continue
            began_s, since = self._began.setdefault(trouble.id, (elapsed_s, now))
            has_lasted = trouble.has_lasted or elapsed_s - began_s >= ON_DELAY_S
            if has_lasted and len(self._alarms) < MOST_ALARMS:
                alarm = ActiveAlarm(trouble=trouble, since=since)
                self._put(alarm, _line(alarm, "alarm", at=now))

    def _take_off(self, found: Mapping[str, Trouble], now: datetime, elapsed_s: float) -> None:
        for alarm_id in self._alarms.keys() - found.keys():
            if elapsed_s - self._last_seen_s.setdefault(alarm_id, elapsed_s) >= OFF_DELAY_S:
                alarm = self._alarms.pop(alarm_id)
                self._last_seen_s.pop(alarm_id)
                self._unsaved.append(_line(alarm, "alarm over", at=now))
                self._is_saved = False

    def _put(self, alarm: ActiveAlarm, line: LogEntry) -> None:
        self._alarms[alarm.trouble.id] = alarm
        self._unsaved.append(line)
        self._is_saved = False

    def _load(self) -> None:
        if self._is_loaded:
            return
        with suppress(StoreUnavailable):
            kept = self.store.document(KIND, _ID)
            for body in () if kept is None else kept.body["alarms"]:
                alarm = of_body(ActiveAlarm, body)
                self._alarms.setdefault(alarm.trouble.id, alarm)
            self._is_loaded = True

    def _save(self) -> None:
        if self._is_saved:
            return
        del self._unsaved[:-MOST_ALARMS]
        board = PutDocument(kind=KIND, id=_ID, body={"alarms": [alarm.body for alarm in self._alarms.values()]})
        changes: list[Change] = [board, *(AppendLog(entry=line) for line in self._unsaved)]
        with suppress(StoreUnavailable):
            self.store.commit(changes, timeout_s=PATIENCE_S)
            self._unsaved.clear()
            self._is_saved = True


def _line(alarm: ActiveAlarm, action: str, *, at: datetime) -> LogEntry:
    trouble = alarm.trouble
    after = {"id": trouble.id, "priority": trouble.priority.word, "since": alarm.since.isoformat()}
    return LogEntry(
        at=at,
        kind=LogKind.ALARM,
        actor=THE_PRODUCT,
        action=action,
        subject=trouble.subject[:200],
        after=after,
        reason=f"{trouble.what} {trouble.consequence}"[:1000],
    )
