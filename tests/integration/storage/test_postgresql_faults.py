"""PostgreSQL stopped, hung and started again while telemetry flows."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.adapters.storage.sql import SqlStore
from energy_manager.application.ports.records.tick import Tick
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.schedule import Schedule
from tests.support.postgresql import PrivateServer, connect, require_postgresql
from tests.support.waiting import eventually

pytestmark = pytest.mark.no_cover  # others take its branches

BEGINNING, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def stoppable():
    """A server besides the one that other tests need."""
    server = PrivateServer.new(require_postgresql())
    try:
        yield server
    finally:
        server.clean_up()


@pytest.fixture
def postgres(stoppable):
    """It, running."""
    stoppable.ensure_running()
    return stoppable


@pytest.fixture
def store(postgres):
    store = SqlStore(postgres.new_database())
    assert store.open(timeout_s=20).trouble == ""
    yield store
    store.close()


class Telemetry:
    """A tick every 10 ms until it is told to end."""

    def __init__(self, store: SqlStore) -> None:
        self.recorded = 0
        self.longest_s = 0.0
        self._store = store
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._flow)
        self._thread.start()

    def _flow(self) -> None:
        powers = {f"asset_{number}": number for number in range(100)}
        while not self._is_over.wait(0.01):
            at = datetime.now(UTC) + timedelta(microseconds=self.recorded)
            tick = Tick(
                number=self.recorded, at=at, lag_s=0.0, scheduled=powers, potentials=powers, targets=powers, shortfall=0
            )
            self._store.recorder.record(tick)
            self.recorded += 1

    def end(self) -> None:
        self._is_over.set()
        self._thread.join()


def plan(name: str) -> Schedule:
    return Schedule(id=name, source="manual", blocks=())


def test_telemetry_goes_on_through_a_restart_of_the_server_and_nothing_is_lost(postgres, store):
    telemetry = Telemetry(store)
    store.repository.put(plan("before"))
    assert eventually(lambda: store.state().stored > 0)
    postgres.stop()
    with pytest.raises(StoreUnavailable) as refusal:
        store.repository.put(plan("during"), timeout_s=0.5)
    with pytest.raises(StoreUnavailable):
        store.repository.get("before")
    assert refusal.value.reason
    before = telemetry.recorded
    assert eventually(lambda: telemetry.recorded > before + 50)
    assert not store.state().is_reachable
    postgres.start()
    store.repository.put(plan("after"), timeout_s=20)
    telemetry.end()
    assert eventually(lambda: store.state().waiting == 0, within_s=30)
    assert (store.state().stored, store.state().dropped) == (telemetry.recorded, 0)
    assert [tick.number for tick in store.history.ticks(BEGINNING, END)] == list(range(telemetry.recorded))
    assert {"before", "after"} <= {entry.schedule.id for entry in store.repository.all()}
    assert store.state().trouble == ""


def test_a_server_that_hangs_refuses_in_time_and_catches_up(postgres, store):
    telemetry = Telemetry(store)
    assert eventually(lambda: store.state().stored > 0)
    postgres.pause()
    began_s = time.monotonic()
    with pytest.raises(StoreUnavailable):
        store.repository.put(plan("during"), timeout_s=0.5)
    assert time.monotonic() - began_s < 5
    before = telemetry.recorded
    assert eventually(lambda: telemetry.recorded > before + 50)
    postgres.resume()
    store.repository.put(plan("after"), timeout_s=30)
    telemetry.end()
    assert eventually(lambda: store.state().waiting == 0, within_s=30)
    assert (store.state().stored, store.state().dropped) == (telemetry.recorded, 0)
    assert store.repository.get("after") is not None


def test_a_row_that_another_connection_has_locked_is_waited_for(postgres, store):
    other = connect(store._database.name)
    other.execute("SELECT * FROM book FOR UPDATE")
    with pytest.raises(StoreUnavailable) as refusal:
        store.repository.put(plan("during"), timeout_s=0.3)
    assert refusal.value.is_undone
    timer = threading.Timer(0.5, other.rollback)
    timer.start()
    assert store.repository.put(plan("after"), timeout_s=20).schedule.id == "after"
    timer.join()
    other.close()
    assert store.repository.get("during") is None


def test_a_server_that_is_not_there_at_the_start_is_found_later(postgres):
    url = postgres.new_database()
    postgres.stop()
    store = SqlStore(url)
    try:
        state = store.open(timeout_s=60)
        assert not state.is_reachable
        assert "password" not in state.trouble
        postgres.start()
        store.repository.put(plan("late"), timeout_s=20)
        assert store.state().is_reachable
    finally:
        store.close()


def test_tables_that_vanish_are_made_again(postgres, store):
    with connect(store._database.name) as other:
        other.execute("DROP SCHEMA public CASCADE")
        other.execute("CREATE SCHEMA public")
    assert store.repository.put(plan("after"), timeout_s=20).number == 1


def test_a_server_that_says_nothing_at_all_is_not_reachable(store, postgres):
    telemetry = Telemetry(store)
    try:
        assert eventually(lambda: store.state().stored > 0, within_s=20)
        postgres.pause()
        assert eventually(lambda: not store.state().is_reachable, within_s=20)
        assert "has not answered for" in store.state().trouble
        assert store.state().writer_is_alive
        postgres.resume()
        assert eventually(lambda: store.state().is_reachable, within_s=30)
    finally:
        postgres.resume()
        telemetry.end()
