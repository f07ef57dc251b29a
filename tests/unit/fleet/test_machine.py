"""The order machine: what is heard, what time brings, what is ordered elsewhere."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.domain.fleet import (
    Answered,
    Direction,
    FleetActivation,
    Measured,
    Moves,
    OrderState,
    Portfolio,
    SiteOffer,
    Unreachable,
    Written,
    heard,
    next_look,
    next_moves,
)
from energy_manager.domain.fleet.machine import GRACE

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ACTIVATION = FleetActivation(
    id="a", direction=Direction.UP, volume_kw=100, start=NOON, until=NOON + timedelta(hours=1), placed_at=NOON
)


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def offers(*volumes_kw, first=1):
    return [
        SiteOffer(site=f"s{number}", volume_kw=kw, cost_cents=kw) for number, kw in enumerate(volumes_kw, start=first)
    ]


def ordered(*volumes_kw, activation=ACTIVATION):
    """A portfolio whose orders, one a site, were written at noon."""
    portfolio = Portfolio(activation=activation)
    portfolio = portfolio.with_records(portfolio.placed(offers(*volumes_kw), epoch=1, now=NOON, because={}))
    return heard(portfolio, [Written(order=order_id, at=NOON, batch=len(volumes_kw)) for order_id in portfolio.records])


def yes(number, seconds, *, site=None):
    return Answered(order=f"a-{number}", site=site or f"s{number}", is_accepted=True, at=at(seconds))


def no(number, seconds):
    return Answered(order=f"a-{number}", site=f"s{number}", is_accepted=False, at=at(seconds), reason="a person has it")


def shows(number, kw, seconds):
    return Measured(site=f"s{number}", deliver_kw=kw, at=at(seconds))


def moved(portfolio, seconds):
    """The portfolio at that second, and what is to be ordered then."""
    moves = next_moves(portfolio, at(seconds))
    return portfolio.with_records(moves.records), moves.order_kw


def states(portfolio):
    return [record.state for record in portfolio.records.values()]


def again(portfolio, seconds, *volumes_kw):
    """More orders for further sites, written then."""
    chosen = offers(*volumes_kw, first=len(portfolio.records) + 1)
    new = portfolio.placed(chosen, epoch=1, now=at(seconds), because={})
    return heard(portfolio.with_records(new), [Written(order=record.id, at=at(seconds)) for record in new])


def test_an_activation_without_orders_is_to_be_ordered_as_a_whole():
    assert next_moves(Portfolio(activation=ACTIVATION), NOON).order_kw == 100


def test_orders_that_are_under_way_are_counted_on():
    portfolio = ordered(60, 40)
    assert states(portfolio) == [OrderState.SENT, OrderState.SENT]
    assert moved(portfolio, 0.5)[1] == 0


def test_refused_and_unreachable_volume_is_ordered_elsewhere_at_once():
    portfolio = heard(ordered(60, 25, 15), [no(1, 0.1), Unreachable(order="a-2", at=at(0.1)), yes(3, 0.1)])
    assert states(portfolio) == [OrderState.REFUSED, OrderState.UNREACHABLE, OrderState.ACCEPTED]
    assert portfolio.records["a-1"].note == "a person has it"
    assert moved(portfolio, 0.1)[1] == 85
    assert portfolio.unavailable_sites() == {"s1", "s3"}


@pytest.mark.no_cover
def test_patience_counts_from_the_socket_write_and_grows_with_the_batch():
    portfolio = Portfolio(activation=replace(ACTIVATION, volume_kw=5_000))
    placed = portfolio.placed(offers(*[1] * 5_000), epoch=1, now=NOON, because={})
    portfolio = portfolio.with_records(placed)
    assert set(states(moved(portfolio, 60)[0])) == {OrderState.OPEN}, "nothing was written yet"
    portfolio = heard(portfolio, [Written(order=record.id, at=at(60), batch=5_000) for record in placed])
    assert set(states(moved(portfolio, 61.4)[0])) == {OrderState.SENT}
    assert set(states(moved(portfolio, 61.6)[0])) == {OrderState.SILENT}


def test_nobody_is_silent_while_the_answers_of_others_keep_coming_for_a_while():
    portfolio = heard(ordered(60, 40), [yes(1, 1.2)])
    assert states(moved(portfolio, 1.5)[0])[1] is OrderState.SENT
    assert states(moved(portfolio, 1.8)[0])[1] is OrderState.SILENT
    late = heard(ordered(60, 40), [no(1, 4.9)])
    assert states(moved(late, 5)[0])[1] is OrderState.SENT
    assert states(moved(late, 5.1)[0])[1] is OrderState.SILENT


def test_silent_volume_is_ordered_elsewhere_up_to_a_tenth_above_the_need():
    portfolio = heard(ordered(60, 30, 10), [yes(1, 0.1), yes(2, 0.1)])
    portfolio, order_kw = moved(portfolio, 1.1)
    assert (states(portfolio)[2], order_kw) == (OrderState.SILENT, 10)


def test_when_all_are_silent_no_more_than_a_tenth_is_ordered_until_they_are_given_up():
    portfolio, order_kw = moved(ordered(60, 40), 1.1)
    assert (states(portfolio), order_kw) == ([OrderState.SILENT] * 2, 10)
    portfolio = again(portfolio, 1.2, 10)
    portfolio, order_kw = moved(portfolio, 6)
    assert order_kw == 0
    portfolio, order_kw = moved(heard(portfolio, [yes(3, 2)]), 6.2)
    assert states(portfolio) == [OrderState.CANCELLED, OrderState.CANCELLED, OrderState.ACCEPTED]
    assert order_kw == 90
    assert "s1" in portfolio.unavailable_sites()


def test_a_late_answer_is_kept_where_its_volume_is_still_missing():
    portfolio = moved(heard(ordered(60, 40), [yes(1, 0.1)]), 1.1)[0]
    portfolio, order_kw = moved(heard(portfolio, [yes(2, 1.5)]), 1.5)
    assert states(portfolio) == [OrderState.ACCEPTED, OrderState.ACCEPTED]
    assert (order_kw, portfolio.records["a-2"].note) == (0, "the answer came late")


def test_a_late_answer_is_withdrawn_where_others_deliver_by_now():
    portfolio = moved(heard(ordered(90, 10), [yes(1, 0.1)]), 1.1)[0]
    portfolio = heard(again(portfolio, 1.2, 10), [yes(3, 1.3), yes(2, 1.5)])
    portfolio, order_kw = moved(portfolio, 1.5)
    assert states(portfolio) == [OrderState.ACCEPTED, OrderState.CANCELLED, OrderState.ACCEPTED]
    assert (order_kw, portfolio.records["a-2"].note) == (0, "others deliver it")


def test_who_answered_late_is_ordered_again_only_where_the_others_do_not_suffice():
    portfolio = moved(heard(ordered(90, 10), [yes(1, 0.1)]), 1.1)[0]
    portfolio = moved(heard(again(portfolio, 1.2, 10), [yes(3, 1.3), yes(2, 1.5)]), 1.5)[0]
    late, other = offers(10, 20, first=2)
    assert "s2" not in portfolio.unavailable_sites()
    assert portfolio.prompt_first([late, other], 20) == [other]
    assert portfolio.prompt_first([late, other], 21) == [late, other]


def test_an_order_counts_as_delivering_once_its_volume_is_measured_after_it_was_accepted():
    portfolio = heard(ordered(100), [shows(1, 100, 0.05), yes(1, 0.1)])
    portfolio = moved(portfolio, 0.2)[0]
    assert states(portfolio) == [OrderState.ACCEPTED], "measured before it was accepted"
    portfolio = moved(heard(portfolio, [shows(1, 96, 4)]), 4)[0]
    assert states(portfolio) == [OrderState.DELIVERING]
    assert portfolio.seen_kw(at(4)) == 96
    assert moved(portfolio, 5)[0] == portfolio, "nothing new"


def test_accepted_and_not_measured_within_three_beats_is_short_and_the_rest_is_ordered_elsewhere():
    portfolio = heard(ordered(60, 40), [yes(1, 0), yes(2, 0), shows(1, 60, 4), shows(2, 10, 4), shows(2, 15, 8)])
    portfolio, order_kw = moved(portfolio, 11.9)
    assert order_kw == 0
    portfolio, order_kw = moved(portfolio, 12)
    assert states(portfolio) == [OrderState.DELIVERING, OrderState.SHORT]
    assert (order_kw, portfolio.records["a-2"].note) == (25, "less is measured")


def test_a_site_that_is_not_heard_of_delivers_nothing():
    portfolio, order_kw = moved(heard(ordered(100), [yes(1, 0)]), 12)
    assert (states(portfolio), order_kw) == ([OrderState.SHORT], 100)
    assert portfolio.records["a-1"].note == "nothing is heard of the site"


def test_a_delivery_that_ceases_is_short_after_three_beats_and_not_for_one_dip():
    portfolio = moved(heard(ordered(100), [yes(1, 0), shows(1, 100, 4)]), 4)[0]
    portfolio, order_kw = moved(heard(portfolio, [shows(1, 20, 8)]), 8)
    assert (states(portfolio), order_kw) == ([OrderState.DELIVERING], 0)
    portfolio, order_kw = moved(heard(portfolio, [shows(1, 20, 12)]), 16)
    assert (states(portfolio), order_kw) == ([OrderState.SHORT], 80)
    portfolio, order_kw = moved(portfolio, 24)
    assert order_kw == 100, "what was measured 12 s ago is not known any more"


def test_who_delivers_again_and_is_not_needed_any_more_is_withdrawn():
    portfolio = moved(heard(ordered(60, 40), [yes(1, 0), yes(2, 0), shows(1, 60, 4), shows(2, 30, 11)]), 12)[0]
    portfolio = heard(again(portfolio, 12, 10), [yes(3, 12.1), shows(3, 10, 13), shows(1, 60, 13), shows(2, 40, 13)])
    portfolio = moved(portfolio, 13)[0]
    assert states(portfolio) == [OrderState.DELIVERING, OrderState.DELIVERING, OrderState.CANCELLED]
    assert portfolio.seen_kw(at(13)) == 100, "110 kW, and without the third still 100"


def test_a_short_site_that_is_wholly_replaced_is_withdrawn_and_not_asked_again():
    portfolio = moved(heard(ordered(60, 40), [yes(1, 0), yes(2, 0), shows(1, 60, 11), shows(2, 0, 11)]), 12)[0]
    portfolio = moved(heard(again(portfolio, 12, 40), [yes(3, 12.1)]), 12.1)[0]
    assert states(portfolio) == [OrderState.DELIVERING, OrderState.CANCELLED, OrderState.ACCEPTED]
    assert "s2" in portfolio.unavailable_sites()


def test_an_order_for_later_is_judged_from_its_start_on():
    later = replace(ACTIVATION, start=at(600), placed_at=NOON)
    portfolio = heard(ordered(100, activation=later), [yes(1, 0.1)])
    assert moved(portfolio, 599)[0] == portfolio
    assert states(moved(portfolio, 612)[0]) == [OrderState.SHORT]


def test_down_is_measured_the_other_way():
    portfolio = ordered(100, activation=replace(ACTIVATION, direction=Direction.DOWN))
    assert portfolio.records["a-1"].order.deliver_kw == -100
    assert states(moved(heard(portfolio, [yes(1, 0), shows(1, 100, 4)]), 4)[0]) == [OrderState.ACCEPTED]
    assert states(moved(heard(portfolio, [yes(1, 0), shows(1, -100, 4)]), 4)[0]) == [OrderState.DELIVERING]


def test_all_ends_at_until_and_nothing_is_ordered_any_more():
    portfolio = heard(ordered(60, 20, 20), [yes(1, 0), no(2, 0)])
    portfolio, order_kw = moved(portfolio, 3600)
    assert states(portfolio) == [OrderState.OVER, OrderState.REFUSED, OrderState.OVER]
    assert (order_kw, portfolio.records["a-3"].note) == (0, "its time passed")
    assert moved(portfolio, 3601) == (portfolio, 0)


def test_an_activation_that_is_called_off_cancels_its_orders():
    portfolio = heard(ordered(60, 40), [yes(1, 0)])
    portfolio = replace(portfolio, activation=replace(ACTIVATION, ended_at=at(5)))
    portfolio, order_kw = moved(portfolio, 5)
    assert (states(portfolio), order_kw) == ([OrderState.CANCELLED] * 2, 0)


@pytest.mark.parametrize("fact", [
    yes(1, 5), no(1, 5), Unreachable(order="a-1", at=at(5)), Written(order="a-1", at=at(5)), shows(1, 60, 5),
    yes(9, 5), yes(2, 5, site="s1"),
])  # fmt: skip
def test_what_is_heard_twice_late_or_of_others_changes_nothing(fact):
    """The first order is refused; the second is another site's."""
    portfolio = heard(ordered(60, 40), [no(1, 0.1)])
    assert heard(portfolio, [fact]) == portfolio


def test_a_second_yes_changes_nothing_and_a_no_afterwards_does():
    portfolio = heard(ordered(100), [yes(1, 0.1)])
    assert heard(portfolio, [yes(1, 0.2), Written(order="a-1", at=at(0.3))]) == portfolio
    assert states(heard(portfolio, [no(1, 5)])) == [OrderState.REFUSED]


def test_an_unanswered_order_is_given_again_by_the_next_centre_under_its_epoch():
    portfolio = moved(ordered(100), 2)[0]
    record = portfolio.records["a-1"].given_again(7, at=at(3))
    assert (record.state, record.order.epoch, record.due_at) == (OrderState.OPEN, 7, None)


def test_while_the_centre_hears_nobody_silence_says_nothing_and_everything_ends_all_the_same():
    portfolio = moved(heard(ordered(60, 40), [yes(1, 0), shows(1, 60, 0.5)]), 0.5)[0]
    assert next_moves(portfolio, at(600), hears=False) == Moves()
    ended = portfolio.with_records(next_moves(portfolio, at(3600), hears=False).records)
    assert states(ended) == [OrderState.OVER] * 2


def heard_again(portfolio, second, *, away_s, within_s):
    again = (
        record.heard_again(at(second), away=timedelta(seconds=away_s), comes_back_within=timedelta(seconds=within_s))
        for record in portfolio.records.values()
    )
    return portfolio.with_records(again)


def test_who_was_not_heard_while_nobody_was_has_the_same_time_again_and_until_the_last_may_have_come_back():
    portfolio = moved(heard(ordered(60, 40), [yes(1, 0), shows(1, 60, 0.5)]), 0.5)[0]
    portfolio = heard_again(portfolio, 100, away_s=99, within_s=30)
    assert states(moved(portfolio, 99.9)[0]) == [OrderState.DELIVERING, OrderState.SENT]
    portfolio, order_kw = moved(portfolio, 141.9)
    assert (states(portfolio), order_kw) == ([OrderState.DELIVERING, OrderState.SILENT], 10), "a tenth above the need"
    portfolio, order_kw = moved(portfolio, 142)
    assert (states(portfolio)[0], portfolio.seen_kw(at(142))) == (OrderState.SHORT, 0)


def test_who_is_heard_again_is_judged_from_then_on():
    portfolio = moved(heard(ordered(100), [yes(1, 0), shows(1, 100, 4)]), 4)[0]
    portfolio = heard(heard_again(portfolio, 100, away_s=95, within_s=30), [shows(1, 20, 101), shows(1, 20, 110)])
    assert moved(portfolio, 112.9)[1] == 0
    assert next_look(portfolio, at(102)) == at(113)
    assert moved(portfolio, 113)[1] == 80


def test_a_short_site_keeps_what_it_measured_until_it_can_be_judged_again():
    portfolio = moved(heard(ordered(100), [yes(1, 0), shows(1, 20, 11)]), 12)[0]
    portfolio = heard_again(portfolio, 100, away_s=88, within_s=0)
    assert moved(portfolio, 111)[1] == 80
    assert moved(portfolio, 112)[1] == 100


def test_the_next_look_is_when_time_may_bring_the_next_move():
    assert next_look(Portfolio(activation=ACTIVATION), NOON) is None
    assert next_look(ordered(100), NOON) == at(1.0001)
    silent = moved(ordered(100), 2)[0]
    assert next_look(silent, at(2)) == at(7)
    assert next_look(ordered(100), at(3)) == at(3.5), "it is not silent while answers keep coming"
    accepted = heard(ordered(100), [yes(1, 0.1)])
    assert next_look(accepted, at(1)) == at(0.1) + GRACE
    shown = heard(accepted, [shows(1, 100, 4)])
    assert next_look(shown, at(5)) == at(4) + GRACE
    assert next_look(heard(ordered(100), [no(1, 0)]), at(1)) is None
    assert next_look(shown, at(60)) == ACTIVATION.until
