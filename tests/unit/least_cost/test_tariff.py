from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.domain.least_cost import Charge, Tariff

BERLIN = ZoneInfo("Europe/Berlin")
DAY = (
    Charge(from_time="17:00", until_time="20:00", per_kwh=0.22),
    Charge(from_time="20:00", until_time="17:00", per_kwh=0.14),
)


def test_a_purchase_costs_spot_and_charge_with_vat():
    tariff = Tariff(zone=BERLIN, vat=0.25, charges=DAY)
    assert tariff.buy_per_kwh(0.10, datetime(2026, 3, 2, 11, tzinfo=UTC)) == pytest.approx(0.30)


def test_the_charge_follows_the_local_clock_and_holds_from_its_first_minute_on():
    tariff = Tariff(zone=BERLIN, charges=DAY)
    assert tariff.buy_per_kwh(0.0, datetime(2026, 3, 2, 15, 59, tzinfo=UTC)) == 0.14
    assert tariff.buy_per_kwh(0.0, datetime(2026, 3, 2, 16, 0, tzinfo=UTC)) == 0.22
    assert tariff.buy_per_kwh(0.0, datetime(2026, 3, 2, 19, 0, tzinfo=UTC)) == 0.14


def test_in_summer_the_same_clock_time_is_an_hour_earlier_in_utc():
    tariff = Tariff(zone=BERLIN, charges=DAY)
    assert tariff.buy_per_kwh(0.0, datetime(2026, 7, 2, 15, 0, tzinfo=UTC)) == 0.22


def test_midnight_may_be_written_as_24_00():
    tariff = Tariff(zone=BERLIN, charges=(Charge(from_time="00:00", until_time="24:00", per_kwh=0.1),))
    assert tariff.buy_per_kwh(0.2, datetime(2026, 3, 2, tzinfo=UTC)) == pytest.approx(0.3)


def test_feed_in_is_fixed_or_spot_less_the_fee():
    assert Tariff(zone=BERLIN, feed_in=0.08).sell_per_kwh(0.5) == 0.08
    assert Tariff(zone=BERLIN, feed_in_fee_per_kwh=0.002).sell_per_kwh(0.05) == pytest.approx(0.048)


def test_while_the_spot_price_is_negative_feed_in_earns_what_was_agreed_for_it():
    assert Tariff(zone=BERLIN, feed_in_while_negative=0.0).sell_per_kwh(-0.05) == 0.0
    assert Tariff(zone=BERLIN).sell_per_kwh(-0.05) == -0.05
    assert Tariff(zone=BERLIN, feed_in=0.08, feed_in_while_negative=0.0).sell_per_kwh(0.0) == 0.08


@pytest.mark.parametrize(
    ("charges", "words"),
    [
        (DAY[:1], "no charge holds from 00:00 on"),
        ((*DAY, Charge(from_time="19:00", until_time="19:30", per_kwh=0.1)), "another charge holds already"),
        ((Charge(from_time="7:00", until_time="24:00", per_kwh=0.1),), "must be a clock time such as 17:00, not 7:00"),
        ((Charge(from_time="00:00", until_time="24:30", per_kwh=0.1),), "from 00:00 to 24:00, not 24:30"),
    ],
)
def test_charges_that_leave_a_gap_or_overlap_are_refused(charges, words):
    with pytest.raises(Refused, match=words):
        Tariff(zone=BERLIN, charges=charges)


def test_a_feed_in_that_is_no_price_is_refused():
    with pytest.raises(Refused, match='feed_in: must be "spot" or a price per kWh, not market'):
        Tariff(zone=BERLIN, feed_in="market")
