"""Replaying what was recorded, beside a naive design: a row for each asset and tick in SQL.

``python -m benchmarks.site [TICKS] [ASSETS]`` (10,000 ticks of 100 assets unless told): the same ticks are kept by the
product's store, in a recording, and in a table with a row per asset and tick; each is read and every decision made
again by the same policy. The processor's time stands beside the wall's, because the machine may be busy with other
things. Two days are measured: one where potentials change every ten seconds, as statuses are read, and one where
everything changes at every tick, so that no decision can be taken from the tick before.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from statistics import median

from energy_manager.adapters.records.recordings import read_recording, write_recording
from energy_manager.adapters.runtime.clocks import wall_clock
from energy_manager.adapters.storage.sql import SqlStore
from energy_manager.application.explanation.replay import replay
from energy_manager.application.ports.records.history import Retention
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.dispatch import POLICIES, decide

PERIOD = timedelta(seconds=2)
FOR_EVER = Retention(detail_days=36_500, summary_days=36_500, max_bytes=10**12)
RUNS = 3


def main(count: int, assets: int) -> None:
    for name, ticks_alike in (("potentials change every ten seconds", 5), ("everything changes at every tick", 1)):
        with tempfile.TemporaryDirectory() as folder:
            print(f"\n{count} ticks of {assets} assets, {name}")
            compare(Path(folder), list(made_up(count, assets, ticks_alike=ticks_alike)))


def compare(folder: Path, ticks: list[Tick]) -> None:
    store = SqlStore(f"sqlite:///{folder}/store.db", retention=FOR_EVER, lived_until=wall_clock)
    store.open()
    for tick in ticks:
        store.recorder.record(tick)
        while store.state().waiting > 1000:
            time.sleep(0.01)
    while store.state().stored < len(ticks):
        time.sleep(0.01)
    recording = folder / "recording.jsonl"
    write_recording(recording, ticks)
    rows = sqlite3.connect(folder / "rows.db")
    write_rows(rows, ticks)
    since, until = ticks[0].at, ticks[-1].at + PERIOD
    naive_s = timed("naive: a row per asset and tick", lambda: replay_rows(rows, len(ticks)))
    for name, read in (
        ("the store", lambda: store.history.ticks(since, until)),
        ("a recording", lambda: read_recording(recording)),
    ):
        took_s = timed(f"replay of {name}", lambda read=read: check(replay(read()), len(ticks)))
        print(f"    {naive_s / took_s:.1f} times as fast as the naive design")
    print(
        f"    on disk: store {(folder / 'store.db').stat().st_size / 1e6:.1f} MB, "
        f"recording {recording.stat().st_size / 1e6:.1f} MB, rows {(folder / 'rows.db').stat().st_size / 1e6:.1f} MB"
    )
    store.close()
    rows.close()


def check(replayed, count: int) -> None:
    assert replayed.difference is None
    assert replayed.ticks == count


def made_up(count: int, assets: int, *, ticks_alike: int) -> Iterator[Tick]:
    """Schedules of a quarter of an hour (or a tick); a tenth of the assets falls short."""
    chance = random.Random(1)
    names = [f"asset_{number}" for number in range(assets)]
    start = datetime(2026, 3, 2, tzinfo=UTC)
    scheduled = dict.fromkeys(names, 0)
    potentials = dict.fromkeys(names, 0)
    for number in range(count):
        if number % (450 if ticks_alike > 1 else 1) == 0:
            scheduled = {name: chance.randint(-50, 500) for name in names}
        if number % ticks_alike == 0:
            potentials = {name: max(0, power + chance.randint(-50, 450)) for name, power in scheduled.items()}
            ages_s = {name: round(chance.uniform(0.1, 2), 3) for name in names}
        dispatch = decide(POLICIES["proportional"], scheduled, potentials, {})
        yield Tick(
            number=number,
            at=start + number * PERIOD,
            lag_s=chance.random() / 1e4,
            scheduled=scheduled,
            potentials=potentials,
            targets=dispatch.targets,
            shortfall=dispatch.shortfall,
            status_ages_s={name: age_s + 2.0 * (number % ticks_alike) for name, age_s in ages_s.items()},
            decided_by=dict.fromkeys(names, "production:plan"),
            policy="proportional",
            power_unit="kW",
        )


def write_rows(rows: sqlite3.Connection, ticks: list[Tick]) -> None:
    rows.execute(
        "CREATE TABLE ticks (tick INTEGER, place INTEGER, asset TEXT, scheduled INTEGER, potential INTEGER, "
        "target INTEGER, PRIMARY KEY (tick, place)) WITHOUT ROWID"
    )
    rows.executemany(
        "INSERT INTO ticks VALUES (?, ?, ?, ?, ?, ?)",
        (
            (tick.number, place, name, power, tick.potentials[name], tick.targets[name])
            for tick in ticks
            for place, (name, power) in enumerate(tick.scheduled.items())
        ),
    )
    rows.commit()


def replay_rows(rows: sqlite3.Connection, count: int) -> None:
    policy, seen = POLICIES["proportional"], 0
    found = rows.execute("SELECT tick, asset, scheduled, potential, target FROM ticks ORDER BY tick, place")
    for _, of_tick in groupby(found, key=lambda row: row[0]):
        lines = list(of_tick)
        dispatch = policy.dispatch({line[1]: line[2] for line in lines}, {line[1]: line[3] for line in lines})
        assert dispatch.targets == {line[1]: line[4] for line in lines}
        seen += 1
    assert seen == count


def timed(name: str, work: Callable[[], object]) -> float:
    """Print medians; the processor's time, s."""
    walls_s, cpus_s = [], []
    for _ in range(RUNS):
        wall_s, cpu_s = time.perf_counter(), time.process_time()
        work()
        walls_s.append(time.perf_counter() - wall_s)
        cpus_s.append(time.process_time() - cpu_s)
    print(f"  {name:<34} {median(walls_s):6.2f} s   CPU {median(cpus_s):6.2f} s")
    return median(cpus_s)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, int(sys.argv[2]) if len(sys.argv) > 2 else 100)
