"""Prices are intervals: what is said twice stands once, what is not said is assumed from the day before, never 0."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.domain.tariff import PriceInterval, extended_by_yesterday, without_overlaps

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def interval(from_min: int, to_min: int, spot: float | str, *, since: datetime = NOON, **more) -> PriceInterval:
    return PriceInterval(
        start=since + timedelta(minutes=from_min),
        end=since + timedelta(minutes=to_min),
        spot_per_kwh=Decimal(str(spot)),
        **more,
    )


def hours(start: datetime, prices: list[int]) -> list[PriceInterval]:
    return [interval(60 * hour, 60 * hour + 60, price, since=start) for hour, price in enumerate(prices)]


def test_quarter_hours_go_before_the_hour_that_they_are_part_of():
    laid = without_overlaps([interval(0, 60, 10), interval(15, 30, 7), interval(60, 120, 20)])
    assert [(each.start.minute, each.spot_per_kwh) for each in laid] == [(0, 10), (15, 7), (30, 10), (0, 20)]


def test_what_is_said_twice_alike_stands_once():
    assert len(without_overlaps([interval(0, 60, 10), interval(0, 60, 10)])) == 1


def test_two_prices_for_one_hour_are_refused():
    with pytest.raises(Refused, match="10 and 11 are both said"):
        without_overlaps([interval(0, 60, 10), interval(0, 60, 11)])


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"start": NOON.replace(tzinfo=None)}, "start: 2026-03-02T12:00:00 has no time zone"),
        ({"end": NOON}, "end: .* is not after"),
        ({"spot_per_kwh": Decimal("NaN")}, "spot_per_kwh: NaN is no price"),
        ({"spot_per_kwh": Decimal(251)}, "between -100 and 100"),
        ({"final_per_kwh": Decimal("Infinity")}, "final_per_kwh"),
    ],
)
def test_what_is_no_price_over_a_time_is_refused(wrong, sentence):
    with pytest.raises(Refused, match=sentence):
        PriceInterval(**{"start": NOON, "end": NOON + timedelta(hours=1), "spot_per_kwh": Decimal(0), **wrong})


def test_a_missing_day_is_assumed_to_be_as_the_day_before_hour_by_hour():
    yesterday = hours(NOON - timedelta(days=1), list(range(24)))
    prices = extended_by_yesterday(yesterday, NOON, NOON + timedelta(hours=24), BERLIN)
    assert [each.spot_per_kwh for each in prices.intervals] == list(range(24))
    assert all(each.is_assumed and each.end - each.start == timedelta(hours=1) for each in prices.intervals)
    assert prices.missing == ()


def test_only_the_gap_is_assumed():
    known = [*hours(NOON - timedelta(days=1), [1, 2, 3]), interval(0, 60, 5), interval(120, 180, 6)]
    prices = extended_by_yesterday(known, NOON, NOON + timedelta(hours=3), BERLIN)
    assert [(each.spot_per_kwh, each.is_assumed) for each in prices.intervals] == [(5, False), (2, True), (6, False)]


def test_two_days_ahead_are_assumed_from_the_last_one_known():
    known = hours(NOON - timedelta(days=1), list(range(24)))
    prices = extended_by_yesterday(known, NOON, NOON + timedelta(hours=48), BERLIN)
    assert [each.spot_per_kwh for each in prices.intervals] == [*range(24), *range(24)]


def test_what_no_day_of_a_week_knows_is_missing_and_not_0():
    known = [interval(0, 60, 5)]
    prices = extended_by_yesterday(known, NOON, NOON + timedelta(hours=26), BERLIN)
    day = timedelta(days=1)
    assert [(each.start, each.spot_per_kwh) for each in prices.intervals] == [(NOON, 5), (NOON + day, 5)]
    gaps = [(NOON + timedelta(hours=1), NOON + day), (NOON + day + timedelta(hours=1), NOON + timedelta(hours=26))]
    assert list(prices.missing) == gaps


def test_without_any_price_all_is_missing():
    prices = extended_by_yesterday([], NOON, NOON + timedelta(hours=2), BERLIN)
    assert prices.intervals == ()
    assert prices.missing == ((NOON, NOON + timedelta(hours=2)),)


@pytest.mark.parametrize(("day", "length"), [(29, 23), (25, 25)])
def test_on_a_day_of_23_or_25_hours_the_local_clock_decides(day, length):
    month = 3 if day == 29 else 10
    midnight = datetime(2026, month, day, tzinfo=BERLIN)
    before = [
        interval(60 * hour, 60 * hour + 60, hour, since=datetime(2026, month, day - 1, tzinfo=BERLIN).astimezone(UTC))
        for hour in range(24)
    ]
    following = datetime(2026, month, day + 1, tzinfo=BERLIN)
    prices = extended_by_yesterday(before, midnight, following, BERLIN)
    assert sum((each.end - each.start).total_seconds() for each in prices.intervals) == 3600 * length
    for each in prices.intervals:
        assert each.spot_per_kwh == each.start.astimezone(BERLIN).hour
    assert prices.missing == ()


def test_an_assumed_price_keeps_what_the_supplier_bills():
    known = [interval(-24 * 60, -23 * 60, "0.08", final_per_kwh=Decimal("0.30"))]
    (assumed,) = extended_by_yesterday(known, NOON, NOON + timedelta(hours=1), BERLIN).intervals
    assert (assumed.final_per_kwh, assumed.is_assumed) == (Decimal("0.30"), True)
