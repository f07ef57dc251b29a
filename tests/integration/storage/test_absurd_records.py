"""Whatever a record holds, the writer lives and keeps the next one."""

from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.adapters.storage import store_at
from energy_manager.application.ports.records.history import StatusOf, StatusRecord
from energy_manager.application.ports.schedules.durability import DeleteSchedule
from energy_manager.domain.errors import EnergyManagerError
from energy_manager.domain.schedule import Schedule, TimeBlock
from tests.support.changes import made
from tests.support.waiting import eventually

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    store = store_at(f"sqlite:///{tmp_path / 'store.db'}")
    store.open()
    yield store
    store.close()


@pytest.mark.parametrize("absurd", [object(), 10**5000, "300", float("nan"), [[]]], ids=range(5))
def test_a_record_that_cannot_be_kept_is_counted_and_the_next_is_kept(store, absurd):
    for place, output in enumerate((1, absurd, 3)):
        status = StatusOf(output=output, potential=5, age_s=0.0)
        store.recorder.record(StatusRecord(at=NOON + timedelta(seconds=place), statuses={"a": status}))
    assert eventually(lambda: store.state().stored >= 2 and store.state().waiting == 0, within_s=20)
    state = store.state()
    assert (state.is_reachable, state.writer_is_alive) == (True, True)
    kept = [record.statuses["a"].output for record in store.history.statuses(NOON, NOON + timedelta(minutes=1))]
    assert (kept[0], kept[-1]) == (1, 3)
    block = TimeBlock(start=NOON, end=NOON + timedelta(hours=1), targets={"a": 1})
    assert store.repository.put(Schedule(id="x", source="manual", blocks=(block,))).schedule.id == "x"


def test_before_it_is_opened_nobody_writes(tmp_path):
    store = store_at(f"sqlite:///{tmp_path / 'other.db'}")
    assert store.state().writer_is_alive is False
    with pytest.raises(EnergyManagerError):
        made(store.repository, DeleteSchedule(id="x"))
