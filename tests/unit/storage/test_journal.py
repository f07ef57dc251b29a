"""The loop's events become records with times of day."""

from datetime import UTC, datetime, timedelta

from energy_manager.adapters.clocks import FakeClock
from energy_manager.adapters.journals import InMemoryJournal, Journals
from energy_manager.adapters.storage import StoreJournal
from energy_manager.adapters.storage.in_memory import InMemoryHistory
from energy_manager.application.ports.history import DeviceChangeRecord, HoldRecord, StatusOf, StatusRecord, TickRecord
from energy_manager.application.ports.journal import (
    DeviceChanged,
    GridHold,
    Noticed,
    StatusesAsked,
    StatusesRead,
    TargetsSent,
    TicksSkipped,
)
from energy_manager.domain.dispatch import DeviceStatus, Dispatch
from energy_manager.domain.peak_shaving.grid_limit import GridLimitMemory, GridLimitSettings, PccReading, decide

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVER = (NOON - timedelta(days=1), NOON + timedelta(days=1))


def recorded(*events):
    """At noon the monotonic clock shows 100 s."""
    clock, history = FakeClock(start_s=100.0), InMemoryHistory()
    journal = StoreJournal(history, clock=clock, policy="proportional", power_unit="kW", now=lambda: NOON)
    for event in events:
        journal.record(event)
    return history


def test_a_tick_is_recorded_at_its_grid_point_with_what_was_told_and_what_was_decided():
    sent = TargetsSent(
        tick=7,
        due_s=99.9994,
        lag_s=0.0006,
        scheduled={"b": 2, "gone": 1},
        potentials={"b": 5},
        dispatch=Dispatch(targets={"b": 3, "gone": 0}, shortfall=0),
        targets={"a": 0, "b": 3},
        schedule_fault="",
        untold=("gone",),
        unreadable=("b",),
        statuses={
            "a": DeviceStatus(output=0, potential=9, read_at_s=60.0),
            "b": DeviceStatus(output=2, potential=5, read_at_s=98.5),
        },
        decided_at_s=100.0,
    )
    (tick,) = recorded(sent).ticks(*EVER)
    assert tick == TickRecord(
        number=7,
        at=NOON - timedelta(milliseconds=1),
        lag_s=0.0006,
        scheduled={"b": 2, "gone": 1},
        potentials={"b": 5},
        targets={"a": 0, "b": 3, "gone": 0},
        shortfall=0,
        policy="proportional",
        status_ages_s={"a": 40.0, "b": 1.5},
        untold=("gone",),
        unreadable=("b",),
        power_unit="kW",
    )


def test_what_a_storage_was_told_for_the_grid_limits_is_recorded():
    limits = GridLimitSettings(import_limit_kw=50, export_limit_kw=20, max_charge_kw=9, max_discharge_kw=9, tick_s=2.0)
    reading = PccReading(at_s=100.0, import_kw=70.0, charge_kw=0.0)
    decision = decide(limits, GridLimitMemory(), reading, scheduled_kw=0.0, now_s=100.0)
    hold = GridHold(
        storage="s", target=9, import_kw=70.0, import_limit_kw=50.0, export_limit_kw=20.0, decision=decision
    )
    sent = TargetsSent(
        tick=0,
        due_s=100.0,
        lag_s=0.0,
        scheduled={},
        potentials={},
        dispatch=Dispatch(targets={"s": 9}, shortfall=0),
        targets={"s": 9},
        schedule_fault="",
        hold=hold,
    )
    (tick,) = recorded(sent).ticks(*EVER)
    # 20 kW over the limit and half a kW of margin, of which the storage can do 9 kW.
    assert tick.hold == HoldRecord(
        storage="s",
        target=9,
        import_kw=70.0,
        reason="import limit",
        import_limit_kw=50.0,
        export_limit_kw=20.0,
        shortfall_kw=decision.shortfall_kw,
    )
    assert tick.hold.shortfall_kw > 11


def test_statuses_are_recorded_with_their_age():
    read = StatusesRead(
        at_s=90.0, asset_ids=("a", "b"), statuses={"a": DeviceStatus(output=1, potential=2, read_at_s=88.5)}
    )
    (record,) = recorded(read).statuses(*EVER)
    assert record == StatusRecord(
        at=NOON - timedelta(seconds=10), statuses={"a": StatusOf(output=1, potential=2, age_s=1.5)}
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
