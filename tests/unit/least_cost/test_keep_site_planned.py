"""Beside the loop a site is planned anew: from prices, forecasts, orders and departures, and the loop is led by it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from energy_manager.adapters.devices import Measurement
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.least_cost.current_guidance import CurrentGuidance
from energy_manager.application.least_cost.keep_prices import KeepPrices
from energy_manager.application.least_cost.live_site import DailyRun, LiveSite
from energy_manager.application.least_cost.rolling_planner import LABEL, SCHEDULE_ID, KeepSitePlanned
from energy_manager.application.least_cost.vehicles import Departure, Departures
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.application.ports.records.journal import Noticed
from energy_manager.application.ports.schedules.durability import Activation, PutActivation
from energy_manager.domain.clock_trust import TRUSTED, ClockTrust
from energy_manager.domain.least_cost import Mode, PccLimits, Storage
from energy_manager.domain.schedule import Schedule, Source, TimeBlock
from energy_manager.domain.site import PlanningSite
from energy_manager.domain.tariff import PriceInterval, Tariff
from energy_manager.entrypoints.documents.forecasts.request import forecast_from_json
from energy_manager.entrypoints.jobs.least_cost import LeastCostOptions
from energy_manager.entrypoints.jobs.least_cost.live import plan_live
from tests.support.changes import made
from tests.support.in_memory_devices import InMemoryDevices
from tests.support.stored_outlook import StoredOutlook

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BATTERY = Storage(
    id="battery", capacity_kwh=10.0, stored_kwh=0.0, max_charge_kw=5.0, max_discharge_kw=5.0, end_value_eur_per_kwh=0.0
)
CAR = Storage(id="car", kind="ev", capacity_kwh=40.0, stored_kwh=0.0, max_charge_kw=10.0, end_value_eur_per_kwh=0.0)


class HourlyPrices:
    name = "hours"

    def __init__(self, *spots, start=NOON):
        self.intervals = tuple(
            PriceInterval(start=start + n * HOUR, end=start + (n + 1) * HOUR, spot_per_kwh=Decimal(str(spot)))
            for n, spot in enumerate(spots)
        )
        self.asked = 0
        self.fails = False

    def fetch(self, since, until):
        self.asked += 1
        if self.fails:
            raise PricesUnavailable("the market is away")
        return self.intervals


def readings(*values):
    return json.dumps([{"time": (NOON + n * HOUR).isoformat(), "value": value} for n, value in enumerate(values)])


class Beside:
    """A site in memory, planned in this process; time is a fake clock's."""

    def __init__(self, *spots, load=(1.0,) * 6, cars=(), runs=(), stored_wh=2000.0, battery=BATTERY):
        self.clock, self.store, self.journal = FakeClock(), InMemoryStore(), InMemoryJournal()
        self.devices = InMemoryDevices({"battery": 0, "car": 0}, clock=self.clock)
        self.devices.measurements["battery"] = lambda: Measurement(power_w=0, stored_wh=stored_wh)
        self.devices.measurements["car"] = lambda: Measurement(power_w=0, stored_wh=5000.0)
        self.devices.request_statuses(due_s=0.0)
        self.trust = TRUSTED
        self.source = HourlyPrices(*spots)
        self.guided = CurrentGuidance()
        self.departures = Departures(documents=self.store.repository)
        self.at = NOON
        self.prices = KeepPrices(
            source=self.source,
            tariff=Tariff(currency="EUR", zone=ZoneInfo("UTC")),
            trust=lambda: self.trust,
            share=lambda: 0.5,
        )
        self.keep = KeepSitePlanned(
            site=LiveSite(
                battery=battery,
                pcc=PccLimits(import_limit_kw=20.0, export_limit_kw=20.0),
                step_s=3600,
                horizon=6 * HOUR,
                zone=ZoneInfo("UTC"),
                cars=cars,
                runs=runs,
            ),
            outlook=StoredOutlook(forecasts=self.store.repository),
            prices=self.prices,
            departures=self.departures,
            period=timedelta(minutes=15),
            schedules=self.store.repository,
            statuses=self.devices.statuses,
            clock=self.clock,
            status_max_age_s=25.0,
            kw_per_step=0.001,
            now=lambda: self.at,
            plan=self.plan,
            journal=self.journal,
            guided=self.guided,
        )
        self.store.repository.put_forecast(forecast_from_json(readings(*load).encode(), "load", now=NOON))
        self.questions = []

    async def plan(self, question, now):
        self.questions.append(question)
        site = PlanningSite(controllable=("battery", "car", "washer"), power_unit="W")
        return plan_live(question, LeastCostOptions(time_limit_s=5.0), site).unwrap()

    async def look(self, **ahead):
        self.at += timedelta(**ahead)
        await self.keep.look()

    @property
    def said(self):
        return [event.sentence for event in self.journal.events if isinstance(event, Noticed)]

    def target(self, asset, hour):
        block = self.store.repository.get(SCHEDULE_ID).schedule.block_at(NOON + (hour + 0.5) * HOUR)
        return block.targets.get(asset, 0)


async def test_the_plan_is_a_schedule_and_leads_the_loop():
    beside = Beside(0.1, 0.1, 0.5, 0.5, 0.1, 0.1)
    await beside.look()
    # 2 kWh are there, and two dear hours need 1 kWh each: nothing is bought, and nothing covers the cheap hours.
    assert [beside.target("battery", hour) for hour in range(4)] == [0, 0, 1000, 1000]
    assert beside.guided().schedule == LABEL
    # What is given now could be bought again for as much in the next hour: nothing moves for that.
    leading = beside.guided().at(NOON.timestamp() + 60, 2.0)
    assert (leading.mode, leading.prices.buy, leading.last_value) == (Mode.STORE, 0.1, pytest.approx(0.1))
    assert beside.said[-1].startswith("least cost: planned for 0.40 EUR until 2026-03-02T18:00:00Z")


async def test_what_the_plan_was_made_from_can_be_shown_beside_it():
    beside = Beside(0.1, 0.1, 0.5, 0.5, 0.1, 0.1)
    assert beside.keep.expected == ()
    await beside.look(minutes=30)
    expected = {forecast.name: forecast for forecast in beside.keep.expected}
    assert expected.keys() == {"load", "production", "price", "feed_in_price"}
    halves = [NOON + HOUR / 2, *(NOON + hour * HOUR for hour in range(1, 6))]
    assert [begin for begin, _ in expected["price"].readings()] == halves
    assert list(expected["price"].values) == [0.1, 0.1, 0.5, 0.5, 0.1, 0.1]
    assert list(expected["production"].values) == [0.0] * 6
    assert (str(expected["load"].unit), str(expected["price"].unit)) == ("kW", "EUR/kWh")


async def test_an_unchanged_site_keeps_its_plan_a_quarter_later():
    beside = Beside(0.1, 0.1, 0.5, 0.5, 0.1, 0.1)
    await beside.look()
    first = [beside.target("battery", hour) for hour in range(6)]
    await beside.look(minutes=15)
    assert [beside.target("battery", hour) for hour in range(6)] == first
    assert len(beside.questions) == 2


async def test_prices_are_asked_for_when_there_should_be_new_ones_and_kept_meanwhile():
    beside = Beside(*(0.1 * (n % 3) for n in range(12)))
    await beside.look()
    assert beside.source.asked == 1
    await beside.look(minutes=15)  # today's prices are known until midnight: the next come after 13:00
    assert beside.source.asked == 1
    beside.source.fails = True
    await beside.look(minutes=50)  # 13:05: tomorrow's should be there, and the source is away
    assert beside.source.asked == 2
    assert len(beside.questions) == 3
    await beside.look(minutes=15)
    assert beside.source.asked == 3


async def test_a_clock_that_is_doubted_asks_for_no_prices():
    beside = Beside(0.1, 0.2)
    beside.trust = ClockTrust(why="the clock is 3 days behind the newest record")
    await beside.look()
    assert beside.source.asked == 0
    assert beside.guided() is None
    assert "prices are not asked for while the clock is doubted" in beside.said[-1]


async def test_without_a_forecast_or_a_price_the_schedule_stays_and_the_reason_is_said_once():
    beside = Beside(0.1, 0.2)
    beside.source.fails = True
    await beside.look()
    await beside.look(seconds=20)
    assert beside.said == ["least cost: there is no new plan, the schedule stays as it is: the market is away"]
    assert beside.store.repository.get(SCHEDULE_ID) is None


async def test_a_car_is_ready_by_its_departure_and_a_new_departure_is_a_reason_to_plan():
    beside = Beside(0.3, 0.1, 0.3, 0.5, 0.5, 0.5, cars=(CAR,))
    await beside.look()
    assert [beside.target("car", hour) for hour in range(3)] == [0, 0, 0]
    beside.departures.put(Departure(vehicle="car", ready_by=NOON + 3 * HOUR, energy_kwh=20.0))
    await beside.look(seconds=1)
    # 15 kWh: 10 in the hour that is cheapest, the rest in one of the others.
    charged = [-beside.target("car", hour) for hour in range(3)]
    assert charged[1] == 10_000
    assert sum(charged) == pytest.approx(15_000, abs=20)


async def test_a_car_that_comes_is_a_reason_to_plan():
    beside = Beside(0.3, 0.1, 0.3, 0.5, 0.5, 0.5, cars=(CAR,))
    beside.devices.measurements["car"] = lambda: Measurement(power_w=0)
    beside.devices.request_statuses(due_s=0.0)
    await beside.look()
    assert [storage.id for storage in beside.questions[-1].site.storages] == ["battery"]
    await beside.look(seconds=1)
    assert len(beside.questions) == 1
    beside.devices.measurements["car"] = lambda: Measurement(power_w=0, stored_wh=0.0)
    beside.devices.request_statuses(due_s=0.0)
    await beside.look(seconds=1)
    assert [storage.id for storage in beside.questions[-1].site.storages] == ["battery", "car"]


async def test_a_run_is_placed_where_it_is_cheapest_and_not_moved_or_repeated_once_it_has_begun():
    washer = DailyRun(asset="washer", profile_kw=(2.0, 1.0), earliest=time(12), until=time(18))
    beside = Beside(0.5, 0.1, 0.1, 0.5, 0.5, 0.5, runs=(washer,), battery=replace(BATTERY, wear_eur_per_kwh=0.3))
    await beside.look()
    assert [beside.target("washer", hour) for hour in range(6)] == [0, -2000, -1000, 0, 0, 0]
    await beside.look(minutes=75)  # 13:15: it has begun
    assert [beside.target("washer", hour) for hour in range(1, 5)] == [-2000, -1000, 0, 0]
    assert beside.questions[-1].site.runs == ()
    # What it still takes is load: 2 kW now, 1 kW in the next hour.
    assert beside.questions[-1].site.load_kw[:3] == (3.0, 2.0, 1.0)


async def test_an_accepted_activation_is_a_fixed_power_with_its_energy_reserved():
    beside = Beside(0.5, 0.5, 0.5, 0.1, 0.1, 0.1)
    block = TimeBlock(start=NOON + 2 * HOUR, end=NOON + 3 * HOUR, targets={"battery": 2000})
    order = Schedule(id="order", source=Source.FLEXIBILITY, blocks=(block,))
    made(beside.store.repository, PutActivation(activation=Activation(schedule=order, terms={})))
    await beside.look()
    # 2 kWh are there: all of them are for the order, though the hours before are as dear.
    assert [beside.target("battery", hour) for hour in range(2)] == [0, 0]


async def test_who_never_said_how_much_the_battery_holds_gets_no_plan():
    beside = Beside(0.1, 0.2)
    beside.clock.sleep_until(60.0)
    await beside.look()
    assert "battery: how much energy it holds is not known" in beside.said[-1]
