"""The loop's events become records with times of day."""

from datetime import UTC, datetime, timedelta

from energy_manager.adapters.records.journals import InMemoryJournal, Journals
from energy_manager.adapters.runtime.clocks import FakeClock, TimeOfDay
from energy_manager.adapters.storage import StoreJournal
from energy_manager.adapters.storage.in_memory import InMemoryHistory
from energy_manager.application.ports.records.history import DeviceChangeRecord, StatusOf, StatusRecord
from energy_manager.application.ports.records.journal import (
    DeviceChanged,
    Noticed,
    StatusesAsked,
    StatusesRead,
    TicksSkipped,
)
from energy_manager.domain.dispatch import AssetStatus
from tests.support.recorded import tick

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVER = (NOON - timedelta(days=1), NOON + timedelta(days=1))


def recorded(*events):
    """At noon the monotonic clock shows 100 s."""
    history = InMemoryHistory()
    journal = StoreJournal(history, time_of=TimeOfDay(FakeClock(start_s=100.0), now=lambda: NOON))
    for event in events:
        journal.record(event)
    return history


def test_a_tick_is_recorded_as_it_is():
    sent = tick({"a": 1}, {"a": 2})
    (kept,) = recorded(sent).ticks(*EVER)
    assert kept is sent


def test_a_time_of_day_is_told_to_the_millisecond():
    time_of = TimeOfDay(FakeClock(start_s=100.0), now=lambda: NOON)
    assert time_of(99.9994) == NOON - timedelta(milliseconds=1)
    assert time_of(101.5) == NOON + timedelta(seconds=1.5)


def test_statuses_are_recorded_with_their_age():
    read = StatusesRead(
        at_s=90.0,
        asset_ids=("a", "b"),
        statuses={"a": AssetStatus(output=-1, lowest=-3, highest=2, stored_wh=500.0, taken_at_s=88.5)},
    )
    (record,) = recorded(read).statuses(*EVER)
    assert record == StatusRecord(
        at=NOON - timedelta(seconds=10),
        statuses={"a": StatusOf(output=-1, potential=2, age_s=1.5, lowest=-3, highest=2, stored_wh=500.0)},
    )


def test_changes_notices_and_skipped_ticks_are_told_in_sentences():
    history = recorded(
        DeviceChanged(asset_id="a", is_good=False, sentence="overdue"),
        Noticed(is_good=True, sentence="fine"),
        TicksSkipped(what="ticks", count=3, late_s=6.04),
        StatusesAsked(round=1, due_s=0.0),
    )
    assert history.device_changes(*EVER) == (
        DeviceChangeRecord(at=NOON, asset_id="a", is_good=False, sentence="overdue"),
        DeviceChangeRecord(at=NOON, asset_id=None, is_good=True, sentence="fine"),
        DeviceChangeRecord(at=NOON, asset_id=None, is_good=False, sentence="held up for 6.0 s: 3 ticks skipped"),
    )


def test_several_journals_are_told_the_same():
    first, second = InMemoryJournal(), InMemoryJournal()
    Journals(first, second).record(Noticed(is_good=True, sentence="x"))
    assert first.events == second.events == [Noticed(is_good=True, sentence="x")]
