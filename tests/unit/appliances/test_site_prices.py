"""Homes that go by money go by the site's tariff, without being told prices."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from energy_manager.application.appliances.desired_state import SiteHome
from energy_manager.application.appliances.monitor import WatchAppliances
from energy_manager.application.appliances.site_prices import KeepHomesPriced, home_prices
from energy_manager.application.least_cost.keep_prices import KeepPrices
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.domain.appliances.units import in_words
from energy_manager.domain.clock_trust import TRUSTED, ClockTrust
from energy_manager.domain.errors import Refused
from energy_manager.domain.tariff import Charge, PriceInterval, Tariff
from tests.support.live_appliances import SITE, Live

QUARTER = timedelta(minutes=15)
BERLIN = ZoneInfo("Europe/Berlin")
NO_PRICES = "strategy cost needs it, or a .tariff. in the site file"


class Spot:
    """A service of quarter hours: ``price`` of each, published until ``until``; counts how often it is asked."""

    name = "spot"

    def __init__(self, price, until):
        self.price, self.until, self.asked = price, until, 0

    def fetch(self, since, until):
        self.asked += 1
        begin = since.replace(minute=since.minute // 15 * 15, second=0, microsecond=0)
        found = []
        while begin < min(until, self.until):
            found.append(
                PriceInterval(
                    start=begin, end=begin + QUARTER, spot_per_kwh=Decimal(str(self.price(begin.astimezone(BERLIN))))
                )
            )
            begin += QUARTER
        if not found:
            raise PricesUnavailable("spot has none")
        return tuple(found)


class Priced:
    """A live site with a tariff; a home ``home`` with an oven, a car and a washer."""

    def __init__(self, price, *, start, until=timedelta(hours=36), **tariff):
        self.live = Live(start=start)
        self.live.service = self.live.server(site=replace(SITE, has_tariff=True))
        self.source = Spot(price, start + until)
        self.trust = TRUSTED
        self.prices = KeepPrices(
            source=self.source,
            tariff=Tariff(currency="EUR", zone=BERLIN, **tariff),
            trust=lambda: self.trust,
            share=lambda: 0.5,
        )
        self.keep = KeepHomesPriced(
            live=self.live.service, rates=self.prices.rates, now=self.live.now, journal=self.live.journal
        )
        home = {"threshold_w": 8000, "time_zone": "Europe/Berlin", "strategy": "cost"}
        self.live.put_household("home", home)
        for name in ("washer", "car"):
            self.live.put_appliance("home", name, {"power_w": 1000, "duration_min": 60})

    def ask(self, appliance="washer", **more):
        _, decision = self.live.request({"household": "home", "appliance": appliance, **more})
        return decision

    def starts(self, decision):
        """When its parts begin, on the local clock."""
        segments = self.live.service.look().run(decision.run_id).segments
        return [datetime.fromtimestamp(s.start_us / 1e6, UTC).astimezone(BERLIN).isoformat() for s in segments]


def cheap_at(*clock_times):
    """0.30 a kWh, and 0.05 in the quarter hours that begin at these local times."""
    return lambda local: 0.05 if f"{local:%d %H:%M}" in clock_times else 0.30


MORNING = datetime(2026, 6, 15, 6, tzinfo=UTC)


def test_a_run_waits_for_the_sites_cheap_quarter_hours():
    # 8:00 on the local clock; the four cheap quarters begin at 13:15.
    site = Priced(cheap_at("15 13:15", "15 13:30", "15 13:45", "15 14:00"), start=MORNING)
    site.keep.look()
    assert site.starts(site.ask(max_delay_min=600)) == ["2026-06-15T13:15:00+02:00"]


def test_a_run_waits_until_tomorrow_when_that_is_cheaper():
    site = Priced(cheap_at("16 02:30", "16 02:45", "16 03:00", "16 03:15"), start=MORNING)
    site.keep.look()
    assert site.starts(site.ask(max_delay_min=1400)) == ["2026-06-16T02:30:00+02:00"]


@pytest.mark.parametrize(
    ("start", "cheap", "starts"),
    [
        # 28 March 2026 in the evening: at 2:00 the clock goes to 3:00.
        (
            datetime(2026, 3, 28, 21, tzinfo=UTC),
            ("29 01:15", "29 01:30", "29 01:45", "29 03:00", "29 03:15", "29 03:30"),
            "2026-03-29T01:15:00+01:00",
        ),
        # 24 October 2026: at 3:00 the clock goes back to 2:00, and the quarter hours from there pass twice.
        (datetime(2026, 10, 24, 21, tzinfo=UTC), ("25 02:30", "25 02:45"), "2026-10-25T02:30:00+02:00"),
    ],
)
def test_prices_are_those_of_instants_when_the_clocks_change(start, cheap, starts):
    site = Priced(cheap_at(*cheap), start=start)
    site.keep.look()
    assert site.starts(site.ask(duration_min=90, max_delay_min=600)) == [starts]


def test_charges_by_the_local_clock_and_vat_are_in_the_price():
    # Spot is flat: what makes the night cheaper is the grid fee.
    fees = (
        Charge(from_min=22 * 60, to_min=6 * 60, per_kwh=Decimal("0.05")),
        Charge(from_min=360, to_min=1320, per_kwh=Decimal("0.25")),
    )
    site = Priced(lambda _: 0.10, start=MORNING, charges=fees, vat=Decimal("0.19"))
    site.keep.look()
    assert site.starts(site.ask(max_delay_min=1400)) == ["2026-06-15T22:00:00+02:00"]
    prices = site.live.service.look().table.policy.prices
    now_us = site.live.service.look().now_us
    assert in_words(prices.buy.at(now_us)) == "416.5"


def test_what_is_not_published_yet_is_yesterdays_and_never_free():
    # Published until 14:00 of today; 3:00 of tomorrow is taken to be as cheap as it was today.
    site = Priced(cheap_at("15 03:00", "15 03:15", "15 03:30", "15 03:45"), start=MORNING, until=timedelta(hours=6))
    site.keep.look()
    prices = site.live.service.look().table.policy.prices
    assert min(prices.buy.values) == 50
    assert site.starts(site.ask(max_delay_min=1400)) == ["2026-06-16T03:00:00+02:00"]


def test_new_prices_move_what_waits_to_its_new_cheapest_hour():
    site = Priced(cheap_at("15 20:00", "15 20:15", "15 20:30", "15 20:45"), start=MORNING)
    site.keep.look()
    washer = site.ask(max_delay_min=1400)
    assert site.starts(washer) == ["2026-06-15T20:00:00+02:00"]
    site.source.price = cheap_at("15 15:00", "15 15:15", "15 15:30", "15 15:45")
    site.source.until += timedelta(days=1)
    # The local clock shows 13:05: the day-ahead prices of tomorrow are due.
    site.live.wait(305)
    site.keep.look()
    assert site.starts(washer) == ["2026-06-15T15:00:00+02:00"]


def test_a_household_that_says_its_own_prices_keeps_them():
    site = Priced(cheap_at("15 13:15", "15 13:30", "15 13:45", "15 14:00"), start=MORNING)
    own = [100.0] * 24
    own[10] = 1.0
    site.live.change_household("home", {"price_eur_per_mwh": own})
    site.keep.look()
    assert site.source.asked == 0
    assert site.starts(site.ask(max_delay_min=600)) == ["2026-06-15T10:00:00+02:00"]
    site.live.change_household("home", {"price_eur_per_mwh": None})
    site.keep.look()
    assert site.starts(site.ask("car", max_delay_min=600)) == ["2026-06-15T13:15:00+02:00"]


def test_prices_outlive_a_restart_and_a_command_beside_the_site_goes_by_them():
    site = Priced(cheap_at("15 13:15", "15 13:30", "15 13:45", "15 14:00"), start=MORNING)
    site.keep.look()
    again = site.live.server(site=replace(SITE, has_tariff=True))
    assert again.look().table.policy.prices == site.live.service.look().table.policy.prices
    command = site.live.command()
    _, decision = command.request({"household": "home", "appliance": "washer", "max_delay_min": 600})
    assert site.starts(decision) == ["2026-06-15T13:15:00+02:00"]


def test_equal_prices_write_nothing():
    site = Priced(lambda _: 0.2, start=MORNING)
    site.keep.look()
    for _ in range(8):
        site.live.wait(15)
        site.keep.look()
    commits = site.live.repository.commits
    assert (
        sum(change.kind == "appliance_prices" for commit in commits for change in commit if hasattr(change, "kind"))
        == 1
    )


def test_a_site_without_homes_that_go_by_money_asks_for_no_prices():
    site = Priced(lambda _: 0.2, start=MORNING)
    site.live.change_household("home", {"strategy": "earliest"})
    site.keep.look()
    assert site.source.asked == 0


def test_without_prices_runs_start_at_the_earliest_and_it_is_told_once():
    site = Priced(lambda _: 0.2, start=MORNING)
    site.trust = ClockTrust(why="it went back")
    for _ in range(3):
        site.keep.look()
    assert site.source.asked == 0
    sentences = [event.sentence for event in site.live.journal.events if "prices" in getattr(event, "sentence", "")]
    assert sentences == [
        "homes have no prices to go by: prices are not asked for while the clock is doubted: it went back"
    ]
    assert site.starts(site.ask(max_delay_min=600)) == ["2026-06-15T08:00:00+02:00"]
    site.trust = TRUSTED
    site.live.wait(20)
    site.keep.look()
    assert site.live.journal.events[-1].sentence == "homes go by the site's prices again"


def test_without_a_tariff_cost_still_needs_prices():
    live = Live()
    with pytest.raises(Refused, match=NO_PRICES):
        live.put_household("home", {"threshold_w": 3000, "strategy": "cost"})


def test_the_prices_of_rates_leave_no_gap_and_hold_on():
    rng = random.Random(1)
    tariff = Tariff(currency="EUR", zone=BERLIN)
    begins = sorted(rng.sample(range(96), 40))
    rates = tariff.rates(
        PriceInterval(
            start=MORNING + place * QUARTER, end=MORNING + (place + 1) * QUARTER, spot_per_kwh=Decimal(place + 1) / 100
        )
        for place in begins
    )
    prices = home_prices(rates)
    assert min(prices.buy.values) == 10 * (begins[0] + 1)
    assert prices.buy.values[-1] == 10 * (begins[-1] + 1)


def test_a_strategy_that_the_site_file_says_anew_is_applied():
    live = Live()
    live.service = live.server(site=replace(SITE, has_tariff=True))

    def restart(**stated):
        home = SiteHome(household="home", document={"threshold_w": 3000.0, "time_zone": "UTC", **stated})
        WatchAppliances(live=live.service, clock=live.clock, journal=live.journal, homes=(home,)).look()
        return live.service.look().table.policy_of("home").strategy

    assert restart() == "earliest"
    assert restart(strategy="cost") == "cost"
    assert restart(strategy="flat") == "flat"
