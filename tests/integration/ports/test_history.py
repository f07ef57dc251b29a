"""What every store promises about what happened, whatever stands behind it."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.ports.records.history import (
    DeviceChangeRecord,
    LoopSeries,
    Series,
    StatusOf,
    StatusRecord,
    Window,
)
from energy_manager.application.ports.records.integral import Integral
from energy_manager.application.ports.records.tick import GridHold, Tick
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import Bounds
from tests.support.thorough import sample
from tests.support.waiting import eventually

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def tick(number: int, seconds: float, **more) -> Tick:
    said = {
        "lag_s": 0.00025,
        "scheduled": {"b": 200, "a": 100},
        "potentials": {"a": 50, "b": 300},
        "targets": {"b": 250, "a": 50},
        "shortfall": 0,
        "decided_by": {"b": "manual:x", "a": "shared"},
        "policy": "proportional",
    }
    return Tick(number=number, at=at(seconds), **(said | more))


LIMITED = GridHold(
    storage="b",
    target=3,
    import_kw=51.5,
    reason="import limit",
    import_limit_kw=50.0,
    export_limit_kw=20.0,
    shortfall_kw=1.5,
)


def record(store, *records) -> None:
    before = store.state().stored
    for entry in records:
        store.recorder.record(entry)
    assert eventually(lambda: store.state().stored == before + len(records))
    assert store.state().waiting == 0


def test_ticks_read_back_exactly_and_in_order(store):
    ticks = [
        tick(0, 0),
        tick(1, 2, lag_s=0.1 + 0.2),
        tick(2, 4, scheduled={"a": 1}, potentials={"b": 5}, targets={"b": 0, "a": 1}, decided_by={"a": "manual:ü:1"}),
        tick(3, 6, fault="no schedule: größer", scheduled={}, targets={"a": 0, "b": 0}, decided_by={}, policy="x"),
        tick(4, 8, shortfall=-(2**63), scheduled={"a": 2**63 - 1, "b": -(2**63)}),
        tick(5, 10, scheduled={}, potentials={}, targets={}, decided_by={}),
        tick(6, 12, shortfall=10**30, scheduled={"b": 10**25, "a": -(10**25)}),
        tick(7, 14, hold=GridHold(storage="b", target=-30, import_kw=52.125, reason="import limit")),
        tick(8, 16, hold=GridHold(storage="b", target=10**20, import_kw=None, reason="schedule")),
        tick(9, 18, hold=GridHold(storage="b", target=0, import_kw=None, reason="import limit")),
        tick(10, 20, hold=LIMITED, status_ages_s={"a": 0.25, "b": 31.5, "meter": 1.0}, power_unit="W"),
        tick(11, 22, untold=("ghost", "ü,"), unreadable=("a",), status_ages_s={"a": 1.001}, potentials={}),
        tick(12, 24, shortfall=10**30, hold=LIMITED, status_ages_s={"b": 2.5}, untold=("b",), unreadable=("a",)),
        tick(13, 26, scheduled={}, potentials={}, decided_by={}, failure="ZeroDivisionError('a bug')"),
        tick(14, 28, bounds={"a": Bounds(lowest=-5, highest=None), "b": Bounds(lowest=None, highest=7)}),
        tick(15, 30, shortfall=10**30, bounds={"a": Bounds(lowest=-(10**30), highest=10**30)}),
        tick(16, 70),
    ]
    record(store, *ticks)
    assert list(store.history.ticks(at(0), at(1000))) == ticks
    assert [list(entry.scheduled) for entry in store.history.ticks(at(0), at(1000))] == [
        list(entry.scheduled) for entry in ticks
    ]
    assert list(store.history.ticks(at(2), at(8))) == ticks[1:4]
    assert list(store.history.ticks(at(71), at(100))) == []


def test_the_sums_of_ticks_and_one_field_of_rounds_are_those_of_the_whole_records(store):
    rounds = [
        StatusRecord(at=at(1), statuses={"a": StatusOf(output=5, potential=9, age_s=0.1, stored_wh=1.5)}),
        StatusRecord(
            at=at(3),
            statuses={
                "b": StatusOf(output=None, potential=0, age_s=0.1),
                "a": StatusOf(output=-(2**63), potential=9, age_s=0.1),
            },
        ),
        StatusRecord(at=at(5), statuses={"a": StatusOf(output=10**30, potential=9, age_s=0.1)}),
        StatusRecord(at=at(7), statuses={}),
    ]
    ticks = [
        tick(0, 0, power_unit="W"),
        tick(1, 2, targets={"b": None, "a": 7}, scheduled={}),
        tick(2, 4, scheduled={"a": 2**63 - 1, "b": 2**63 - 1}),
        tick(3, 6, scheduled={"a": 10**30}),
        tick(4, 90),
    ]
    record(store, *ticks, *rounds)
    found = [(one.at, one.scheduled, one.target, one.power_unit) for one in store.history.tick_totals(at(0), at(60))]
    assert found == [
        (at(0), 300, 300, "W"),
        (at(2), 0, 7, ""),
        (at(4), 2**64 - 2, 300, ""),
        (at(6), 10**30, 300, ""),
    ]
    outputs = [(one.at, one.values) for one in store.history.rounds_of("output", at(0), at(60))]
    assert outputs == [
        (at(1), {"a": 5}),
        (at(3), {"b": None, "a": -(2**63)}),
        (at(5), {"a": 10**30}),
        (at(7), {}),
    ]
    stored = [one.values.get("a") for one in store.history.rounds_of("stored_wh", at(0), at(60))]
    assert stored == [1.5, None, None, None]


def test_a_tick_that_is_recorded_later_joins_those_that_are_there(store):
    for number in range(5):
        record(store, tick(number, 2 * number))
    assert [entry.number for entry in store.history.ticks(at(0), at(60))] == [0, 1, 2, 3, 4]


def test_statuses_read_back_exactly_and_a_missing_device_stays_missing(store):
    good = StatusOf(output=50, potential=60, age_s=1.234)
    rounds = [
        StatusRecord(at=at(0), statuses={"a": good, "b": StatusOf(output=0, potential=2**62, age_s=25.0)}),
        StatusRecord(at=at(10), statuses={"a": good}),
        StatusRecord(at=at(20), statuses={}),
        StatusRecord(at=at(30), statuses={"a": StatusOf(output=10**20, potential=10**20, age_s=0.5)}),
    ]
    record(store, *rounds)
    assert list(store.history.statuses(at(0), at(100))) == rounds
    assert store.history.statuses_at(at(15)) == rounds[1]
    assert store.history.statuses_at(at(-1)) is None


def test_the_tick_at_an_instant_is_the_last_one_until_then(store):
    ticks = [tick(number, 2 * number) for number in range(100)]
    record(store, *ticks)
    assert store.history.tick_at(at(-0.001)) is None
    assert store.history.tick_at(at(0)) == ticks[0]
    assert store.history.tick_at(at(61)) == ticks[30]
    assert store.history.tick_at(at(10_000)) == ticks[-1]


def test_device_changes_are_found_by_time_and_by_asset(store):
    changes = [
        DeviceChangeRecord(at=at(0), asset_id="a", is_good=False, sentence="overdue: ü"),
        DeviceChangeRecord(at=at(0), asset_id=None, is_good=False, sentence="held up"),
        DeviceChangeRecord(at=at(5), asset_id="b\u0000\ud800", is_good=True, sentence="answers again"),
    ]
    record(store, *changes)
    assert store.history.device_changes(at(0), at(10)) == tuple(changes)
    assert store.history.device_changes(at(0), at(5)) == tuple(changes[:2])
    assert store.history.device_changes(at(0), at(10), asset_id="a") == (changes[0],)
    assert store.history.device_changes(at(0), at(10), asset_id="b\u0000\ud800") == (changes[2],)


def test_a_series_has_the_least_the_mean_and_the_greatest_of_each_step(store):
    record(
        store,
        tick(0, 0, targets={"a": 10}),
        tick(1, 30, targets={"a": 20}),
        tick(2, 119, targets={"a": -6}),
        tick(3, 180, targets={"b": 1}),
        StatusRecord(at=at(61), statuses={"a": StatusOf(output=7, potential=9, age_s=0.0)}),
    )
    series = store.history.series("a", Window.of(at(0), at(240), 60))
    assert series.target.min == (10, -6, None, None)
    assert series.target.mean == (15.0, -6.0, None, None)
    assert series.target.max == (20, -6, None, None)
    assert series.output.max == (None, 7, None, None)
    assert series.scheduled.mean == (100.0, 100.0, None, 100.0)


def test_power_over_time_counts_while_the_loop_ran_and_windows_add_up(store):
    status = StatusOf(output=60, potential=9, age_s=0.0)
    rounds = [StatusRecord(at=at(second), statuses={"a": status}) for second in (35, 45, 55, 65, 100)]
    running = [*range(35, 72, 2), *range(101, 112, 2)]
    record(store, *rounds, *(tick(number, second, hold=LIMITED) for number, second in enumerate(running)))
    whole = store.history.output_integrals(["a"], Window.of(at(0), at(180), 60))["a"]
    assert whole.covered_s == pytest.approx((25, 22, 0))
    assert whole.total == pytest.approx((25 * 60, 22 * 60, 0))
    windows = [Window.of(at(cut), at(cut + 45), 1) for cut in (0, 45, 90, 135)]
    parts = [store.history.output_integrals(["a"], window)["a"] for window in windows]
    assert sum(sum(part.total) for part in parts) == pytest.approx(sum(whole.total))
    imported = store.history.import_integral(Window.of(at(0), at(180), 60))
    assert imported.total == pytest.approx((25 * 51.5, 21 * 51.5, 0))


def test_the_loop_is_told_by_step(store):
    record(
        store,
        tick(0, 0, lag_s=0.25, shortfall=3),
        tick(1, 30, lag_s=0.75, hold=LIMITED),
        tick(2, 61, lag_s=0.5, shortfall=10**20, hold=LIMITED),
        tick(3, 62, lag_s=0.5, shortfall=10**20),
        tick(4, 130, hold=GridHold(storage="b", target=0, import_kw=None, reason="held")),
        tick(5, 500, lag_s=9.0),
    )
    loop = store.history.loop(Window.of(at(0), at(240), 60))
    assert loop.ticks == (2, 2, 1, 0)
    assert loop.short_ticks == (1, 2, 0, 0)
    assert (loop.lag_s.min[0], loop.lag_s.mean[0], loop.lag_s.max[0]) == (0.25, 0.5, 0.75)
    assert loop.lag_s.max[3] is None
    assert loop.shortfall.max == (3, 10**20, 0, None)
    assert loop.import_kw.mean == (51.5, 51.5, None, None)
    assert loop.import_limit_kw.max == (50.0, 50.0, None, None)
    assert loop.export_limit_kw.max == (20.0, 20.0, None, None)


def test_a_series_of_an_asset_that_nobody_knows_is_empty(store):
    record(store, tick(0, 0))
    assert store.history.series("nobody", Window.of(at(0), at(60), 1)).target.min == (None,) * 60


WINDOWS = [
    Window.of(at(-3600), at(36_000), 60),
    Window.of(at(1234), at(20_000), 900),
    Window.of(at(300), at(5000), 7),
    Window.of_hours(at(600), at(30_000)),
    Window.of_hours(at(0), at(30_000), 3),
]


@dataclass(frozen=True)
class Told:
    """What a store tells of a window."""

    series: dict[str, Series]
    outputs: dict[str, Integral]
    fleet: dict[str, Series]
    loop: LoopSeries
    imported: Integral

    @classmethod
    def by(cls, history, window):
        return cls(
            series={asset_id: history.series(asset_id, window) for asset_id in "abcd"},
            outputs=history.output_integrals("abcd", window),
            fleet={one.asset_id: one for one in history.fleet(window)} if window.is_of_hours else {},
            loop=history.loop(window),
            imported=history.import_integral(window),
        )


@pytest.fixture(scope="module")
def campaign():
    """Hours with gaps, changing assets and a clock that is set back; with what is to be told of them."""
    chance = random.Random(8)
    records = []
    assets = ["a", "b", "c", "d"]
    seconds = 1000.0
    named = assets
    for number in range(sample(1500, share=1 / 3)):
        seconds += 4.0
        if chance.random() < 0.012:
            seconds += chance.choice([-700, 400, 2000])
        if chance.random() < 0.05:
            chance.shuffle(assets)
            named = assets[: chance.randint(3, 4)]
        targets = {asset_id: chance.randint(-500, 500) for asset_id in named}
        known = {asset_id: chance.randint(0, 500) for asset_id in named if chance.random() < 0.9}
        records.append(
            tick(
                number,
                seconds,
                scheduled=targets,
                lag_s=number % 64 / 1024,  # such sums are exact, in whatever order
                targets=targets,
                potentials=known,
                decided_by=dict.fromkeys(named, "shared"),
            )
        )
        if number % 5 == 0:
            statuses = {name: StatusOf(output=chance.randint(0, 500), potential=1, age_s=0.0) for name in known}
            records.append(StatusRecord(at=at(seconds), statuses=statuses))
    oracle = InMemoryStore()
    for entry in records:
        oracle.recorder.record(entry)
    return records, [Told.by(oracle.history, window) for window in WINDOWS]


@pytest.mark.sampled
def test_a_long_history_is_told_alike_by_every_store(store, campaign):
    records, expected = campaign
    for entry in records:
        store.recorder.record(entry)
    assert eventually(lambda: store.state().stored == len(records), within_s=30)
    for window, so in zip(WINDOWS, expected, strict=True):
        told = Told.by(store.history, window)
        assert (told.series, told.fleet, told.loop) == (so.series, so.fleet, so.loop)
        for asset_id in "abcd":
            assert told.outputs[asset_id].covered_s == pytest.approx(so.outputs[asset_id].covered_s)
            assert told.outputs[asset_id].total == pytest.approx(so.outputs[asset_id].total)
        assert told.imported.total == pytest.approx(so.imported.total)
    ticks = sorted(store.history.ticks(at(0), at(40_000)), key=lambda entry: entry.number)
    assert ticks == [entry for entry in records if isinstance(entry, Tick)]


def test_the_fleet_is_told_in_whole_hours_only(store):
    with pytest.raises(Refused) as refusal:
        store.history.fleet(Window.of(at(60), at(7200), 3600))
    assert refusal.value.faults[0].field == "step"
