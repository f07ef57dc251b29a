"""``/healthz`` tells whether the loop ticks; that the page answers is not enough."""

import httpx2
import pytest
from fastapi import FastAPI

from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.application.dispatch import TickStatistics, WatchDevices
from energy_manager.application.ports.schedules.durability import StoreState
from energy_manager.application.tick_grid import TickGrid
from energy_manager.entrypoints.api.operation.health import health_routes
from tests.support.in_memory_devices import InMemoryDevices


@pytest.fixture
def loop():
    """A loop of two seconds, whose clock the test moves."""

    class Loop:
        def __init__(self):
            self.clock = FakeClock(1000.0)
            self.statistics = TickStatistics()
            self.devices = InMemoryDevices({"alive": 10, "dead": 10}, clock=self.clock)
            self.devices.hang("dead")
            self.watch = WatchDevices(
                clock=self.clock,
                devices=self.devices,
                statuses=self.devices.statuses,
                journal=InMemoryJournal(),
                status_max_age_s=25.0,
            )
            self.store_state = StoreState(is_reachable=True)
            self.store = self
            self.is_logging = True

        def state(self):
            return self.store_state

        def tick(self):
            self.statistics.ran(at_s=self.clock.now_s(), lag_s=0.0)

        async def health(self):
            return await self.ask("/healthz")

        async def readiness(self):
            return await self.ask("/readyz")

        async def ask(self, path):
            app = FastAPI()
            routes = health_routes(
                self.statistics,
                self.clock,
                self.watch,
                self.store,
                period_s=2.0,
                is_logging=lambda: self.is_logging,
            )
            app.include_router(routes)
            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
                response = await client.get(path)
            return response.status_code, response.json()

    return Loop()


async def test_before_the_first_tick_it_is_not_well(loop):
    assert await loop.health() == (
        503,
        {"error": "not_ticking", "message": "the dispatch loop has not ticked yet", "details": None},
    )


async def test_while_it_ticks_it_is_well(loop):
    for _ in range(3):
        loop.clock.sleep_until(loop.clock.now_s() + 2.0)
        loop.tick()
    loop.clock.sleep_until(loop.clock.now_s() + 1.25)
    assert await loop.health() == (200, {"status": "ok", "ticks": 3, "last_tick_age_s": 1.25})


@pytest.mark.parametrize(("frozen_s", "status"), [(2.0, 200), (4.0, 200), (4.001, 503), (3600.0, 503)])
async def test_a_loop_that_is_two_periods_late_is_not_well(loop, frozen_s, status):
    loop.tick()
    loop.clock.sleep_until(1000.0 + frozen_s)
    assert (await loop.health())[0] == status


async def test_it_says_for_how_long_the_loop_has_been_frozen_and_is_well_again_after_a_tick(loop):
    loop.tick()
    loop.clock.sleep_until(1005.5)
    status, document = await loop.health()
    assert (status, document["error"]) == (503, "not_ticking")
    assert document["message"] == "the dispatch loop ticked 5.5 s ago, its period is 2 s"
    loop.tick()
    assert (await loop.health())[0] == 200


async def test_it_is_ready_once_the_first_statuses_are_in_though_a_device_is_dead(loop):
    grid = TickGrid(start_s=1000.0, period_s=10.0)
    loop.watch.follow(targets=grid, statuses=grid)
    status, document = await loop.readiness()
    assert (status, document["error"], document["message"]) == (503, "not_ready", "the first statuses are not in yet")
    loop.devices.request_statuses(due_s=1000.0)
    loop.clock.sleep_until(1001.0)
    loop.watch.look()
    assert await loop.readiness() == (200, {"status": "ok"})


async def test_it_is_not_ready_when_nobody_writes_or_logs_any_more(loop):
    loop.store_state = StoreState(is_reachable=True, writer_is_alive=False)
    loop.is_logging = False
    status, document = await loop.readiness()
    assert status == 503
    assert "the store's writer has ended" in document["message"]
    assert "nothing is logged any more" in document["message"]


async def test_it_is_not_ready_while_the_store_is_away(loop):
    loop.store_state = StoreState(is_reachable=False, trouble="the disk is full")
    status, document = await loop.readiness()
    assert status == 503
    assert document["message"].endswith("the store is not available: the disk is full")
