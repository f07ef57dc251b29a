"""Alarms come when a trouble has lasted, stay as long as it does, and survive a start with who has seen them."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.alarms import AlarmBoard, Priority, Trouble
from energy_manager.application.alarms.board import OFF_DELAY_S, ON_DELAY_S
from energy_manager.application.ports.records.logbook import Actor, LogEntry, LogKind
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.errors import Refused

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def trouble(name="asset:a", priority=Priority.HIGH, what="a: it is late.", **more):
    return Trouble(id=name, subject="a", priority=priority, what=what, consequence="30 kW are missing.", **more)


class Room:
    def __init__(self, repository=None):
        self.repository = InMemoryStore().repository if repository is None else repository
        self.now, self.elapsed_s, self.troubles, self.is_away = NOON, 0.0, [], False
        self.board = AlarmBoard(
            troubles=lambda: self.troubles,
            store=self,
            now=lambda: self.now,
            elapsed_s=lambda: self.elapsed_s,
            one_at_a_time=threading.Lock(),
        )

    def commit(self, changes, *, timeout_s=5.0):
        if self.is_away:
            raise StoreUnavailable("the disk is full")
        return self.repository.commit(changes)

    def document(self, kind, document_id):
        if self.is_away:
            raise StoreUnavailable("the disk is full")
        return self.repository.document(kind, document_id)

    def after(self, seconds):
        self.now += timedelta(seconds=seconds)
        self.elapsed_s += seconds
        self.board.look()
        return [alarm.trouble.id for alarm in self.board.active]

    def line(self, action="alarm acknowledged"):
        actor = Actor(who="north-2", role="technician", origin="")
        return LogEntry(at=self.now, kind=LogKind.COMMAND, actor=actor, action=action)

    def actions(self):
        return [record.entry.action for record in reversed(self.repository.log_page())]


@pytest.fixture
def room():
    room = Room()
    room.board.look()
    return room


def raised(room):
    room.troubles = [trouble()]
    room.after(0)
    assert room.after(ON_DELAY_S) == ["asset:a"]
    return room


def test_what_lasts_is_raised_with_since_when_it_has_been_there(room):
    room.troubles = [trouble()]
    assert room.after(0) == room.after(ON_DELAY_S - 0.1) == []
    assert room.after(0.1) == ["asset:a"]
    assert room.board.active[0].since == NOON
    assert room.actions() == ["alarm"]


def test_what_was_waited_for_already_is_raised_at_once(room):
    room.troubles = [trouble(has_lasted=True)]
    assert room.after(0) == ["asset:a"]


def test_what_flaps_is_neither_raised_nor_taken_off_again_and_again(room):
    for _ in range(20):
        room.troubles = [trouble()]
        room.after(ON_DELAY_S - 0.5)
        room.troubles = []
        room.after(0.5)
    assert room.actions() == []
    raised(room)
    for _ in range(20):
        room.troubles = []
        assert room.after(OFF_DELAY_S - 1) == ["asset:a"]
        room.troubles = [trouble()]
        assert room.after(1) == ["asset:a"]
    assert room.actions() == ["alarm"]


def test_what_is_gone_for_a_while_is_over(room):
    raised(room).troubles = []
    assert room.after(OFF_DELAY_S - 0.1) == ["asset:a"]
    assert room.after(0.2) == []
    assert room.actions() == ["alarm", "alarm over"]


def test_acknowledging_and_shelving_never_take_an_active_alarm_off(room):
    raised(room)
    acknowledged = room.board.acknowledge("asset:a", room.line())
    assert acknowledged.acknowledged_by == "north-2"
    room.board.shelve("asset:a", room.now + timedelta(hours=1), room.line("alarm shelved"))
    assert room.after(1) == ["asset:a"]
    (alarm,) = room.board.active
    assert alarm.is_shelved(room.now)
    assert not alarm.is_shelved(room.now + timedelta(hours=1))
    assert room.actions() == ["alarm", "alarm acknowledged", "alarm shelved"]


def test_acknowledging_twice_is_one_line(room):
    raised(room)
    for _ in range(2):
        room.board.acknowledge("asset:a", room.line())
    assert room.actions() == ["alarm", "alarm acknowledged"]
    assert room.board.acknowledge("asset:b", room.line()) is None


def test_the_board_survives_a_start_with_who_has_seen_it(room):
    raised(room).board.acknowledge("asset:a", room.line())
    again = Room(room.repository)
    again.troubles = [trouble()]
    assert again.after(1) == ["asset:a"]
    assert (again.board.active[0].since, again.board.active[0].acknowledged_by) == (NOON, "north-2")
    assert again.actions() == ["alarm", "alarm acknowledged"]
    again.troubles = []
    again.after(0)
    assert again.after(OFF_DELAY_S) == []


def test_a_new_time_of_the_same_trouble_has_to_be_seen_anew(room):
    raised(room).board.acknowledge("asset:a", room.line())
    room.troubles = []
    room.after(0)
    room.after(OFF_DELAY_S)
    raised(room)
    assert room.board.active[0].acknowledged_at is None


def test_without_the_store_alarms_are_raised_and_their_lines_written_later(room):
    room.is_away = True
    raised(room)
    assert room.actions() == []
    room.is_away = False
    room.after(1)
    assert room.actions() == ["alarm"]


def test_the_most_urgent_come_first(room):
    room.troubles = [trouble("x", Priority.LOW), trouble("y", Priority.HIGH), trouble("z", Priority.MEDIUM)]
    room.after(0)
    assert room.after(ON_DELAY_S) == ["y", "z", "x"]


@pytest.mark.parametrize("until", [NOON, NOON + timedelta(days=2)])
def test_a_shelf_has_an_end_within_a_day(room, until):
    with pytest.raises(Refused, match="until"):
        raised(room).board.shelve("asset:a", until, room.line())
