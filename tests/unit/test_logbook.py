"""Lines of the logbook: each once and in order, whoever writes beside whom and whether the store is there or not."""

import threading
from datetime import UTC, datetime

import pytest

from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.logbook import MOST_WAITING, KeepLogbook
from energy_manager.application.ports.records.logbook import Actor, LogFilter
from energy_manager.application.ports.schedules.durability import StoreUnavailable

ANN = Actor(who="ann", role="admin", origin="this machine")


class SlowStore:
    """A commit takes until it is let go; or the store is away."""

    def __init__(self, store):
        self.store, self.is_away = store, False
        self.begun, self.let_go = threading.Event(), threading.Event()
        self.let_go.set()

    def commit(self, changes, *, timeout_s):
        if self.is_away:
            raise StoreUnavailable("away")
        self.begun.set()
        assert self.let_go.wait(60)
        return self.store.commit(changes, timeout_s=timeout_s)


@pytest.fixture
def store():
    return SlowStore(InMemoryStore().repository)


@pytest.fixture
def logbook(store):
    return KeepLogbook(store=store, now=lambda: datetime(2026, 3, 2, 12, tzinfo=UTC))


def written(store):
    lines = store.store.log_page(before=None, limit=100, only=LogFilter())
    return [line.entry.action for line in reversed(lines)]


def write(logbook, action):
    logbook.write(logbook.command(ANN, action, "site"))


def test_a_line_that_is_being_written_is_not_written_again_by_who_looks_or_writes_meanwhile(logbook, store):
    store.let_go.clear()
    first = threading.Thread(target=write, args=(logbook, "first"))
    first.start()
    assert store.begun.wait(60)
    others = [threading.Thread(target=logbook.look), threading.Thread(target=write, args=(logbook, "second"))]
    for other in others:
        other.start()
    others[0].join(60)
    store.let_go.set()
    for thread in (first, others[1]):
        thread.join(60)
    assert sorted(written(store)) == ["first", "second"]


def test_what_the_store_cannot_take_waits_and_comes_in_order(logbook, store):
    store.is_away = True
    write(logbook, "first")
    write(logbook, "second")
    logbook.look()
    assert written(store) == []
    store.is_away = False
    write(logbook, "third")
    assert written(store) == ["first", "second", "third"]
    logbook.look()
    assert written(store) == ["first", "second", "third"]


def test_a_line_is_durable_when_its_writing_has_returned_though_another_is_being_written(logbook, store):
    store.let_go.clear()
    first = threading.Thread(target=write, args=(logbook, "first"))
    first.start()
    assert store.begun.wait(60)
    store.let_go.set()
    write(logbook, "second")
    assert "second" in written(store)
    first.join(60)


def test_beyond_what_can_wait_the_oldest_lines_are_given_up(logbook, store):
    store.is_away = True
    for number in range(MOST_WAITING + 2):
        write(logbook, f"line {number}")
    store.is_away = False
    logbook.look()
    lines = store.store.log_page(before=None, limit=MOST_WAITING + 2, only=LogFilter())
    assert len(lines) == MOST_WAITING
    assert (lines[-1].entry.action, lines[0].entry.action) == ("line 2", f"line {MOST_WAITING + 1}")
