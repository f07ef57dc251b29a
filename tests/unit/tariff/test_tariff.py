"""A tariff makes of a spot price what a kWh costs and earns, by the local clock."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.errors import Refused
from energy_manager.domain.tariff import Charge, PriceInterval, Tariff

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = Charge(from_min=17 * 60, to_min=20 * 60, per_kwh=Decimal("0.22"))
OTHERWISE = Charge(from_min=20 * 60, to_min=17 * 60, per_kwh=Decimal("0.14"))


def interval(start: str, hours: float = 1, spot: str = "0.10", final: str | None = None) -> PriceInterval:
    begins = datetime.fromisoformat(start)
    return PriceInterval(
        start=begins,
        end=begins + timedelta(hours=hours),
        spot_per_kwh=Decimal(spot),
        final_per_kwh=None if final is None else Decimal(final),
    )


def tariff(**terms) -> Tariff:
    return Tariff(**{"currency": "EUR", "zone": BERLIN, **terms})


def test_charges_and_value_added_tax_come_on_top_of_the_spot_price():
    (rate,) = tariff(vat=Decimal("0.5"), charges=(EVENING, OTHERWISE)).rates([interval("2026-03-02T12:00Z")])
    assert rate.buy_per_kwh == Decimal("0.36")  # (0.10 + 0.14) * 1.5


def test_an_interval_is_cut_where_the_local_clock_changes_the_charge():
    rates = tariff(charges=(EVENING, OTHERWISE)).rates([interval("2026-03-02T15:30Z")])
    assert [(rate.start.hour, rate.start.minute, rate.buy_per_kwh) for rate in rates] == [
        (15, 30, Decimal("0.24")),
        (16, 0, Decimal("0.32")),  # 17:00 in Berlin
    ]
    assert rates[0].end == rates[1].start
    assert rates[1].end == datetime(2026, 3, 2, 16, 30, tzinfo=UTC)


def test_a_charge_at_a_minute_of_its_own_cuts_there():
    charge = Charge(from_min=12 * 60 + 7, to_min=24 * 60, per_kwh=Decimal(1))
    rates = tariff(charges=(charge,)).rates([interval("2026-03-02T11:00Z")])
    assert [rate.start.minute for rate in rates] == [0, 7]


def test_a_charge_by_night_holds_over_midnight_and_no_charge_adds_nothing():
    night = Charge(from_min=22 * 60, to_min=6 * 60, per_kwh=Decimal("0.05"))
    rates = tariff(charges=(night,)).rates([interval("2026-03-01T20:00Z", hours=12)])
    assert [(rate.start.astimezone(BERLIN).hour, rate.buy_per_kwh) for rate in rates] == [
        (21, Decimal("0.10")),
        (22, Decimal("0.15")),
        (6, Decimal("0.10")),
    ]


def test_a_charge_in_the_hour_that_spring_leaves_out_is_not_paid_and_what_follows_begins_with_the_jump():
    lost = Charge(from_min=2 * 60, to_min=3 * 60, per_kwh=Decimal(1))
    after = Charge(from_min=3 * 60, to_min=4 * 60, per_kwh=Decimal(2))
    rates = tariff(charges=(lost, after)).rates([interval("2026-03-29T00:00Z", hours=3)])
    assert [(rate.start.hour, rate.buy_per_kwh) for rate in rates] == [
        (0, Decimal("0.10")),
        (1, Decimal("2.10")),  # 03:00, the clock was put forward
        (2, Decimal("0.10")),
    ]


def test_a_charge_in_the_hour_that_autumn_repeats_is_paid_twice():
    twice = Charge(from_min=2 * 60 + 30, to_min=3 * 60, per_kwh=Decimal(1))
    rates = tariff(charges=(twice,)).rates([interval("2026-10-25T00:00Z", hours=3)])
    paid = [(rate.start.hour, rate.start.minute, rate.end - rate.start) for rate in rates if rate.buy_per_kwh > 1]
    assert paid == [(0, 30, timedelta(minutes=30)), (1, 30, timedelta(minutes=30))]


def test_what_the_supplier_bills_is_not_charged_again():
    (rate,) = tariff(vat=Decimal("0.19"), charges=(EVENING,)).rates([interval("2026-03-02T16:00Z", final="0.33")])
    assert rate.buy_per_kwh == Decimal("0.33")
    assert rate.spot_per_kwh == Decimal("0.10")


@pytest.mark.parametrize(
    ("terms", "spot", "earns"),
    [
        ({"feed_in": Decimal("0.079")}, "0.10", "0.079"),
        ({"feed_in": "spot", "feed_in_fee_per_kwh": Decimal("0.002")}, "0.10", "0.098"),
        ({"feed_in": "spot", "feed_in_fee_per_kwh": Decimal("0.002")}, "-0.05", "-0.052"),
        ({"feed_in": "spot", "feed_in_while_negative": Decimal(0)}, "-0.05", "0"),
        ({"feed_in": Decimal("0.079"), "feed_in_while_negative": Decimal(0)}, "-0.001", "0"),
        ({"feed_in": Decimal("0.079"), "feed_in_while_negative": Decimal(0)}, "0", "0.079"),
        ({}, "0.10", "0"),
    ],
)
def test_a_kwh_into_the_grid_earns_what_the_contract_says(terms, spot, earns):
    (rate,) = tariff(**terms).rates([interval("2026-03-02T12:00Z", spot=spot)])
    assert rate.sell_per_kwh == Decimal(earns)


@pytest.mark.parametrize(
    ("terms", "sentence"),
    [
        ({"vat": Decimal(19)}, "vat: 19 is no share between 0 and 1"),
        ({"vat": Decimal("NaN")}, "vat: NaN is no share"),
        ({"charges": (EVENING, EVENING)}, r"charges\[1\]: another charge holds at 17:00 already"),
        ({"charges": (Charge(from_min=60, to_min=60, per_kwh=Decimal(1)),)}, "are the same time"),
        ({"charges": (Charge(from_min=0, to_min=1441, per_kwh=Decimal(1)),)}, "before 24:00"),
    ],
)
def test_a_contract_that_cannot_be_is_refused(terms, sentence):
    with pytest.raises(Refused, match=sentence):
        tariff(**terms)


@given(
    start_min=st.integers(0, 365 * 24 * 60),
    minutes=st.integers(1, 3000),
    bounds=st.lists(st.integers(0, 1439), min_size=2, max_size=5, unique=True),
)
def test_at_every_minute_the_price_is_that_of_the_charge_that_the_local_clock_shows(start_min, minutes, bounds):
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=start_min)
    ordered = sorted(bounds)
    charges = tuple(
        Charge(from_min=begin, to_min=end, per_kwh=Decimal(number))
        for number, (begin, end) in enumerate(zip(ordered, [*ordered[1:], ordered[0]], strict=True))
    )
    whole = PriceInterval(start=start, end=start + timedelta(minutes=minutes), spot_per_kwh=Decimal(0))
    rates = tariff(charges=charges).rates([whole])
    assert rates[0].start == whole.start
    assert rates[-1].end == whole.end
    assert all(before.end == after.start for before, after in pairwise(rates))
    for rate in rates:
        at = rate.start
        while at < rate.end:
            local = at.astimezone(BERLIN)
            (holding,) = [charge for charge in charges if charge.holds_at(60 * local.hour + local.minute)]
            assert rate.buy_per_kwh == holding.per_kwh
            at += timedelta(minutes=1)
