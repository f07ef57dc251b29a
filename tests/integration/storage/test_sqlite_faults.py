"""SQLite in bad hands: locked, torn, replaced, unreachable. Control goes on; what cannot be kept is refused."""

import shutil
import sqlite3
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from energy_manager.adapters.storage.sql import SqlStore
from energy_manager.adapters.storage.sql.databases import sqlite
from energy_manager.adapters.storage.sql.databases.database import reading, transaction
from energy_manager.application.ports.records.history import DeviceChangeRecord
from energy_manager.application.ports.records.tick import Tick
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.schedule import Schedule, TimeBlock
from tests.support.waiting import eventually

PLAN = Schedule(
    id="plan",
    source="manual",
    blocks=(
        TimeBlock(
            start=datetime(2026, 3, 2, 12, tzinfo=UTC), end=datetime(2026, 3, 2, 13, tzinfo=UTC), targets={"a": 1}
        ),
    ),
)


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "folder" / "store.db"


@pytest.fixture
def opened(path):
    """Open stores, closed in the end."""
    stores = []

    def open_store(timeout_s: float = 10) -> SqlStore:
        stores.append(SqlStore(f"sqlite:///{path}"))
        stores[-1].open(timeout_s=timeout_s)
        return stores[-1]

    yield open_store
    for store in stores:
        store.close()


def record_tick(store: SqlStore, number: int = 0) -> None:
    powers = {"a": number}
    store.recorder.record(
        Tick(
            number=number,
            at=datetime.now(UTC) + timedelta(milliseconds=number),
            lag_s=0.0,
            scheduled=powers,
            potentials=powers,
            targets=powers,
            shortfall=0,
        )
    )


def test_the_file_and_its_folder_are_made_when_missing(opened, path):
    opened().repository.put(PLAN)
    assert path.exists()


def test_what_one_process_puts_another_sees_at_once(opened):
    here, there = opened(), opened()
    before = there.repository.revision()
    here.repository.put(PLAN)
    assert there.repository.get("plan").schedule == PLAN
    assert there.repository.revision() != before


def test_a_locked_database_refuses_in_time_and_telemetry_waits(opened, path):
    store = opened()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    began_s = time.monotonic()
    with pytest.raises(StoreUnavailable, match="locked") as refusal:
        store.repository.put(PLAN, timeout_s=0.6)
    assert refusal.value.is_undone
    assert 0.5 < time.monotonic() - began_s < 5
    record_tick(store)
    assert eventually(lambda: store.state().waiting == 1)
    assert store.repository.get("plan") is None
    other.execute("ROLLBACK")
    other.close()
    assert eventually(lambda: store.state().stored == 1)
    store.repository.put(PLAN)
    assert store.state().trouble == ""


def test_an_order_waits_until_the_lock_is_gone(opened, path):
    store = opened()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.5, lambda: other.execute("ROLLBACK"))
    timer.start()
    assert store.repository.put(PLAN, timeout_s=20).schedule == PLAN
    timer.join()
    other.close()


@pytest.mark.parametrize("content", [b"garbage " * 1000, b"", b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_file_that_is_no_database_is_set_aside_and_a_new_one_begun(opened, path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    store = opened()
    store.repository.put(PLAN)
    if content:
        assert Path(store.state().set_aside).read_bytes() == content
    else:
        assert store.state().set_aside == ""
    assert store.state().is_reachable


def test_a_truncated_file_is_set_aside(opened, path):
    store = opened()
    store.repository.put(PLAN)
    store.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    again = opened()
    assert again.state().set_aside.startswith(str(path))
    assert again.repository.all() == ()
    assert again.repository.put(PLAN).schedule == PLAN


def spoil(path: Path, table: str) -> None:
    """Overwrite the first page of a table, as a failing disk would."""
    with sqlite3.connect(path) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


def test_schedules_are_noticed_to_be_broken_at_the_start_and_documents_are_rescued(opened, path):
    store = opened()
    store.repository.put(PLAN)
    store.repository.put_document("run", "x", {"n": 1})
    store.close()
    spoil(path, "schedules")
    again = opened()
    assert again.state().set_aside != ""
    assert again.repository.all() == ()
    assert again.repository.document("run", "x").body == {"n": 1}
    assert again.repository.put(PLAN).schedule == PLAN


def test_what_was_acknowledged_is_rescued_when_the_history_turns_out_broken(opened, path):
    store = opened()
    accepted = store.repository.put(PLAN)
    store.repository.put_document("run", "x", {"n": 1})
    store.repository.put_document("run", "x", {"n": 2})
    store.close()
    spoil(path, "ticks")
    again = opened()
    assert again.repository.get("plan") == accepted
    record_tick(again)
    assert eventually(lambda: again.state().stored == 1)
    assert again.state().set_aside != ""
    assert again.repository.get("plan") == accepted
    assert again.repository.document("run", "x").version == 2
    assert again.repository.put(PLAN).number == accepted.number + 1


def test_a_file_that_is_taken_away_for_a_while_is_waited_for_and_nothing_is_lost(opened, path, tmp_path):
    store = opened()
    store.repository.put(PLAN)
    away = tmp_path / "away"
    path.parent.rename(away)
    record_tick(store)
    assert eventually(lambda: "is gone" in store.state().trouble, within_s=20)
    with pytest.raises(StoreUnavailable, match="is gone"):
        store.repository.put(PLAN, timeout_s=0.1)
    with pytest.raises(StoreUnavailable):
        store.repository.all()
    assert not path.exists()
    away.rename(path.parent)
    assert eventually(lambda: store.state().stored == 1, within_s=20)
    assert [entry.schedule for entry in store.repository.all()] == [PLAN]


def test_a_file_that_is_deleted_under_way_is_begun_anew(opened, path, monkeypatch):
    monkeypatch.setattr(sqlite, "VANISHED_PATIENCE_S", 0.0)
    store = opened()
    store.repository.put(PLAN)
    for file in path.parent.iterdir():
        file.unlink()
    store.repository.put(PLAN)
    record_tick(store)
    assert eventually(lambda: store.state().stored == 1)
    assert opened().repository.get("plan") is not None


def test_a_folder_that_cannot_be_made_is_waited_for(opened, path):
    path.parent.write_text("in the way")
    store = opened()
    assert not store.state().is_reachable
    assert "folder" in store.state().trouble
    with pytest.raises(StoreUnavailable):
        store.repository.all()
    with pytest.raises(StoreUnavailable) as refusal:
        store.repository.put(PLAN, timeout_s=0.1)
    assert refusal.value.is_undone
    record_tick(store)
    path.parent.unlink()
    assert eventually(lambda: store.state().stored == 1, within_s=20)
    assert store.repository.put(PLAN).schedule == PLAN


def test_tables_of_a_newer_version_are_left_alone(opened, path):
    store = opened()
    store.repository.put(PLAN)
    store.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE energy_manager_revision SET version_num = '9999'")
    connection.close()
    again = opened()
    assert "9999" in again.state().trouble
    assert not again.state().is_reachable
    assert again.state().set_aside == ""
    with pytest.raises(StoreUnavailable, match="9999"):
        again.repository.put(PLAN, timeout_s=0.1)


def test_records_that_the_database_will_not_take_are_given_up_and_counted(opened, path):
    store = opened()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TRIGGER never BEFORE INSERT ON ticks BEGIN SELECT RAISE(ABORT, 'never'); END")
    connection.close()
    record_tick(store)
    assert eventually(lambda: store.state().dropped == 1, within_s=20)
    change = DeviceChangeRecord(at=datetime.now(UTC), asset_id="a", is_good=True, sentence="works")
    store.recorder.record(change)
    assert eventually(lambda: store.state().stored == 1, within_s=20)
    assert store.repository.put(PLAN).schedule == PLAN


def test_nothing_is_committed_before_opening_or_after_closing(opened, path):
    store = SqlStore(f"sqlite:///{path}")
    with pytest.raises(StoreUnavailable, match="not open"):
        store.repository.put(PLAN)
    store.open()
    store.close()
    with pytest.raises(StoreUnavailable, match="not open"):
        store.repository.put(PLAN)


def test_closing_saves_what_was_recorded(opened, path):
    store = opened()
    for number in range(100):
        record_tick(store, number)
    store.close()
    assert len(list(opened().history.ticks(datetime(2026, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)))) == 100


def test_a_copy_of_a_running_store_can_be_opened(opened, path, tmp_path):
    store = opened()
    store.repository.put(PLAN)
    shutil.copytree(path.parent, tmp_path / "copy")
    copy = SqlStore(f"sqlite:///{tmp_path}/copy/store.db")
    copy.open()
    assert copy.repository.get("plan").schedule == PLAN
    copy.close()


def test_a_reader_that_is_under_way_when_all_are_disconnected_leaves_nothing_open(path):
    database = sqlite.SqliteDatabase(path)
    database.prepare()
    with transaction(database, durable=True) as connection:
        connection.exec_driver_sql("CREATE TABLE t (a)")
    pool = database.reading.pool  # kept, as by a cycle that is never collected
    with reading(database) as connection:
        connection.exec_driver_sql("SELECT * FROM t").all()
        database.disconnect()
    assert not descriptors_of(path)
    assert pool is not database.reading.pool


def descriptors_of(path):
    """What this process has open of a database."""
    opened = []
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            opened.append(link.readlink())
    return [name for name in opened if str(name).startswith(str(path))]


class Handing(threading.Event):
    """Whoever waits for it has its turn before who has set it goes on."""

    def set(self):
        super().set()
        time.sleep(0.05)


def test_whoever_has_waited_for_the_opening_reads_how_it_went(tmp_path, monkeypatch):
    monkeypatch.setattr(threading, "Event", Handing)
    store = SqlStore(f"sqlite:///{tmp_path}/store.db")
    assert store.open(timeout_s=60).trouble == ""
    store.close()
