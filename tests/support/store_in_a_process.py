"""A store in a process of its own, to be killed or starved: ``python store_in_a_process.py puts|starves URL``.

``puts`` commits as fast as it can while telemetry flows, and writes a line for each thing that was acknowledged.
``starves`` runs out of disk (its files may not grow) and gets room again; it writes what happened as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

from energy_manager.adapters.storage.sql import SqlStore
from energy_manager.application.ports.records.tick import Tick
from energy_manager.application.ports.schedules.durability import (
    Activation,
    PutActivation,
    PutDocument,
    PutSchedule,
    StoreUnavailable,
)
from energy_manager.domain.schedule import Schedule, TimeBlock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ASSETS = [f"asset_{number}" for number in range(100)]


def schedule(name: str, power: int) -> Schedule:
    blocks = tuple(
        TimeBlock(
            start=NOON + timedelta(hours=hour),
            end=NOON + timedelta(hours=hour + 1),
            targets=dict.fromkeys(ASSETS[:5], power),
        )
        for hour in range(4)
    )
    return Schedule(id=name, source="manual", blocks=blocks)


def record(store: SqlStore, number: int) -> None:
    powers = {asset_id: number * 7919 % 10007 + place for place, asset_id in enumerate(ASSETS)}
    at = datetime.now(UTC)
    tick = Tick(number=number, at=at, lag_s=0.0, scheduled=powers, potentials=powers, targets=powers, shortfall=0)
    store.recorder.record(tick)


def puts(store: SqlStore) -> None:
    def flow() -> None:
        for number in range(10**9):
            record(store, number)
            time.sleep(0.001)

    threading.Thread(target=flow, daemon=True).start()
    for number in range(10**9):
        name = f"s{number}"
        store.repository.commit(
            [
                PutSchedule(schedule=schedule(name, number)),
                PutActivation(activation=Activation(schedule=schedule(f"a{number}", number), terms={"n": number})),
                PutDocument(kind="run", id="counter", body={"n": number}),
            ]
        )
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def starves(store: SqlStore) -> None:
    store.repository.put(schedule("before", 1))
    free = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, free[1]))
    refused, recorded = "", 0
    end_s = time.monotonic() + 60
    # On a machine that is busy a first refusal may only say that it took too long.
    while "disk" not in refused and time.monotonic() < end_s:
        for _ in range(50):
            record(store, recorded)
            recorded += 1
        try:
            store.repository.put(schedule(f"during{recorded}", 1), timeout_s=0.3)
        except StoreUnavailable as error:
            refused = str(error)
    during = store.state()
    readable = store.repository.get("before") is not None
    resource.setrlimit(resource.RLIMIT_FSIZE, free)
    store.repository.put(schedule("after", 1), timeout_s=20)
    while store.state().waiting and time.monotonic() < end_s:
        time.sleep(0.01)
    after = store.state()
    store.close()
    said = {
        "refused": refused,
        "recorded": recorded,
        "trouble": during.trouble,
        "readable": readable,
        "stored": after.stored,
        "dropped": after.dropped,
        "set_aside": after.set_aside,
        "trouble_after": after.trouble,
    }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    opened = SqlStore(sys.argv[2])
    opened.open(timeout_s=20)
    {"puts": puts, "starves": starves}[sys.argv[1]](opened)
