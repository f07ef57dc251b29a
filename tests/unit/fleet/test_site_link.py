"""A site's side: orders are durable before they are answered, end by themselves, and reports come once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from energy_manager.application.fleet.at_site.site_orders import REMEMBERED
from energy_manager.application.ports.fleet.fleet_bus import (
    EVENTS,
    QUARTERS,
    Acknowledged,
    Ask,
    Cancel,
    LinkChanged,
    OrderList,
    Reports,
    SiteState,
)
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.fleet import MeasuredPower, Order, energy, quarter_number, split
from tests.support.fleet_world import NOON, FleetWorld, fleet

HOUR = timedelta(hours=1)
ORDER = Order(id="a-1", epoch=3, site="s1", deliver_kw=30, start=NOON, until=NOON + HOUR, reason="congestion")


@pytest.fixture
def world():
    return FleetWorld()


@pytest.fixture
def site(world):
    return world.site("s1", 50)


def refusal(site, order):
    answer = site.orders.take(order)
    assert not answer.is_accepted
    return answer.reason


def test_an_accepted_order_is_an_activation_that_ends_by_itself(world, site):
    assert site.orders.take(ORDER).is_accepted
    assert site.targets() == {"fleet-a-1": {"battery": 30}}
    assert site.repository.activation("fleet-a-1").terms["deliver_kw"] == 30
    assert site.orders.holding() == ("a-1",)
    world.elapsed_s = 3600
    assert (site.targets(), site.orders.holding()) == ({}, ())


def test_the_same_order_again_is_the_same_order_and_another_content_is_refused(site):
    assert site.orders.take(ORDER).is_accepted
    assert site.orders.take(replace(ORDER, epoch=4, reason="other words")).is_accepted
    assert len(site.repository.activations()) == 1
    assert refusal(site, replace(ORDER, deliver_kw=31)) == "another order has this id"


def test_the_same_order_is_known_after_a_restart(site):
    site.orders.take(ORDER)
    site.start()
    assert site.orders.take(ORDER).is_accepted
    assert refusal(site, replace(ORDER, id="b-1")) == "order a-1 holds at that time"


def test_what_a_site_refuses_it_refuses_with_a_sentence(world, site):
    assert refusal(site, replace(ORDER, deliver_kw=51)) == "the site's assets have 50 kW up now"
    site.by_hand = ("battery",)
    assert refusal(site, ORDER) == "the site's assets have 0 kW up now"
    site.by_hand, site.is_master = (), False
    assert refusal(site, ORDER) == "this process does not command the site"
    site.is_master, site.repository.is_away = True, True
    assert refusal(site, ORDER) == "the site's store is not available: the disk is full"
    site.repository.is_away = False
    world.elapsed_s = 3600
    assert refusal(site, ORDER) == "its time has passed"
    assert site.targets() == {}


def test_an_order_of_an_older_centre_is_refused_also_after_a_restart(site):
    site.orders.take(ORDER)
    site.start()
    assert refusal(site, replace(ORDER, id="b", epoch=2)) == "its centre has epoch 2, and one of epoch 3 is known"
    site.orders.cancel(Cancel(site="s1", order="a-1", epoch=2))
    assert site.orders.reconcile(OrderList(site="s1", epoch=2, orders=())) == ()
    assert site.orders.holding() == ("a-1",)


def test_an_order_that_may_be_durable_is_not_answered_and_the_next_time_it_is(site):
    site.repository.loses_answers = True
    assert site.orders.take(ORDER) is None
    site.repository.loses_answers = False
    assert site.orders.take(ORDER).is_accepted
    assert len(site.repository.activations()) == 1


def test_orders_one_after_the_other_are_taken(site):
    assert site.orders.take(replace(ORDER, id="x" * 100)).is_accepted
    assert site.orders.take(replace(ORDER, id="y", until=NOON + 2 * HOUR, start=NOON + HOUR)).is_accepted


def test_what_the_store_refuses_is_refused_in_its_words(site):
    def full(changes, **more):
        raise Refused([Fault(field="schedules", message="too many")])

    site.repository.commit = full
    assert refusal(site, ORDER) == "schedules: too many"


def test_a_cancelled_order_ends_and_does_not_begin_again(site):
    site.orders.take(ORDER)
    site.orders.cancel(Cancel(site="s1", order="a-1", epoch=3))
    site.orders.cancel(Cancel(site="s1", order="a-1", epoch=3))
    assert site.targets() == {}
    assert refusal(site, ORDER) == "it was withdrawn"
    site.start()
    assert refusal(site, ORDER) == "it was withdrawn"


def test_an_order_that_was_withdrawn_before_it_was_heard_of_does_not_begin(site):
    site.orders.cancel(Cancel(site="s1", order="a-1", epoch=3))
    assert refusal(site, ORDER) == "it was withdrawn"


def test_the_centres_list_ends_what_is_not_there_and_begins_what_is_new(site):
    site.orders.take(ORDER)
    new = replace(ORDER, id="b-1", deliver_kw=10)
    (answer,) = site.orders.reconcile(OrderList(site="s1", epoch=3, orders=(new,)))
    assert (answer.order, answer.is_accepted) == ("b-1", True)
    assert site.targets() == {"fleet-b-1": {"battery": 10}}


def test_orders_that_are_long_over_are_forgotten(world, site):
    site.orders.take(ORDER)
    world.elapsed_s = (REMEMBERED + 2 * HOUR).total_seconds()
    later = replace(ORDER, id="b-1", start=world.now, until=world.now + HOUR)
    site.orders.take(later)
    assert [document.id for document in site.repository.documents("fleet_order")] == ["b-1"]
    assert [kept.order.id for kept in site.orders.held_in(NOON, world.now + HOUR)] == ["b-1"]


def sent_by(world):
    """What the site says from now on."""
    said = []
    end = world.bus.centre()
    end.open(said.append)
    return said


def of(kind, said):
    return [message for message in said if isinstance(message, kind)]


def test_a_site_asks_for_its_orders_until_there_is_an_answer(world, site):
    said = sent_by(world)
    world.step(1, times=12)
    assert of(Ask, said) == [Ask(site="s1")] * 2
    site.link.hear(OrderList(site="s1", epoch=3, orders=(ORDER,)))
    world.step(1, times=30)
    assert len(of(Ask, said)) == 2
    assert site.targets() == {"fleet-a-1": {"battery": 30}}


def test_a_site_whose_store_is_away_asks_again_later(world, site):
    said = sent_by(world)
    world.step(1)
    site.link.hear(OrderList(site="s1", epoch=3, orders=(ORDER,)))
    world.step(1)
    site.repository.is_away = True
    site.link.hear(Cancel(site="s1", order="a-1", epoch=3))
    world.step(1)
    site.repository.is_away = False
    assert site.orders.holding() == ("a-1",)
    world.step(1, times=10)
    assert len(of(Ask, said)) == 2


def test_the_state_is_told_every_four_seconds_and_at_once_when_it_has_changed(world, site):
    said = sent_by(world)
    world.step(1, times=9)
    assert len(of(SiteState, said)) == 3
    site.delivers = 10
    world.step(0.5)
    assert [state.deliver_kw for state in of(SiteState, said)] == [0, 0, 0, 10]
    site.delivers = 10.1
    world.step(0.5)
    assert len(of(SiteState, said)) == 4, "a little is no news"


def test_a_value_that_becomes_known_or_unknown_is_news(world, site):
    said = sent_by(world)
    world.step(1)
    site.link.assets = replace(site.assets, read=lambda: replace(site.now(), assets={}))
    world.step(1)
    assert [state.deliver_kw for state in of(SiteState, said)] == [0, None]


def test_nothing_is_said_without_a_link_and_all_is_told_anew_with_one(world, site):
    world.step(1)
    site.bus.cut()
    said = sent_by(world)
    world.step(1, times=20)
    assert said[1:] == []
    site.bus.mend()
    world.step(1)
    assert of(Ask, said)
    assert of(SiteState, said)
    site.link.hear(LinkChanged(is_up=True))  # which it was
    world.step(1)
    sentences = [event.sentence for event in site.journal.events]
    assert sentences == [
        "the link to the centre is up",
        "no link to the centre: the link was cut",
        "the link to the centre is up",
    ]


def test_a_message_that_cannot_be_done_is_noted_and_the_next_one_is(world, site):
    world.step(1)
    site.link.reports = FailingReports()
    site.link.hear(Acknowledged(site="s1", store="s", stream=EVENTS, through=1))
    site.link.hear(ORDER)
    world.step(1)
    assert site.orders.holding() == ("a-1",)
    assert "is left out" in site.journal.events[-1].sentence


class FailingReports:
    def acknowledged(self, ack):
        raise Refused([Fault(field="through", message="cannot be")])

    def due(self):
        return ()


def test_lines_are_sent_again_until_they_are_acknowledged_and_then_no_more(world, site):
    said = sent_by(world)
    world.step(1)
    site.orders.take(ORDER)
    world.step(1, times=12)
    reports = of(Reports, said)
    assert [report.stream for report in reports] == [EVENTS, EVENTS]
    last = reports[-1]
    through = last.reports[-1].sequence
    site.link.hear(Acknowledged(site="s1", store="another", stream=EVENTS, through=through))
    site.link.hear(Acknowledged(site="s1", store=last.store, stream=EVENTS, through=through + 7))
    world.step(11)
    assert len(of(Reports, said)) == 3, "what was never sent cannot be acknowledged"
    site.link.hear(Acknowledged(site="s1", store=last.store, stream=EVENTS, through=through))
    world.step(1, times=30)
    assert len(of(Reports, said)) == 3
    site.start()
    world.step(1, times=30)
    assert len(of(Reports, said)) == 3, "the bookmark is durable"


def test_a_part_may_be_acknowledged(world, site):
    said = sent_by(world)
    world.step(1)
    site.orders.take(ORDER)
    site.orders.cancel(Cancel(site="s1", order="a-1", epoch=3))
    world.step(1)
    (reports,) = of(Reports, said)
    assert len(reports.reports) == 2
    first = reports.reports[0].sequence
    site.link.hear(Acknowledged(site="s1", store=reports.store, stream=EVENTS, through=first))
    world.step(11)
    assert [report.sequence for report in of(Reports, said)[-1].reports] == [first + 1]


def test_a_quarter_hour_says_what_was_delivered_of_each_order(world, site):
    """30 kW from 12:00 to 12:10 are 5 kWh; measured every 10 s."""
    said = sent_by(world)
    site.orders.take(replace(ORDER, until=NOON + timedelta(minutes=10)))
    for _ in range(90):
        site.measure()
        world.step(10)
    world.step(10, times=4)
    (reports,) = [reports for reports in of(Reports, said) if reports.stream == QUARTERS][:1]
    (report,) = reports.reports
    assert report.sequence == quarter_number(NOON)
    order = report.body["orders"]["a-1"]
    assert (round(order["energy_kwh"], 6), order["covered_s"]) == (5.0, 600.0)
    assert report.body["covered_s"] == 900.0


@pytest.mark.no_cover
def test_a_day_without_a_link_is_reported_once_and_nothing_is_carried_out_after_its_end():
    world = fleet(60)
    site = world.sites["s1"]
    world.centre.activate(world.activation(60, minutes=600))
    world.step(4)
    site.bus.cut()
    for minute in range(24 * 60):
        site.measure()
        world.step(60)
        if minute == 590:
            assert world.delivered_kw() == 60
        if minute > 600:
            assert world.delivered_kw() == 0
    assert world.book.reports("s1", QUARTERS) == ()
    site.bus.mend()
    world.step(1, times=40)
    sequences = [report.sequence for report in world.book.reports("s1", QUARTERS, limit=1000)]
    assert sorted(sequences) == list(range(quarter_number(NOON), quarter_number(NOON) + 96))
    assert len(world.book.reports("s1", EVENTS)) == 1
    delivered = world.book.delivered("a")
    assert len(delivered) == 41
    world.step(1, times=30)
    assert len(world.book.reports("s1", QUARTERS, limit=1000)) == 96


def test_a_store_that_is_away_leaves_reports_due(world, site):
    said = sent_by(world)
    site.repository.is_away = True
    world.step(1, times=5)
    assert of(Reports, said) == []
    site.repository.is_away = False
    world.step(1)
    site.orders.take(ORDER)
    world.step(1)
    assert len(of(Reports, said)) == 1


@pytest.mark.parametrize(
    ("steps", "rooms", "targets"),
    [
        (10, {"a": 10, "b": 10}, {"a": 5, "b": 5}),
        (10, {"a": 1, "b": 2}, None),
        (-7, {"a": 10, "b": 20, "c": 0}, {"a": -2, "b": -5, "c": 0}),
        (5, {"a": 10, "b": 10}, {"a": 3, "b": 2}),
        (0, {"a": 0}, {"a": 0}),
    ],
)
def test_an_order_is_split_by_room_and_sums_up_exactly(steps, rooms, targets):
    if targets is None:
        with pytest.raises(AssertionError):
            split(steps, rooms)
    else:
        assert split(steps, rooms) == targets


def test_energy_counts_each_value_until_the_next_one_for_as_long_as_it_is_believed():
    at = [NOON + timedelta(seconds=seconds) for seconds in (-10, 10, 20, 100)]
    measured = [MeasuredPower(at=instant, deliver_kw=kw) for instant, kw in zip(at, (36, 72, None, 36), strict=True)]
    found = energy(measured, NOON, NOON + timedelta(seconds=110), holds=timedelta(seconds=25))
    assert (round(found.kwh, 6), found.covered_s) == (0.4, 30.0)
