"""``/healthz`` tells whether the loop ticks; that the page answers is not enough."""

import httpx2
import pytest
from fastapi import FastAPI

from energy_manager.adapters.clocks import FakeClock
from energy_manager.application.dispatch import TickStatistics
from energy_manager.entrypoints.api.health import health_routes


@pytest.fixture
def loop():
    """A loop of two seconds, whose clock the test moves."""

    class Loop:
        clock = FakeClock(1000.0)
        statistics = TickStatistics()

        def tick(self):
            self.statistics.ran(at_s=self.clock.now_s(), lag_s=0.0)

        async def health(self):
            app = FastAPI()
            app.include_router(health_routes(self.statistics, self.clock, period_s=2.0))
            async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as client:
                response = await client.get("/healthz")
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
