"""A store and a recording that version 1.0 made, before a tick was one value: they are read, and they replay."""

import sqlite3
from pathlib import Path

import pytest

from energy_manager.adapters.records.recordings import read_recording
from energy_manager.adapters.storage.sql import SqlStore
from energy_manager.application.explanation.replay import replay
from energy_manager.application.ports.records.history import DeviceChangeRecord, Retention, StatusOf, StatusRecord
from energy_manager.application.ports.records.tick import GridHold
from energy_manager.domain.site import Bounds
from tests.support.recorded import at, tick

BEFORE = Path(__file__).parents[2] / "support" / "recorded_before"
HOLD = GridHold(
    storage="s",
    target=-9,
    import_kw=52.125,
    reason="import limit",
    import_limit_kw=50.0,
    export_limit_kw=20.0,
    shortfall_kw=0.5,
)
HELD = GridHold(
    storage="s", target=-9, import_kw=None, reason="held", import_limit_kw=50.0, export_limit_kw=20.0, shortfall_kw=0.0
)
LIMITS = {"a": Bounds(lowest=None, highest=3), "b": Bounds(lowest=-10, highest=0)}
SAID_BY = {"b": "manual:day", "a": "shared", "ghost": "shared"}
TICKS = [
    tick({"a": 100, "b": 200, "c": 300}, {"a": 200, "b": 300, "c": 50}),
    tick({"a": 100, "b": 200, "c": 300}, {"a": 200, "b": 300, "c": 50}, number=1, lag_s=0.1 + 0.2),
    tick(
        {"b": 200, "a": 100, "ghost": 40},
        {"a": 200, "b": 300},
        number=2,
        untold=("ghost",),
        unreadable=("a",),
        decided_by=SAID_BY,
    ),
    tick({"a": 5, "s": 7}, {"a": 9}, number=3, hold=HOLD, fault="the source is away"),
    tick({"a": 5}, {"a": 9}, number=4, hold=HELD, idle=("b",)),
    tick({}, {}, number=5, idle=("a", "b"), failure="ZeroDivisionError('a bug')", lag_s=3.0),
    tick({"a": 5, "b": -20}, {"a": 9}, number=6, bounds=LIMITS),
    tick({"a": 10**20, "b": 5}, {"a": 50, "b": 10**25}, number=7),
    tick(
        {"a": 100},
        {"a": 150},
        number=8,
        policy="follow_schedule",
        power_unit="W",
        status_ages_s={"a": 0.25, "meter": 31.5},
    ),
]
FOR_EVER = Retention(detail_days=36_500, summary_days=36_500, max_bytes=10**12)
NO_DIFFERENCE = "no difference in 9 ticks; 1 of them could not be decided, and all were told 0"


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "store.db"
    database = sqlite3.connect(path)
    database.executescript((BEFORE / "store.sql").read_text())
    database.close()
    store = SqlStore(f"sqlite:///{path}", retention=FOR_EVER)
    assert store.open().is_reachable
    yield store
    store.close()


def test_a_store_of_before_is_read_and_replays(store):
    ticks = list(store.history.ticks(at(-1), at(100)))
    assert ticks == TICKS
    assert [list(entry.scheduled) for entry in ticks] == [list(entry.scheduled) for entry in TICKS]
    assert replay(ticks).sentence() == NO_DIFFERENCE


def test_statuses_and_changes_of_before_are_read(store):
    (first, second) = store.history.statuses(at(-1), at(100))
    assert first == StatusRecord(
        at=at(1),
        statuses={
            "a": StatusOf(output=50, potential=60, age_s=1.25),
            "b": StatusOf(output=0, potential=2**62, age_s=25.0),
        },
    )
    assert second.statuses == {"a": StatusOf(output=10**20, potential=10**20, age_s=0.5)}
    (change,) = store.history.device_changes(at(-1), at(100))
    assert change == DeviceChangeRecord(at=at(2), asset_id="a", is_good=False, sentence="overdue")


def test_a_recording_of_before_is_read_and_replays():
    assert list(read_recording(BEFORE / "recording.jsonl")) == TICKS
    assert replay(read_recording(BEFORE / "recording.jsonl")).sentence() == NO_DIFFERENCE
