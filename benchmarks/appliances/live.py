"""A request to the live half as a whole: read, decide, make durable in SQLite, beside the decision alone."""

from __future__ import annotations

import random
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from energy_manager.adapters.load_meters import NoMeters
from energy_manager.adapters.neighbours import NoNeighbours
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.storage import Store, store_at
from energy_manager.application.appliances import ApplianceService, SwitchableAssets
from energy_manager.domain.appliances import Policy, Timetable

BOOKED = 1000
APPLIANCES = 1200
REQUESTS = 200


class StopwatchTimetable:
    """Notes how long the timetable took for each decision."""

    def __init__(self) -> None:
        self.taken_s: list[float] = []
        self.cpu_s: list[float] = []
        self._request = Timetable.request

    def __enter__(self) -> StopwatchTimetable:
        inner, taken_s, cpu_s = self._request, self.taken_s, self.cpu_s

        def timed(table: Timetable, *arguments: Any, **more: Any) -> Any:
            began_s, cpu_began_s = time.perf_counter(), time.thread_time()
            try:
                return inner(table, *arguments, **more)
            finally:
                taken_s.append(time.perf_counter() - began_s)
                cpu_s.append(time.thread_time() - cpu_began_s)

        Timetable.request = timed  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        Timetable.request = self._request  # type: ignore[method-assign]


def service_on(store: Store) -> ApplianceService:
    """As ``run`` has it, with every appliance switched."""
    return ApplianceService(
        store=store.repository,
        now=lambda: datetime.now(UTC),
        one_at_a_time=threading.Lock(),
        site=SwitchableAssets(assets=frozenset(f"a{index}" for index in range(APPLIANCES)), watts_per_step=1),
        policy=Policy(),
        meter=NoMeters(),
        neighbours=NoNeighbours(),
        journal=InMemoryJournal(),
    )


def asked(rng: random.Random, index: int, *, is_booking: bool) -> dict[str, Any]:
    """A random run of a home with 6 kW, like those of the decisions' table; the booked ones may wait for long."""
    delay = rng.choice([None, 40 * BOOKED + 600] if is_booking else [0, 30, 120, 720, None])
    return {
        "household": "h",
        "appliance": f"a{index}",
        "power_w": rng.choice([500, 800, 1200, 2000, 3000]),
        "duration_min": rng.randint(20, 180),
        "max_delay_min": delay,
        "interruptible": rng.random() < 0.4,
        "priority": rng.choice(["low", "normal", "urgent"]),
    }


def shown(name: str, times_s: list[float]) -> None:
    """Median, p99 and the most, ms."""
    ordered = sorted(times_s)
    median, p99 = ordered[len(ordered) // 2], ordered[int(0.99 * len(ordered))]
    print(f"{name:<44} {1e3 * median:>8.2f} {1e3 * p99:>8.2f} {1e3 * ordered[-1]:>8.2f}")


def live_times() -> None:
    """Requests one after the other in a home with many runs booked, in a store on this disk."""
    with tempfile.TemporaryDirectory() as folder:
        store = store_at(f"sqlite:///{Path(folder) / 'store.db'}")
        store.open()
        service = service_on(store)
        service.put_household("h", {"threshold_w": 6000})
        for index in range(APPLIANCES):
            service.put_appliance("h", f"a{index}", {"power_w": 1000})
        rng = random.Random(BOOKED)
        for index in range(BOOKED):
            service.request(asked(rng, index, is_booking=True))
        wholes_s, looks_s = [], []
        with StopwatchTimetable() as decisions:
            for index in range(BOOKED, BOOKED + REQUESTS):
                began_s = time.perf_counter()
                service.request(asked(rng, index, is_booking=False))
                wholes_s.append(time.perf_counter() - began_s)
                began_s = time.perf_counter()
                service.pass_time()
                looks_s.append(time.perf_counter() - began_s)
        restart_s = time.perf_counter()
        service_on(store).look()
        restart_s = time.perf_counter() - restart_s
        store.close()
    print(
        f"The live half with {BOOKED} runs booked in one home, SQLite, durable (ms over {REQUESTS} requests, wall unless CPU)"
    )
    print(f"{'':<44} {'median':>8} {'p99':>8} {'max':>8}")
    shown("the decision alone, CPU", decisions.cpu_s)
    shown("the decision alone", decisions.taken_s)
    shown("the request as a whole, durable", wholes_s)
    shown("a look of the watcher, every 500 ms", looks_s)
    print(f"a restart from the store: {1e3 * restart_s:.0f} ms")
    print()
