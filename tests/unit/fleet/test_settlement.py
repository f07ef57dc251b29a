"""What is settled, and why a site was chosen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from energy_manager.domain.fleet import (
    Choice,
    Delivered,
    Direction,
    FleetActivation,
    Order,
    OrderRecord,
    OrderState,
    Portfolio,
    PriceSource,
    SiteOffer,
    quarter_number,
    quarter_start,
    reasons,
    settle,
    why,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minutes):
    return NOON + timedelta(minutes=minutes)


ORDER = Order(id="a-1", epoch=1, site="north", deliver_kw=-40, start=at(5), until=at(35))
RECORD = OrderRecord(
    order=ORDER, activation="a", state=OrderState.DELIVERING, since=at(6), placed_at=NOON, accepted_at=at(1),
    because="it is cheap",
)  # fmt: skip
QUARTER = quarter_number(NOON)
ACTIVATION = FleetActivation(id="a", direction=Direction.UP, volume_kw=60, start=NOON, until=at(60), placed_at=NOON)


def kwh(rows):
    return [(row.start, round(row.ordered_kwh, 6), row.delivered_kwh) for row in rows]


def test_an_order_is_settled_by_quarter_hour_and_what_is_not_reported_is_unknown():
    """40 kW from 12:05 to 12:35 are 40/6, 10 and 20/6 kWh."""
    delivered = [Delivered(site="north", order="a-1", quarter=QUARTER, energy_kwh=6.5, covered_s=600)]
    rows = settle([RECORD], delivered, now=at(60))
    assert kwh(rows) == [(NOON, 6.666667, 6.5), (at(15), 10.0, None), (at(30), 3.333333, None)]
    assert [row.ordered_s for row in rows] == [600, 900, 300]
    assert (rows[0].covered_s, rows[1].covered_s) == (600, 0)


def test_what_another_site_says_of_an_order_does_not_count():
    delivered = [Delivered(site="south", order="a-1", quarter=QUARTER, energy_kwh=6.5, covered_s=600)]
    assert settle([RECORD], delivered, now=at(60))[0].delivered_kwh is None


def test_what_has_not_begun_has_no_row_and_what_runs_counts_up_to_now():
    assert settle([RECORD], [], now=NOON) == ()
    assert kwh(settle([RECORD], [], now=at(20)))[1:] == [(at(15), 3.333333, None)]


def test_an_order_owes_from_its_acceptance_until_it_was_withdrawn():
    withdrawn = replace(RECORD, state=OrderState.CANCELLED, since=at(15), accepted_at=at(10))
    assert kwh(settle([withdrawn], [], now=at(60))) == [(NOON, 3.333333, None)]
    assert settle([replace(RECORD, accepted_at=None)], [], now=at(60)) == ()
    assert settle([replace(withdrawn, since=at(2))], [], now=at(60)) == ()


def test_quarter_hours_are_counted_from_1970():
    assert quarter_number(datetime(1970, 1, 1, 0, 15, tzinfo=UTC)) == 1
    assert quarter_start(quarter_number(at(29))) == at(15)


CHEAP = SiteOffer(site="north", volume_kw=40, cost_cents=100)
DEAR = SiteOffer(site="south", volume_kw=30, cost_cents=900, source=PriceSource.PLAN)


def test_the_reason_of_a_choice_names_price_volume_and_what_else_was_on_offer():
    said = reasons(Choice(wanted_kw=35, offered=[CHEAP, DEAR], chosen=[CHEAP]))
    assert said == {
        "north": "40 kW for 1.00 EUR by its registered price: it suffices for 35 kW, "
        "the cheapest of 2 offers with 70 kW"
    }


def test_the_reason_says_where_all_offers_were_needed_and_whom_it_replaces():
    said = reasons(Choice(wanted_kw=80, offered=[CHEAP, DEAR], chosen=[CHEAP, DEAR], in_place_of=list("abcd")))
    assert said["south"] == (
        "30 kW for 9.00 EUR by what its own least-cost plan says that it costs: all 2 offers together have 70 kW, "
        "less than the 80 kW wanted; in place of a, b, c and 1 more"
    )


def test_why_a_site_was_ordered_is_told_with_what_came_of_it():
    portfolio = Portfolio(activation=ACTIVATION, records={"a-1": replace(RECORD, note="less is measured")})
    first, second = why(portfolio, "north", offer=None, presence="")
    assert first == "order a-1 of 12:00:00 UTC: it is cheap"
    assert second == "it is delivering since 12:06:00 UTC (less is measured)"


def test_why_a_site_had_no_order_of_an_activation_that_is_over():
    over = Portfolio(activation=ACTIVATION, records={RECORD.id: RECORD})
    told = why(over, "east", offer=None, presence="it is lost", is_over=True)
    assert told == ("no order: 1 other site was ordered until the activation was over at 13:00:00 UTC",)
    called_off = replace(over, activation=replace(ACTIVATION, ended_at=at(7)), records={})
    assert why(called_off, "east", offer=None, presence="", is_over=True) == (
        "no order: no site was ordered until the activation was over at 12:07:00 UTC",
    )


def test_why_a_site_was_not_ordered():
    record = replace(RECORD, order=replace(ORDER, deliver_kw=60))
    full = Portfolio(activation=ACTIVATION, records={"a-1": record})
    assert "it is lost" in why(full, "south", offer=DEAR, presence="it is lost")[0]
    assert "offers nothing" in why(full, "south", offer=None, presence="")[0]
    assert "the others reach 60 kW" in why(full, "south", offer=DEAR, presence="")[0]
    assert "as soon as" in why(Portfolio(activation=ACTIVATION), "south", offer=DEAR, presence="")[0]
