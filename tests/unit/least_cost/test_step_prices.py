from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from energy_manager.domain.least_cost import NoPrices, step_prices
from energy_manager.domain.tariff import Charge, PriceInterval, Rate, Tariff, extended_by_yesterday

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def rate(begin: float, end: float, buy: str, *, is_assumed: bool = False) -> Rate:
    return Rate(
        start=MONDAY + timedelta(hours=begin),
        end=MONDAY + timedelta(hours=end),
        spot_per_kwh=Decimal(0),
        buy_per_kwh=Decimal(buy),
        sell_per_kwh=Decimal(buy) / 2,
        is_assumed=is_assumed,
    )


def edges(*hours: float) -> list[datetime]:
    return [MONDAY + timedelta(hours=hour) for hour in hours]


def test_a_step_gets_the_time_weighted_mean_of_its_rates():
    prices = step_prices([rate(0, 0.25, "0.1"), rate(0.25, 1, "0.3")], edges(0, 1))
    assert prices.buy_eur_per_kwh == (pytest.approx(0.25),)
    assert prices.sell_eur_per_kwh == (pytest.approx(0.125),)


def test_a_step_that_has_begun_asks_only_for_what_is_left_of_it():
    prices = step_prices([rate(0, 1, "0.1"), rate(1, 2, "0.3")], edges(0.5, 1, 2))
    assert prices.buy_eur_per_kwh == pytest.approx((0.1, 0.3))


def test_the_first_step_with_an_assumed_price_is_said():
    rates = [rate(0, 1, "0.1"), rate(1, 1.5, "0.2"), rate(1.5, 3, "0.3", is_assumed=True)]
    assert step_prices(rates, edges(0, 1, 2, 3)).assumed_from_step == 1
    assert step_prices(rates[:2], edges(0, 1)).assumed_from_step is None


@pytest.mark.parametrize("hours", [(-1, 1), (1, 3), (2, 3)])
def test_a_step_without_a_price_is_never_free(hours):
    with pytest.raises(NoPrices, match="no price is known or assumed for 2026-03-0"):
        step_prices([rate(0, 2, "0.1")], edges(*hours))


def test_spot_prices_become_steps_by_way_of_yesterday_and_the_tariff():
    berlin = ZoneInfo("Europe/Berlin")
    hours = edges(*range(25))
    known = [
        PriceInterval(start=start, end=end, spot_per_kwh=Decimal(place) / 100)
        for place, (start, end) in enumerate(pairwise(hours))
    ]
    tariff = Tariff(
        currency="EUR",
        zone=berlin,
        vat=Decimal("0.25"),
        charges=(Charge(from_min=0, to_min=24 * 60, per_kwh=Decimal("0.1")),),
        feed_in="spot",
    )
    begin = MONDAY + timedelta(hours=23)
    prices = extended_by_yesterday(known, begin, begin + timedelta(hours=2), berlin)
    steps = step_prices(tariff.rates(prices.intervals), [begin + timedelta(hours=hour) for hour in range(3)])
    assert steps.buy_eur_per_kwh == pytest.approx((0.33 * 1.25, 0.10 * 1.25))
    assert steps.sell_eur_per_kwh == pytest.approx((0.23, 0.0))
    assert steps.assumed_from_step == 1
