"""A live site from an empty store: by the self-consumption rule until its forecasts are tried, then by the values."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from energy_manager.adapters.devices import Measurement
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.dispatch import HoldGridLimit
from energy_manager.application.forecasting.issue import IssueForecasts
from energy_manager.application.forecasting.outlook import ForecastOutlook
from energy_manager.application.least_cost.current_guidance import CurrentGuidance
from energy_manager.application.least_cost.keep_prices import KeepPrices
from energy_manager.application.least_cost.live_site import LiveSite
from energy_manager.application.least_cost.rolling_planner import LABEL, SCHEDULE_ID, KeepSitePlanned
from energy_manager.application.least_cost.vehicles import Departures
from energy_manager.domain.clock_trust import TRUSTED
from energy_manager.domain.dispatch import AssetStatus
from energy_manager.domain.least_cost import PccLimits, Storage
from energy_manager.domain.peak_shaving.grid_limit import GridLimitSettings
from energy_manager.domain.site import PlanningSite
from energy_manager.domain.tariff import PriceInterval, Tariff
from energy_manager.entrypoints.jobs.least_cost import LeastCostOptions
from energy_manager.entrypoints.jobs.least_cost.live import plan_live
from tests.support.in_memory_devices import InMemoryDevices
from tests.unit.forecasting.site import HistoryOf, measured

pytestmark = pytest.mark.no_cover  # others take its branches

START = datetime(2026, 3, 2, 7, 30, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
A_DAY = 96
DAYS = 7
MOST_KW, CAPACITY_KWH, EFFICIENCY, SELL = 5.0, 10.0, 0.95, 0.08
LIMITS = GridLimitSettings(
    import_limit_kw=100.0,
    export_limit_kw=100.0,
    max_charge_kw=MOST_KW,
    max_discharge_kw=MOST_KW,
    min_kwh=0.0,
    capacity_kwh=CAPACITY_KWH,
    tick_s=2.0,
)


class Days:
    """Load, sun and prices of quarter hours; no day is like the one before."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        count = (DAYS + 3) * A_DAY
        hour = ((START.hour + START.minute / 60) + np.arange(count) / 4) % 24
        evening = 3.0 * np.exp(-(((hour - 19) / 2) ** 2)) * np.repeat(rng.uniform(0.2, 2.0, DAYS + 3), A_DAY)
        self.load_kw = np.round(0.3 + evening + rng.exponential(0.2, count), 3)
        sun = np.clip(np.sin((hour - 7) / 10 * np.pi), 0, None) * (hour > 7) * (hour < 17)
        self.sun_kw = np.round(4.0 * sun * np.repeat(rng.uniform(0.05, 1.0, DAYS + 3), A_DAY), 3)
        self.buy = np.round(0.28 + 0.1 * np.sin((hour - 12) / 24 * 4 * np.pi), 4)

    def net_kw(self, place):
        return float(self.load_kw[place] - self.sun_kw[place])


def moved(stored_kwh, charge_kw):
    """What a battery really does of a charge in a quarter hour, kW, and what it holds then."""
    most_in = min((CAPACITY_KWH - stored_kwh) / EFFICIENCY * 4, MOST_KW)
    most_out = min(stored_kwh * EFFICIENCY * 4, MOST_KW)
    charge_kw = min(max(charge_kw, -most_out), most_in)
    return charge_kw, stored_kwh + charge_kw / 4 * (EFFICIENCY if charge_kw > 0 else 1 / EFFICIENCY)


class LiveDays:
    """The site with its store, its planner and its loop; a tick stands for a quarter hour."""

    name = "hours"

    def __init__(self, days, *, has_prices=True):
        self.days, self.at, self.place, self.stored_kwh = days, START, 0, 0.0
        self.has_prices = has_prices
        self.charges = []
        self.clock, self.store, journal = FakeClock(), InMemoryStore(), InMemoryJournal()
        self.devices = InMemoryDevices({"battery": 0}, clock=self.clock)
        self.devices.measurements["battery"] = lambda: Measurement(power_w=0, stored_wh=1000 * self.stored_kwh)
        self.guided = CurrentGuidance()
        history = HistoryOf(meter=self.metered, pv=self.delivered, battery=self.discharged)
        site = measured(history)
        forecasts, zone = self.store.repository, ZoneInfo("UTC")
        self.issue = IssueForecasts(
            measured=site,
            forecasts=forecasts,
            with_load=True,
            with_production=True,
            sun_service=None,
            horizon=timedelta(hours=48),
            zone=zone,
            now=lambda: self.at,
            may_fetch=lambda: True,
            journal=journal,
        )
        self.keep = KeepSitePlanned(
            site=LiveSite(
                battery=Storage(
                    id="battery",
                    capacity_kwh=CAPACITY_KWH,
                    stored_kwh=0.0,
                    max_charge_kw=MOST_KW,
                    max_discharge_kw=MOST_KW,
                    charge_efficiency=EFFICIENCY,
                    discharge_efficiency=EFFICIENCY,
                ),
                pcc=PccLimits(import_limit_kw=100.0, export_limit_kw=100.0),
                step_s=3600,
                horizon=timedelta(hours=32),
                zone=zone,
            ),
            outlook=ForecastOutlook(forecasts=forecasts, measured=site, zone=zone),
            prices=KeepPrices(
                source=self,
                tariff=Tariff(currency="EUR", zone=zone, feed_in=Decimal(str(SELL))),
                trust=lambda: TRUSTED,
                share=lambda: 0.5,
            ),
            departures=Departures(documents=self.store.repository),
            period=timedelta(hours=3),
            schedules=self.store.repository,
            statuses=self.devices.statuses,
            clock=self.clock,
            status_max_age_s=1e9,
            kw_per_step=0.001,
            now=lambda: self.at,
            plan=self.plan,
            journal=journal,
            guided=self.guided,
        )
        self.hold = HoldGridLimit(
            settings=LIMITS,
            meter="meter",
            storage="battery",
            kw_per_step=0.001,
            guidance=self.guided,
            is_planned=True,
        )

    def fetch(self, since, until):
        hours = range(0, len(self.days.buy) - 2, 4)
        return tuple(
            PriceInterval(
                start=START + place * QUARTER - timedelta(minutes=30),
                end=START + (place + 4) * QUARTER - timedelta(minutes=30),
                spot_per_kwh=Decimal(str(self.days.buy[place])),
            )
            for place in hours
        )

    def _recorded(self, instant, values):
        place = (instant - START) // QUARTER
        return values(place) if 0 <= place < self.place else None

    def metered(self, instant):
        return self._recorded(instant, lambda place: -1000 * (self.days.net_kw(place) + self.charges[place]))

    def delivered(self, instant):
        return self._recorded(instant, lambda place: 1000 * float(self.days.sun_kw[place]))

    def discharged(self, instant):
        return self._recorded(instant, lambda place: -1000 * self.charges[place])

    async def plan(self, question, now):
        return plan_live(question, LeastCostOptions(time_limit_s=5.0), PlanningSite(controllable=("battery",))).unwrap()

    async def pass_quarter(self):
        """The quarter hour's hold."""
        self.devices.request_statuses(due_s=0.0)
        if self.place % 12 == 1:
            self.issue.look()
        if self.has_prices:
            await self.keep.look()
        now_s = self.at.timestamp()
        statuses = {
            "meter": AssetStatus(taken_at_s=now_s, output_w=-1000 * self.days.net_kw(self.place)),
            "battery": AssetStatus(taken_at_s=now_s, output_w=0.0, stored_wh=1000 * self.stored_kwh),
        }
        kept = self.store.repository.get(SCHEDULE_ID)
        block = None if kept is None else kept.schedule.block_at(self.at)
        is_led = block is not None and "battery" in block.targets
        scheduled = {"battery": block.targets["battery"]} if is_led else {}
        decided_by = {"battery": LABEL} if is_led else {}
        hold = self.hold(scheduled, statuses, now_s=now_s, at=self.at, decided_by=decided_by)
        charge_kw, self.stored_kwh = moved(self.stored_kwh, -hold.target / 1000)
        self.charges.append(charge_kw)
        self.place, self.at = self.place + 1, self.at + QUARTER
        return hold


def cost(days, charges, first, last):
    exchange = [days.net_kw(place) + charges[place] for place in range(first, last)]
    prices = [days.buy[place] if kw > 0 else SELL for place, kw in enumerate(exchange, first)]
    return sum(kw * price / 4 for kw, price in zip(exchange, prices, strict=True))


def by_rule(days):
    charges, stored = [], 0.0
    for place in range(DAYS * A_DAY):
        charge_kw, stored = moved(stored, -days.net_kw(place))
        charges.append(charge_kw)
    return charges


async def test_a_site_costs_no_more_than_by_the_rule_in_its_first_days_and_less_afterwards():
    days = Days(3)
    live, rule = LiveDays(days), by_rule(days)
    holds = [await live.pass_quarter() for _ in range(DAYS * A_DAY)]
    # A horizon of 32 hours ends on the second day after: from the second day on three of them are known on the sixth.
    tried = next(place for place, hold in enumerate(holds) if hold.next_value_per_kwh is not None)
    assert 5 * A_DAY <= tried < 5 * A_DAY + 12
    assert cost(days, live.charges, 0, tried) <= cost(days, rule, 0, tried) + 0.01
    assert all(hold.mode in {"", "normal"} for hold in holds[:tried])
    assert {hold.mode for hold in holds[tried:]} >= {"normal", "store"}
    assert cost(days, live.charges, tried, DAYS * A_DAY) < cost(days, rule, tried, DAYS * A_DAY) - 0.10


async def test_a_site_without_any_plan_takes_surplus_and_covers_load():
    days = Days(4)
    live, rule = LiveDays(days, has_prices=False), by_rule(days)
    holds = [await live.pass_quarter() for _ in range(A_DAY)]
    assert live.charges == pytest.approx(rule[:A_DAY], abs=0.002)
    assert {(hold.reason, hold.plan) for hold in holds} == {("band", "")}
