from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from energy_manager.domain.least_cost import NoPrices, PriceCurve, PriceInterval, step_prices

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def interval(begin: float, hours: float | None, price: float, day: datetime = MONDAY) -> PriceInterval:
    start = day + timedelta(hours=begin)
    return PriceInterval(start=start, end=None if hours is None else start + timedelta(hours=hours), per_kwh=price)


def edges(begin: datetime, count: int, hours: float = 1.0):
    return [begin + timedelta(hours=hours * place) for place in range(count + 1)]


def test_a_step_gets_the_time_weighted_mean_of_its_intervals():
    curve = PriceCurve.of([interval(0, 0.25, 0.1), interval(0.25, 0.75, 0.3)])
    assert step_prices(curve, edges(MONDAY, 1), zone=UTC).per_kwh == (pytest.approx(0.25),)


def test_a_quarter_hour_inside_an_hour_holds_while_it_lasts():
    curve = PriceCurve.of([interval(0, 1, 0.2), interval(0.25, 0.25, 0.4)])
    assert step_prices(curve, edges(MONDAY, 4, 0.25), zone=UTC).per_kwh == pytest.approx((0.2, 0.4, 0.2, 0.2))


def test_of_two_intervals_with_one_start_the_shorter_one_holds_first():
    curve = PriceCurve.of([interval(0, 0.25, 0.4), interval(0, 1, 0.2)])
    assert step_prices(curve, edges(MONDAY, 2, 0.25), zone=UTC).per_kwh == pytest.approx((0.4, 0.2))


def test_until_further_notice_has_no_end():
    curve = PriceCurve.of([interval(0, None, 0.2), interval(5, None, 0.3)])
    prices = step_prices(curve, edges(MONDAY + timedelta(hours=4), 2), zone=UTC)
    assert prices.per_kwh == (0.2, 0.3)
    assert prices.assumed == (False, False)


def test_beyond_what_is_known_the_price_of_the_day_before_is_assumed_and_said():
    curve = PriceCurve.of([interval(hour, 1, 0.1 + 0.01 * hour) for hour in range(24)])
    prices = step_prices(curve, edges(MONDAY + timedelta(hours=23), 3), zone=UTC)
    assert prices.per_kwh == pytest.approx((0.33, 0.10, 0.11))
    assert prices.assumed == (False, True, True)


def test_a_missing_day_is_assumed_from_the_last_day_that_is_known():
    curve = PriceCurve.of([interval(12, 1, 0.5)])
    prices = step_prices(curve, edges(MONDAY + timedelta(days=3, hours=12), 1), zone=UTC)
    assert (prices.per_kwh, prices.assumed) == ((0.5,), (True,))


def test_the_day_before_means_the_same_local_clock_time_when_the_clock_changes():
    saturday = datetime(2026, 3, 28, tzinfo=UTC)  # on Sunday summer time begins: 12:00 is 10:00 UTC, not 11:00
    curve = PriceCurve.of([interval(hour, 1, 0.01 * hour, saturday) for hour in range(24)])
    prices = step_prices(curve, edges(datetime(2026, 3, 29, 10, tzinfo=UTC), 1), zone=BERLIN)
    assert prices.per_kwh == pytest.approx((0.11,))


def test_a_price_that_nothing_is_known_of_is_never_0():
    with pytest.raises(NoPrices, match="no price for 2026-03-02T00:00:00"):
        step_prices(PriceCurve.of([interval(1, 1, 0.2)]), edges(MONDAY, 1), zone=UTC)
