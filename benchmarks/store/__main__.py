"""The store under load: what a tick pays, what a commit costs, how fast the past is told.

``python -m benchmarks.store [DAYS] [ASSETS]``: makes up a history of that size (3 days of 100 assets unless told) in a
SQLite file and asks it. Times are medians of a few runs; the processor's time stands beside the wall's, because the
machine may be busy with other things.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from energy_manager.adapters.runtime.clocks import MonotonicClock, TimeOfDay, wall_clock
from energy_manager.adapters.storage import InMemoryStore, StoreJournal
from energy_manager.adapters.storage.sql import SqlStore
from energy_manager.adapters.storage.sql.databases import database_at
from energy_manager.adapters.storage.sql.databases.database import transaction
from energy_manager.adapters.storage.sql.history.buffer import Filing
from energy_manager.adapters.storage.sql.history.chunks import save
from energy_manager.adapters.storage.sql.history.rollup import next_hour, sum_up
from energy_manager.adapters.storage.sql.migrations import migrate
from energy_manager.application.ports.records.history import Retention, StatusOf, StatusRecord, Window
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.dispatch import AssetStatus, OfStatuses
from energy_manager.domain.schedule import Schedule, TimeBlock
from energy_manager.domain.series import microseconds

PERIOD_S = 2
FOR_EVER = Retention(detail_days=36_500, summary_days=36_500, max_bytes=10**12)


def main(days: float, assets: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        start = end - timedelta(days=days)
        make_history(path, start=start, end=end, assets=assets)
        print(f"\n{days:g} days of {assets} assets, a tick every {PERIOD_S} s: {path.stat().st_size / 1e6:.0f} MB\n")
        store = SqlStore(f"sqlite:///{path}", retention=FOR_EVER, lived_until=wall_clock)
        store.open()
        ask(store, start=start, end=end)
        store.close()
        print()
        tick_cost(Path(folder) / "ticks.db", assets=1000)
        print()
        commit_cost(Path(folder) / "commits.db")


def make_history(path: Path, *, start: datetime, end: datetime, assets: int) -> None:
    """Plausible days: schedules change every quarter of an hour, potentials drift, outputs waver."""
    chance = random.Random(1)
    database = database_at(f"sqlite:///{path}")
    database.prepare()
    papers = Filing()
    with transaction(database, durable=False) as connection:
        migrate(connection)
    began_s, ticks = time.process_time(), int((end - start).total_seconds()) // PERIOD_S
    names = [f"asset_{number}" for number in range(assets)]
    targets = dict.fromkeys(names, 0)
    potentials = {name: chance.randint(0, 1000) for name in names}
    decided_by = dict.fromkeys(names, "production:plan")
    for number in range(ticks):
        at = start + timedelta(seconds=PERIOD_S * number)
        if number % 450 == 0:
            targets = {name: chance.randint(-500, 500) for name in names}
        if number % 5 == 0:
            potentials = {name: power + chance.randint(-3, 3) for name, power in potentials.items()}
            statuses = {
                name: StatusOf(output=power + chance.randint(-2, 2), potential=potentials[name], age_s=chance.random())
                for name, power in targets.items()
            }
            ages_s = {name: status.age_s for name, status in statuses.items()}
            papers.add(StatusRecord(at=at, statuses=statuses))
        tick = Tick(
            number=number,
            at=at,
            lag_s=chance.random() / 1e4,
            scheduled=targets,
            potentials=potentials,
            targets=targets,
            shortfall=0,
            decided_by=decided_by,
            status_ages_s={name: age_s + PERIOD_S * (number % 5) for name, age_s in ages_s.items()},
            power_unit="kW",
            policy="proportional",
        )
        papers.add(tick)
        if number % 1800 == 1799 or number == ticks - 1:
            while batch := papers.batch(most_pages=200):
                with transaction(database, durable=False) as connection:
                    save(connection, batch, run_us=papers.run_us)
                papers.saved(batch)
    filled_s = time.process_time() - began_s
    print(f"making up and filing: {1e6 * filled_s / ticks:.0f} µs of CPU a tick")
    sum_up_all(database, end)
    database.disconnect()


def sum_up_all(database, end: datetime) -> None:
    began_s, hours = time.process_time(), 0
    while True:
        with transaction(database, durable=False) as connection:
            hour_us = next_hour(connection, until_us=microseconds(end))
            if hour_us is None:
                break
            sum_up(connection, hour_us, {})
            hours += 1
    print(f"summing up an hour: {1e3 * (time.process_time() - began_s) / max(1, hours):.0f} ms of CPU")


def ask(store: SqlStore, *, start: datetime, end: datetime) -> None:
    history = store.history
    for step_s in (60, 900, 3600):
        window = Window.of(start, end, step_s)
        name = f"one asset, all days, {window.count} steps of {step_s} s"
        timed(name, lambda window=window: history.series("asset_7", window))
    window = Window.of_hours(start, end)
    timed(f"all assets, all days, {window.count} steps of an hour", lambda: history.fleet(window))
    last_hour = Window.of(end - timedelta(hours=1), end, PERIOD_S)
    timed("one asset, the last hour by the tick", lambda: history.series("asset_7", last_hour))
    timed("the tick at an instant", lambda: history.tick_at(end - timedelta(hours=2)))
    since = end - timedelta(seconds=10_000 * PERIOD_S)
    timed("10,000 ticks as recorded", lambda: sum(1 for _ in history.ticks(since, end)))


def timed(name: str, work: Callable[[], object], *, runs: int = 5) -> None:
    walls_s, cpus_s = [], []
    for _ in range(runs):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        work()
        walls_s.append(time.perf_counter() - wall_s)
        cpus_s.append(time.process_time() - cpu_s)
    print(f"{name:<50} {1e3 * median(walls_s):8.1f} ms   CPU {1e3 * median(cpus_s):8.1f} ms")


def tick_cost(path: Path, *, assets: int) -> None:
    """What the journal costs the loop, and the writer beside it."""
    store = SqlStore(f"sqlite:///{path}")
    store.open()
    clock = MonotonicClock()
    time_of = TimeOfDay(clock)
    journal = StoreJournal(store.recorder, time_of=time_of)
    powers = {f"asset_{number}": number for number in range(assets)}
    statuses = {name: AssetStatus(output=1, highest=2, taken_at_s=clock.now_s()) for name in powers}
    costs_s, cpu_s = [], time.process_time()
    for number in range(500):
        began_s, now_s = time.perf_counter(), clock.now_s()
        sent = Tick(
            number=number,
            at=time_of(now_s),
            lag_s=0.0,
            power_unit="kW",
            scheduled=powers,
            potentials=powers,
            targets=powers,
            policy="proportional",
            shortfall=0,
            status_ages_s=OfStatuses(statuses, lambda status, now_s=now_s: status.age_s(now_s)),
        )
        journal.record(sent)
        costs_s.append(time.perf_counter() - began_s)
        time.sleep(0.01)
    while store.state().waiting:
        time.sleep(0.01)
    beside_s = (time.process_time() - cpu_s) / len(costs_s)
    costs_s.sort()
    print(
        f"{assets} assets, a tick: {1e6 * costs_s[250]:.0f} µs in the loop (p99 {1e6 * costs_s[495]:.0f} µs),", end=" "
    )
    print(f"{1e3 * beside_s:.2f} ms of CPU beside it")
    store.close()


def commit_cost(path: Path) -> None:
    """A schedule of a day in quarters of an hour for ten assets, until it is durable."""
    noon = datetime(2026, 3, 2, tzinfo=UTC)
    targets = {f"asset_{number}": number for number in range(10)}
    quarter = timedelta(minutes=15)
    blocks = tuple(
        TimeBlock(start=noon + number * quarter, end=noon + (number + 1) * quarter, targets=targets)
        for number in range(96)
    )
    for name, store in (("in memory", InMemoryStore()), ("SQLite", SqlStore(f"sqlite:///{path}"))):
        store.open()
        number = iter(range(10**6))
        timed(
            f"put a day's schedule, {name}",
            lambda store=store, number=number: store.repository.put(
                Schedule(id=f"s{next(number)}", source="manual", blocks=blocks)
            ),
            runs=50,
        )
        timed(
            f"put a document, {name}",
            lambda store=store: store.repository.put_document("run", "x", {"status": "running"}),
            runs=50,
        )
        timed(f"ask for the revision, {name}", store.repository.revision, runs=50)
        store.close()


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 3.0, int(sys.argv[2]) if len(sys.argv) > 2 else 100)
