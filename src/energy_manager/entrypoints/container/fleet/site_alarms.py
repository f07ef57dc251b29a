"""A site's alarms as its centre sees them, and acknowledges them: they live at the site, once for everybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from energy_manager.application.alarms import ActiveAlarm, AlarmBoard
from energy_manager.application.ports.fleet.fleet_bus import Question
from energy_manager.application.ports.records.logbook import Actor, LogEntry, LogKind
from energy_manager.application.ports.schedules.durability import JsonObject
from energy_manager.domain.errors import Refused, shown
from energy_manager.entrypoints.documents.alarms import alarm_document

ORIGIN = "fleet link"

LONGEST_WHO = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmsInShort:
    """What the centre is told every few seconds: how many, and the most important one."""

    new: int
    acknowledged: int
    words: str


def in_short(alarms: Iterable[ActiveAlarm], now: datetime) -> AlarmsInShort:
    """Those that nobody has acknowledged or shelved go first."""
    listed = tuple(alarms)
    new = [alarm for alarm in listed if alarm.acknowledged_at is None and not alarm.is_shelved(now)]
    first = next(iter(new or listed), None)
    words = "" if first is None else f"{first.trouble.subject}: {first.trouble.what}"
    return AlarmsInShort(new=len(new), acknowledged=len(listed) - len(new), words=words)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAboutAlarms:
    """The centre's questions ``alarms`` and ``acknowledge``."""

    board: AlarmBoard
    now: Callable[[], datetime]

    def listed(self) -> JsonObject:
        """All that are active, the most urgent first."""
        now = self.now()
        return {"alarms": [alarm_document(alarm, now) for alarm in self.board.active]}

    def acknowledge(self, question: Question) -> JsonObject:
        """Somebody at the centre has seen the alarm; it stays on the board, and the site's logbook says who it was.

        Raises:
            Refused: it is not active, or the question does not say who asks.
        """
        alarm_id, who, role = (text_of(question, name) for name in ("alarm", "who", "role"))
        actor = Actor(who=who[:LONGEST_WHO], role=role[:LONGEST_WHO], origin=ORIGIN)
        now = self.now()
        line = LogEntry(at=now, kind=LogKind.COMMAND, actor=actor, action="alarm acknowledged", subject=alarm_id[:200])
        alarm = self.board.acknowledge(alarm_id, line)
        if alarm is None:
            raise Refused.at("alarm", f"{shown(alarm_id)} is not active")
        return alarm_document(alarm, now)


def text_of(question: Question, name: str) -> str:
    """An argument of a question.

    Raises:
        Refused: it is no text.
    """
    value = question.arguments.get(name)
    if not isinstance(value, str):
        raise Refused.at(name, f"{shown(value)} is no text")
    return value
