"""Overrides are durable before they count; holds count before they are durable; each ends by itself."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.logbook import KeepLogbook
from energy_manager.application.overrides import OverrideBook
from energy_manager.application.overrides.kept import MOST_IN_FORCE
from energy_manager.application.ports.records.logbook import Actor, LogEntry, LogKind
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.errors import Refused
from energy_manager.domain.schedule import Override
from energy_manager.entrypoints.container.schedules import say_begun_anew

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Desk:
    """A book over a store that can be away, and a time that a test moves."""

    def __init__(self, repository=None):
        self.repository = InMemoryStore().repository if repository is None else repository
        self.now, self.elapsed_s, self.is_away = NOON, 0.0, False
        self.book = OverrideBook(
            store=self,
            now=lambda: self.now,
            elapsed_s=lambda: self.elapsed_s,
            memory=threading.Lock(),
            one_at_a_time=threading.Lock(),
        )

    def commit(self, changes, *, timeout_s=5.0):
        self._try()
        return self.repository.commit(changes)

    def documents(self, kind):
        self._try()
        return self.repository.documents(kind)

    def document(self, kind, document_id):
        self._try()
        return self.repository.document(kind, document_id)

    def _try(self):
        if self.is_away:
            raise StoreUnavailable("the disk is full")

    def passes(self, **time):
        self.now += timedelta(**time)
        self.elapsed_s += timedelta(**time).total_seconds()

    def override(self, name="x", *, is_hold=False, target=0, minutes=60):
        until = self.now + timedelta(minutes=minutes)
        words = {"reason": "valve", "who": "ann", "role": "operator", "is_hold": is_hold}
        return Override(id=name, assets=("a",), target=target, made_at=self.now, until=until, **words)

    def line(self, action="override set"):
        return LogEntry(
            at=self.now, kind=LogKind.COMMAND, actor=Actor(who="ann", role="operator", origin=""), action=action
        )

    def add(self, override):
        return self.book.add(override, self.line())

    def targets(self):
        return {name: one.target for name, one in self.book.in_force(self.now).items()}

    def actions(self):
        return [record.entry.action for record in reversed(self.repository.log_page())]


def test_an_override_that_cannot_be_made_durable_does_not_count():
    desk = Desk()
    desk.is_away = True
    with pytest.raises(StoreUnavailable):
        desk.add(desk.override())
    assert desk.targets() == {}


def test_a_hold_counts_without_the_store_and_is_kept_when_it_is_back():
    desk = Desk()
    desk.is_away = True
    desk.add(desk.override(is_hold=True))
    assert (desk.targets(), desk.actions()) == ({"a": 0}, [])
    desk.is_away = False
    desk.book.look()
    assert desk.actions() == ["override set"]
    again = Desk(desk.repository)
    again.book.look()
    assert again.targets() == {"a": 0}


def test_giving_back_counts_at_once_whatever_the_store_does():
    desk = Desk()
    desk.add(desk.override())
    desk.is_away = True
    desk.book.end("x", desk.line("override given back"))
    assert desk.targets() == {}
    assert desk.book.end("x", desk.line("override given back")) is None
    desk.is_away = False
    desk.book.look()
    assert desk.actions() == ["override set", "override given back"]
    again = Desk(desk.repository)
    again.book.look()
    assert again.targets() == {}


def test_the_same_command_twice_is_one_override_and_one_line():
    desk = Desk()
    first, second = desk.add(desk.override()), desk.add(desk.override())
    assert (first, desk.actions()) == (second, ["override set"])
    desk.book.end("x", desk.line("override given back"))
    assert desk.add(desk.override()).ended_at is not None
    assert desk.targets() == {}


def test_a_late_repetition_after_a_start_makes_no_new_one():
    desk = Desk()
    desk.add(desk.override())
    desk.book.end("x", desk.line("override given back"))
    again = Desk(desk.repository)
    assert again.add(again.override()).ended_at is not None
    assert again.targets() == {}


def test_an_override_ends_on_time_in_the_tick_and_then_in_the_book():
    desk = Desk()
    desk.add(desk.override(minutes=30))
    desk.passes(minutes=29, seconds=59)
    assert desk.targets() == {"a": 0}
    desk.passes(seconds=1)
    assert desk.targets() == {}
    desk.book.look()
    assert desk.actions() == ["override set", "override over"]
    assert desk.book.going_on == ()


def test_a_clock_that_is_set_back_does_not_make_it_longer():
    desk = Desk()
    desk.add(desk.override(minutes=30))
    desk.now -= timedelta(hours=5)
    desk.passes(minutes=30)
    desk.book.look()
    assert desk.targets() == {}


def test_after_a_start_what_is_still_to_hold_holds_for_the_rest_of_its_time():
    desk = Desk()
    desk.add(desk.override(minutes=30))
    again = Desk(desk.repository)
    again.passes(minutes=10)
    again.book.look()
    assert again.targets() == {"a": 0}
    again.passes(minutes=20)
    again.book.look()
    assert (again.targets(), again.actions()[-1]) == ({}, "override over")


def test_more_than_may_be_in_force_are_refused_and_holds_too():
    desk = Desk()
    for number in range(MOST_IN_FORCE):
        desk.add(desk.override(f"x{number}", is_hold=number % 2 == 0))
    for is_hold in (False, True):
        with pytest.raises(Refused, match="give some back first"):
            desk.add(desk.override("one more", is_hold=is_hold))


def test_the_same_hold_twice_is_one():
    desk = Desk()
    assert desk.add(desk.override(is_hold=True)) == desk.add(desk.override(is_hold=True))
    assert desk.actions() == ["override set"]


def test_a_store_that_cannot_be_read_after_a_start_is_asked_again_at_the_next_look():
    desk = Desk()
    desk.add(desk.override())
    again = Desk(desk.repository)
    again.is_away = True
    again.book.look()
    assert again.targets() == {}
    again.is_away = False
    again.book.look()
    assert again.targets() == {"a": 0}


def test_a_store_that_forgot_all_is_told_of_what_is_in_force_once_more():
    desk = Desk()
    desk.add(desk.override())
    desk.repository = InMemoryStore().repository
    desk.book.save_again()
    desk.book.look()
    again = Desk(desk.repository)
    again.book.look()
    assert again.targets() == {"a": 0}


def test_what_has_been_over_for_a_week_is_forgotten_here_and_known_by_the_store():
    desk = Desk()
    desk.book.look()
    desk.add(desk.override())
    desk.passes(hours=2)
    desk.book.look()
    assert desk.book.known("x").ended_at is not None
    desk.passes(days=8)
    desk.book.look()
    assert desk.book.known("x") is None
    again = Desk(desk.repository)
    again.passes(days=9)
    assert again.book.known("x").ended_at is not None, "as the store knows it"
    again.book.look()
    assert again.book.known("x") is None


def test_the_logbook_of_a_store_that_is_begun_anew_says_what_was_put_back_and_what_is_missing():
    desk = Desk()
    desk.add(desk.override("kept"))
    desk.repository = InMemoryStore().repository
    logbook = KeepLogbook(store=desk, now=lambda: desk.now)
    say_begun_anew(desk.book, logbook, ["morning", "evening"])
    (record,) = desk.repository.log_page()
    assert (record.entry.action, record.entry.actor.who) == ("store begun anew", "energy_manager")
    assert record.entry.after == {"schedules": ["morning", "evening"], "overrides": ["kept"]}
    assert "history of before are not in it" in record.entry.reason
    desk.book.look()
    assert [document.id for document in desk.repository.documents("override")] == ["kept"]


def test_an_override_outlives_a_store_that_is_begun_anew_where_there_never_was_a_schedule():
    desk = Desk()
    desk.add(desk.override("kept"))
    desk.repository = InMemoryStore().repository
    desk.is_away = True
    desk.book.look()
    desk.is_away = False
    desk.book.look()
    assert [document.id for document in desk.repository.documents("override")] == ["kept"]
