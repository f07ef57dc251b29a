"""A source is asked once, and what it lacks is assumed from the days before; without any price there is a reason."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from energy_manager.application.least_cost.read_prices import ReadPrices
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.domain.tariff import PriceInterval, Tariff

DAY = timedelta(days=1)
T0 = datetime(2026, 3, 10, tzinfo=UTC)
TARIFF = Tariff(currency="EUR", zone=ZoneInfo("UTC"))


class Days:
    """Knows the price of some days, by their distance from ``T0``."""

    name = "days"

    def __init__(self, **prices):
        self.prices = {int(day.removeprefix("d").replace("_", "-")): Decimal(price) for day, price in prices.items()}
        self.asked = []

    def fetch(self, since, until):
        self.asked.append(((since - T0) / DAY, (until - T0) / DAY))
        found = tuple(
            PriceInterval(start=T0 + day * DAY, end=T0 + (day + 1) * DAY, spot_per_kwh=price)
            for day, price in sorted(self.prices.items())
            if T0 + day * DAY < until and T0 + (day + 1) * DAY > since
        )
        if not found:
            raise PricesUnavailable("days has no price for this time")
        return found


def rates(source, days=1):
    known = ReadPrices(source=source, tariff=TARIFF)(T0, T0 + days * DAY)
    return [(rate.start, rate.end, float(rate.buy_per_kwh), rate.is_assumed) for rate in known.rates], known.missing


def test_what_is_published_needs_one_question():
    source = Days(d_1="0.1", d0="0.2")
    assert rates(source) == ([(T0, T0 + DAY, 0.2, False)], ())
    assert source.asked == [(-1, 1)]


def test_what_is_not_published_is_that_of_the_day_before_and_marked():
    assert rates(Days(d_1="0.1", d0="0.2"), days=2)[0] == [
        (T0, T0 + DAY, 0.2, False),
        (T0 + DAY, T0 + 2 * DAY, 0.2, True),
    ]


def test_a_source_that_has_been_away_for_days_is_asked_for_the_week():
    source = Days(d_5="0.1", d0="0.2")
    assert rates(Days(d_1="0.2"))[0] == [(T0, T0 + DAY, 0.2, True)]
    source.prices.pop(0)
    with pytest.raises(PricesUnavailable):  # the first question must be answered: a source that fails is not a gap
        rates(source)
    source = Days(d_6="0.1", d_1="0.3", d1="0.5")
    assert rates(source, days=3)[0] == [
        (T0, T0 + DAY, 0.3, True),
        (T0 + DAY, T0 + 2 * DAY, 0.5, False),
        (T0 + 2 * DAY, T0 + 3 * DAY, 0.5, True),
    ]


def test_what_nobody_knows_is_missing_and_never_zero():
    source = Days(d1="0.5")
    assert rates(source, days=2) == ([(T0 + DAY, T0 + 2 * DAY, 0.5, False)], ((T0, T0 + DAY),))
    assert source.asked == [(-1, 2), (-7, -1)]
