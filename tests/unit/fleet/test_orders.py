"""Orders, activations and offers refuse what cannot be, and say what."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.domain.fleet import (
    FOLLOWING,
    LIVE,
    Direction,
    FleetActivation,
    Order,
    OrderState,
    PriceSource,
    RegisteredOffer,
    Room,
    SiteOffer,
    checked_site,
    choice_of,
    offers_of,
    without_needless,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ORDER = Order(id="a-1", epoch=1, site="north", deliver_kw=40, start=NOON, until=NOON + HOUR)
ACTIVATION = FleetActivation(
    id="a", direction=Direction.UP, volume_kw=100, start=NOON, until=NOON + HOUR, placed_at=NOON
)
OFFER = RegisteredOffer(site="north", direction=Direction.UP, volume_kw=50, activation_cents=500, price_eur_per_mwh=80)
ROOM = Room(up_kw=30, down_kw=20)


def faults(make):
    with pytest.raises(Refused) as refused:
        make()
    return {fault.field: fault.message for fault in refused.value.faults}


def test_an_order_names_every_field_that_cannot_be():
    found = faults(lambda: replace(ORDER, id="a b", site="x.y", epoch=0, deliver_kw=0, until=NOON, reason="x" * 501))
    assert set(found) == {"id", "site", "epoch", "deliver_kw", "until", "reason"}
    assert found["deliver_kw"] == "0 kW is not 1 to 1000000000 kW, either way"


def test_a_time_without_a_zone_and_an_order_of_more_than_a_day_are_refused():
    assert "has no time zone" in faults(lambda: replace(ORDER, start=datetime(2026, 3, 2, 12)))["from"]  # noqa: DTZ001
    assert "more than a day" in faults(lambda: replace(ORDER, until=NOON + timedelta(days=2)))["until"]


@pytest.mark.parametrize("site", ["", "a.b", "*", ">", "-a", "a b", "ä", "x" * 65, None])
def test_what_means_something_in_a_subject_is_no_site(site):
    with pytest.raises(Refused):
        checked_site(site)


def test_a_site_may_have_letters_digits_and_dashes():
    assert checked_site("north-2_b") == "north-2_b"


def test_the_sign_of_an_order_is_its_direction():
    assert (ORDER.direction, ORDER.volume_kw) == (Direction.UP, 40)
    down = replace(ORDER, deliver_kw=-40)
    assert (down.direction, down.volume_kw, down.direction.sign) == (Direction.DOWN, 40, -1)


def test_an_activation_names_every_field_that_cannot_be():
    found = faults(lambda: replace(ACTIVATION, id="?" * 90, volume_kw=0, until=NOON, reason="x" * 501))
    assert set(found) == {"id", "volume_kw", "until", "reason"}


def test_activations_overlap_where_they_share_a_moment():
    after = replace(ACTIVATION, start=NOON + HOUR, until=NOON + 2 * HOUR)
    assert not ACTIVATION.overlaps(after)
    assert ACTIVATION.overlaps(replace(after, start=NOON + HOUR / 2))


def test_final_states_have_no_next_one_and_all_others_end():
    for state, following in FOLLOWING.items():
        assert (state in LIVE) == bool(following)
        if following:
            assert {OrderState.OVER, OrderState.CANCELLED} <= following


def test_an_offer_names_every_field_that_cannot_be():
    nonsense = {"site": "a.b", "volume_kw": 0, "activation_cents": -1, "price_eur_per_mwh": float("nan")}
    assert set(faults(lambda: replace(OFFER, **nonsense))) == {
        "site", "volume_kw", "activation_cost", "price_eur_per_mwh",
    }  # fmt: skip


def offered(activation=ACTIVATION, *, registered=None, room=ROOM):
    by_site = {} if registered is None else {"north": registered}
    return next(iter(offers_of(activation, [("north", room)], by_site)), None)


def test_a_registered_offer_goes_as_far_as_the_site_has_room():
    """30 kW for an hour at 80 EUR/MWh are 2.40 EUR, and 5 EUR an activation."""
    assert offered(registered=OFFER) == SiteOffer(site="north", volume_kw=30, cost_cents=740)


def test_a_registered_offer_holds_on_its_days_only():
    tomorrow = replace(OFFER, days=(date(2026, 3, 3),))
    assert offered(registered=tomorrow) is None
    assert offered(registered=OFFER, room=Room(up_kw=0, down_kw=9)) is None


def test_without_a_registered_offer_the_price_is_that_of_the_sites_own_plan():
    down = replace(ACTIVATION, direction=Direction.DOWN)
    room = ROOM._replace(up_eur_per_mwh=200.0, down_eur_per_mwh=-30.0)
    assert offered(room=room) == SiteOffer(site="north", volume_kw=30, cost_cents=600, source=PriceSource.PLAN)
    assert offered(down, room=room).cost_cents == 0
    assert offered() is None
    assert offered(room=room._replace(up_kw=0)) is None
    assert offered(room=room._replace(up_kw=10**9)).volume_kw == 100


def test_what_the_others_reach_the_volume_without_is_left_out_the_dearest_first():
    offers = [SiteOffer(site=site, volume_kw=kw, cost_cents=cents) for site, kw, cents in
              [("a", 50, 0), ("b", 30, 0), ("c", 20, 5), ("d", 60, 9)]]  # fmt: skip
    assert [offer.site for offer in without_needless(offers, 100)] == ["a", "b", "c"]


def dearest_last(offers, volume_kw):
    """Whole sites by price, until the volume is reached."""
    taken = []
    for offer in sorted(offers, key=lambda offer: offer.cost_cents / offer.volume_kw):
        if sum(one.volume_kw for one in taken) < volume_kw:
            taken.append(offer)
    return taken


@pytest.mark.parametrize(
    ("confirmed", "ordered"),
    [
        ((), ["cheap", "fair"]),
        (("dear",), ["dear"]),
        (("fair", "gone"), ["fair", "cheap"]),
        (("gone",), ["cheap", "fair"]),
    ],
    ids=["nobody looked", "it suffices", "it lacks 40 kW", "it offers nothing any more"],
)
def test_what_was_confirmed_is_ordered_before_what_is_cheaper_by_now(confirmed, ordered):
    offers = [SiteOffer(site=site, volume_kw=kw, cost_cents=cents) for site, kw, cents in
              [("cheap", 40, 40), ("fair", 60, 120), ("dear", 100, 900)]]  # fmt: skip
    found = choice_of(offers, 100, dearest_last, confirmed=confirmed)
    assert [offer.site for offer in found] == ordered
