"""Prices are asked for when there should be new ones: at about 13:00 local time, and again until they are there."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from energy_manager.application.least_cost.keep_prices import RETRY, SPREAD, KeepPrices
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.domain.clock_trust import TRUSTED, ClockTrust
from energy_manager.domain.tariff import PriceInterval, Tariff

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


# Minutes after midnight in which the clock may show 13:00 to 13:07, on days of 23, 24 and 25 hours.
AT_ONE = [0, *(60 * hour + minute for hour in (12, 13, 14) for minute in range(8))]


class Market:
    """Publishes each local day at 13:00 of the day before, ``late`` later; counts when it is asked."""

    name = "market"

    def __init__(self, *, late=timedelta(0)):
        self.late, self.asked, self.now, self.is_away = late, [], None, False

    def fetch(self, since, until):
        self.asked.append(self.now)
        local = (self.now - self.late).astimezone(BERLIN)
        days = 2 if local.hour >= 13 else 1
        end = datetime.combine(local.date() + timedelta(days=days), datetime.min.time(), BERLIN).astimezone(UTC)
        begin = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if self.is_away:
            raise PricesUnavailable("market is away")
        count = int((min(end, until + HOUR) - begin) / HOUR)
        return tuple(
            PriceInterval(start=begin + n * HOUR, end=begin + (n + 1) * HOUR, spot_per_kwh=Decimal("0.1"))
            for n in range(count)
        )


def asked_over(day, market, *, share, minutes):
    """When a local day is gone through by the minute: at what local times the market is asked."""
    trust = [TRUSTED]
    keep = KeepPrices(
        source=market, tariff=Tariff(currency="EUR", zone=BERLIN), trust=lambda: trust[0], share=lambda: share
    )
    midnight = datetime.fromisoformat(day).replace(tzinfo=BERLIN).astimezone(UTC)
    for minute in minutes:
        market.now = midnight + timedelta(minutes=minute)
        keep.rates(market.now, market.now + timedelta(days=2), now=market.now)
    return [at.astimezone(BERLIN).replace(tzinfo=None) for at in market.asked]


@pytest.mark.no_cover
@pytest.mark.parametrize("day", ["2026-03-02", "2026-03-29", "2026-10-25"])
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_day_has_two_questions_at_the_start_and_at_one_with_jitter(day, share):
    first, second = asked_over(day, Market(), share=share, minutes=AT_ONE)
    one = datetime.fromisoformat(f"{day}T13:00")
    assert first == datetime.fromisoformat(day)
    assert one + SPREAD * share <= second < one + SPREAD * share + timedelta(minutes=1)


def test_what_is_late_is_asked_for_again_until_it_is_there_and_not_all_sites_at_once():
    early, late = (
        asked_over("2026-03-02", Market(late=HOUR), share=share, minutes=[0, *range(780, 870, 5)])[1:]
        for share in (0.0, 1.0)
    )
    one = datetime.fromisoformat("2026-03-02T13:00")
    assert early == [one + n * RETRY / 2 for n in range(13)]
    # From 13:05 on every 15 minutes; at 14:05 it is there.
    assert late == [one + SPREAD + n * RETRY * 1.5 for n in range(5)]


def test_a_service_that_is_away_is_asked_again_and_what_is_known_goes_on():
    market = Market()
    keep = KeepPrices(
        source=market, tariff=Tariff(currency="EUR", zone=BERLIN), trust=lambda: TRUSTED, share=lambda: 0.5
    )
    market.now = datetime(2026, 3, 2, 11, tzinfo=UTC)
    keep.rates(market.now, market.now + timedelta(days=1), now=market.now)
    market.is_away = True
    for minute in (70, 75, 81):
        market.now = datetime(2026, 3, 2, 11, tzinfo=UTC) + timedelta(minutes=minute)
        rates = keep.rates(market.now, market.now + timedelta(days=1), now=market.now)
        # Until midnight they are published, then those of the day before.
        assert {rate.buy_per_kwh for rate in rates} == {Decimal("0.1")}
        assert [rate.is_assumed for rate in rates if rate.start >= datetime(2026, 3, 2, 23, tzinfo=UTC)].count(
            False
        ) == 0
    assert len(market.asked) == 3


def test_a_clock_that_is_doubted_asks_for_nothing_and_asks_once_it_is_trusted():
    market, trust = Market(), [ClockTrust(why="it went back")]
    keep = KeepPrices(
        source=market, tariff=Tariff(currency="EUR", zone=BERLIN), trust=lambda: trust[0], share=lambda: 0.5
    )
    market.now = datetime(2026, 3, 2, 11, tzinfo=UTC)
    with pytest.raises(PricesUnavailable, match="while the clock is doubted: it went back"):
        keep.rates(market.now, market.now + HOUR, now=market.now)
    assert market.asked == []
    trust[0] = TRUSTED
    market.now += RETRY
    assert keep.rates(market.now, market.now + HOUR, now=market.now)
