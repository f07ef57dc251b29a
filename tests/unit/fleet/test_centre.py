"""A centre and its sites: ordered, proved, ordered elsewhere, told again, taken over."""

import gc
import itertools
from datetime import timedelta

import pytest

from energy_manager.application.fleet.at_centre.presence import Presence, Standing, in_words
from energy_manager.application.ports.fleet.fleet_book import CentreWaits
from energy_manager.application.ports.fleet.fleet_bus import (
    EVENTS,
    QUARTERS,
    Answer,
    LeftOut,
    OrdersWritten,
    Question,
    Reply,
    Report,
    Reports,
    SiteState,
)
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.fleet import Direction, OrderState, Room
from tests.support.fleet_world import NOON, FleetWorld, fleet


def test_an_activation_is_ordered_from_the_cheapest_sites_and_seen_to_be_delivered():
    world = fleet(60, 40, 80)
    world.centre.activate(world.activation(100))
    assert world.states() == {"s1": "open", "s2": "open"}
    world.step()
    assert world.sites["s1"].targets() == {"fleet-a-1": {"battery": 60}}
    world.step(4)
    assert world.states() == {"s1": "delivering", "s2": "delivering"}
    assert world.delivered_kw() == 100
    assert world.centre.portfolio("a").seen_kw(world.now) == 100


def test_offers_hold_for_the_steps_of_a_moment_and_who_is_gone_meanwhile_is_left_out():
    world = fleet(60, 40, 80)
    activation = world.activation(100)
    assert [offer.site for offer in world.centre.ordering.offers_for(activation)] == ["s1", "s2", "s3"]
    world.site("s4", 50)
    world.centre.presence.nobody_there("s1")
    assert [offer.site for offer in world.centre.ordering.offers_for(activation)] == ["s2", "s3"]
    world.step(1, times=5)
    world.centre.offers.read()
    assert {"s3", "s4"} <= {offer.site for offer in world.centre.ordering.offers_for(activation)}


def test_down_is_ordered_as_power_that_sites_take():
    world = FleetWorld()
    world.add_centre()
    world.site("s1", 30, direction=Direction.DOWN)
    world.step(1, times=5)
    world.centre.activate(world.activation(20, direction=Direction.DOWN))
    world.step(4, times=2)
    assert (world.states(), world.delivered_kw()) == ({"s1": "delivering"}, -30)


def test_an_activation_is_kept_with_its_orders_as_one():
    world = fleet(60, 40)
    kept, keep = [], world.book.keep

    def count(epoch, *, activations=(), records=()):
        kept.append((len(activations), len(records)))
        keep(epoch, activations=activations, records=records)

    world.book.keep = count
    world.centre.activate(world.activation(100))
    world.step(4)
    kept.clear()
    world.centre.call_off("a", by="ann")
    assert kept == [(1, 2)]
    kept.clear()
    world.centre.activate(world.activation(50, id="b"))
    assert kept == [(1, 1)]


def test_the_reason_of_each_order_is_in_the_book():
    world = fleet(60, 40, 80)
    world.centre.activate(world.activation(100))
    reason = world.book.records("a")[0].because
    assert reason.startswith("60 kW for 3.06 EUR by its registered price: one of 2 that reach 100 kW (100 kW")


def test_what_is_refused_is_ordered_elsewhere_in_the_same_moment():
    world = fleet(60, 40, 70)
    world.sites["s1"].is_master = False
    world.centre.activate(world.activation(100))
    world.step(4, times=2)
    assert world.states() == {"s1": "refused", "s2": "delivering", "s3": "delivering"}
    refused = world.book.records("a")[0]
    assert refused.note == "this process does not command the site"
    assert "in place of s1" in world.book.records("a")[2].because


def test_a_site_that_is_not_there_is_replaced_and_not_counted_on_until_it_is_heard_again():
    world = fleet(60, 40, 70)
    world.sites["s1"].bus.close()
    world.centre.activate(world.activation(100))
    world.step(4, times=2)
    assert world.states() == {"s1": "unreachable", "s2": "delivering", "s3": "delivering"}
    assert world.centre.presence.seen("s1").standing is Standing.LATE
    assert "s1" not in world.centre.presence.available()
    world.sites["s1"].start()
    world.step()
    assert world.centre.presence.seen("s1").standing is Standing.GOOD


def test_a_silent_site_is_replaced_after_its_patience_and_its_late_answer_withdrawn():
    world = fleet(90, 10, 10)
    silent = world.sites.pop("s2")
    world.centre.activate(world.activation(100))
    world.step(1.1, times=3)
    assert world.states() == {"s1": "delivering", "s2": "silent", "s3": "delivering"}
    world.sites["s2"] = silent
    world.step(0.5)
    assert world.states()["s2"] == "cancelled"
    world.step(4)
    assert (world.delivered_kw(), silent.output_kw) == (100, 0)


def test_a_site_that_accepts_and_does_not_deliver_is_short_and_made_up_for():
    world = fleet(60, 40, 70)
    world.sites["s2"].delivers = 5
    world.centre.activate(world.activation(100))
    world.step(1, times=14)
    assert world.states() == {"s1": "delivering", "s2": "cancelled", "s3": "delivering"}


def test_what_nobody_offers_is_missing_and_ordered_as_soon_as_somebody_does():
    world = fleet(60)
    world.centre.activate(world.activation(100))
    world.step()
    assert world.centre.portfolio("a").missing_kw == 40
    world.site("s2", 50)
    world.step(4, times=9)
    assert world.states() == {"s1": "delivering", "s2": "delivering"}


def test_two_activations_at_one_time_never_share_a_site():
    world = fleet(60, 40, 70)
    world.centre.activate(world.activation(60))
    world.centre.activate(world.activation(60, id="b"))
    world.step()
    assert (list(world.states("a")), list(world.states("b"))) == (["s1"], ["s3"])


def test_an_activation_is_ordered_once_however_often_it_is_asked_for():
    world = fleet(60, 60)
    first = world.centre.activate(world.activation(60))
    assert world.centre.activate(world.activation(60)) == first
    world.step()
    world.step(3600, times=2)
    assert world.centre.activate(world.activation(60)).activation == first.activation
    assert world.states() == {"s1": "over"}


def test_an_activation_that_is_called_off_ends_at_the_sites():
    world = fleet(60)
    world.centre.activate(world.activation(60))
    world.step(4)
    portfolio = world.centre.call_off("a", by="ann")
    assert portfolio.activation.ended_by == "ann"
    world.step()
    assert (world.states(), world.delivered_kw()) == ({"s1": "cancelled"}, 0)
    assert world.centre.call_off("a", by="ann") is None
    assert world.centre.portfolio("x") is None


def test_everything_ends_by_itself_when_the_link_is_away():
    world = fleet(60)
    world.centre.activate(world.activation(60, minutes=10))
    world.step(4)
    world.sites["s1"].bus.cut()
    world.step(30, times=15)
    assert world.delivered_kw() == 60
    world.step(30, times=10)
    assert world.delivered_kw() == 0
    assert world.states() == {"s1": "over"}


def test_a_site_that_missed_the_withdrawal_is_told_again_when_it_asks():
    world = fleet(60)
    world.centre.activate(world.activation(60))
    world.step(4)
    world.sites["s1"].bus.cut()
    world.centre.call_off("a", by="ann")
    world.step(4)
    assert world.delivered_kw() == 60
    world.sites["s1"].bus.mend()
    world.step()
    assert world.delivered_kw() == 0


def test_a_site_that_tells_of_an_order_that_is_not_live_is_told_that_it_is_over():
    """The centre's own line was away: the site has no reason to ask."""
    world = fleet(60)
    world.centre.activate(world.activation(60))
    world.step(4)
    world.centres[0].bus.cut()
    world.centre.call_off("a", by="ann")
    world.step(4)
    assert world.delivered_kw() == 60
    world.centres[0].bus.mend()
    world.step(4)
    assert world.delivered_kw() == 0


def test_orders_that_could_not_be_sent_are_sent_when_the_line_is_back():
    world = fleet(60)
    world.centres[0].bus.cut()
    world.centre.activate(world.activation(60))
    world.step()
    assert world.states() == {"s1": "open"}
    world.centres[0].bus.mend()
    world.step()
    assert world.states() == {"s1": "accepted"}


def test_an_order_of_which_nobody_knows_whether_it_was_written_is_sent_again():
    world = fleet(60)
    end = world.centres[0].bus
    end.send, sending = lambda messages: None, end.send
    world.centre.activate(world.activation(60))
    end.send = sending
    world.step(1, times=7)
    assert world.states() == {"s1": "delivering"}


def test_a_site_that_connects_gets_the_orders_that_are_its_own():
    world = fleet(60)
    world.centre.activate(world.activation(60))
    world.step()
    site = world.sites["s1"]
    site.repository = type(site.repository)()
    site.start()
    world.step()
    assert site.targets() == {"fleet-a-1": {"battery": 60}}


def test_the_second_centre_takes_over_and_goes_on_from_the_book():
    world = fleet(60, 40, 70)
    other = world.add_centre("other")
    world.step()
    with pytest.raises(CentreWaits, match="centre is the active one"):
        other.centre.activate(world.activation(100))
    world.centre.activate(world.activation(100))
    world.step()
    first = world.centres.pop(0)
    first.bus.close()
    silent = world.sites.pop("s3")
    world.step(4, times=2)
    assert not other.centre.is_active
    world.step(4)
    assert other.centre.is_active
    assert other.centre.portfolio("a").expected_kw == 100
    assert other.lease.epoch > first.lease._epoch
    world.sites["s3"] = silent
    world.sites["s2"].delivers = 0
    world.step(4, times=5)
    assert world.states() == {"s1": "delivering", "s2": "cancelled", "s3": "delivering"}
    assert world.book.records("a")[-1].order.epoch == other.lease.epoch


def test_orders_without_an_answer_are_given_again_by_the_next_centre():
    world = fleet(60)
    world.centres[0].bus.cut()
    world.centre.activate(world.activation(60))
    old = world.centres.pop(0)
    old.lease.give_back()
    other = world.add_centre("other")
    world.step()
    assert world.states() == {"s1": "accepted"}
    assert world.book.records("a")[0].order.epoch == other.lease.epoch


def test_a_centre_that_was_stopped_and_wakes_up_neither_writes_nor_orders():
    world = fleet(60, 60)
    stopped = world.centres.pop(0)
    epoch = stopped.lease.epoch
    other = world.add_centre("other")
    world.step(4, times=4)
    assert other.centre.is_active
    assert stopped.lease.epoch == 0
    stopped.lease._sure_until_s = world.elapsed_s + 60  # its own time stood still
    stopped.centre.ordering.epoch = epoch
    with pytest.raises(Exception, match="another centre is active"):
        stopped.centre.activate(world.activation(60))
    other.centre.activate(world.activation(60))
    stopped.centre.ordering.epoch = epoch
    stopped.centre.ordering.running.add(other.centre.portfolio("a"))
    stopped.centre.hear(Answer(site="s1", order="a-1", is_accepted=False))
    stopped.centre.turn(wait_s=0)
    assert not stopped.centre.is_active
    assert world.states() == {"s1": "open"}


def test_a_book_that_is_away_stops_new_orders_and_nothing_that_was_heard_is_lost():
    world = fleet(60, 40)
    world.centre.activate(world.activation(60))
    world.step()
    keep = world.book.keep

    def away(*words, **more):
        raise StoreUnavailable("no route")

    world.book.keep = away
    with pytest.raises(StoreUnavailable):
        world.centre.activate(world.activation(40, id="b"))
    world.sites["s1"].is_master = False
    world.centre.hear(Answer(site="s1", order="a-1", is_accepted=False, reason="a person has it"))
    world.step()
    assert world.centre.portfolios["a"].records["a-1"].state is OrderState.DELIVERING
    world.book.keep = keep
    world.step()
    assert world.states()["s1"] == "refused"


def test_a_lease_that_cannot_be_renewed_runs_out_before_others_may_take_it():
    world = fleet(60)
    book = world.book
    renew, take = book.renew_lease, book.take_lease

    def away(*words, **more):
        raise StoreUnavailable("no route")

    book.renew_lease = book.take_lease = away
    world.step(1, times=9)
    assert world.centre.is_active
    world.step(1)
    assert not world.centre.is_active
    assert book.lease().holder == "centre", "the book would still keep others out"
    book.renew_lease, book.take_lease = renew, take
    world.step(3)
    assert world.centre.is_active


def test_a_lease_that_is_given_back_is_free_at_once_also_when_the_book_is_away():
    world = fleet()
    lease, book = world.centres[0].lease, world.book
    give_back = book.give_back_lease

    def away(*words):
        raise StoreUnavailable("no route")

    book.give_back_lease = away
    lease.give_back()
    assert (lease.epoch, book.lease().holder) == (0, "centre")
    book.give_back_lease = give_back
    lease.give_back()
    assert book.lease().holder == "centre", "it is not held any more"


def test_an_active_centre_without_a_link_gives_way_to_one_that_has_it():
    world = fleet(60, 40)
    other = world.add_centre("other")
    world.centre.activate(world.activation(60))
    world.step(4)
    cut = world.centres[0].bus
    cut.cut()
    world.sites["s1"].delivers = 0.0
    world.step(1, times=16)
    assert (world.centre.is_active, other.centre.is_active) == (False, True)
    world.step(4, times=4)
    assert world.states() == {"s1": "short", "s2": "delivering"}, "the other one goes on, and orders elsewhere"
    cut.mend()
    world.step(4, times=4)
    assert (world.centre.is_active, other.centre.is_active) == (False, True)


def test_where_no_centre_has_a_link_one_is_active_all_the_same_and_gives_way_now_and_then():
    world = fleet(60)
    world.centres[0].bus.cut()
    active = []
    for _ in range(100):
        world.step(1)
        active.append(world.centre.is_active)
    assert active.count(False) in range(6, 20)
    assert active[5] is active[40] is active[-1] is True
    world.centres[0].bus.mend()
    world.step(1)
    world.step(1, times=30)
    assert world.centre.is_active


def test_a_takeover_that_fails_is_tried_again():
    world = fleet(60)
    book, listing = world.book, world.book.activations
    old = world.centres.pop(0)
    old.lease.give_back()

    def away(**words):
        raise StoreUnavailable("no route")

    book.activations = away
    other = world.add_centre("other")
    world.step()
    assert not other.centre.is_active
    book.activations = listing
    world.step()
    assert other.centre.is_active


def test_reports_are_acknowledged_once_they_are_in_the_book():
    world = fleet(60)
    world.centre.activate(world.activation(60))
    world.step(4)
    kinds = [report.body["action"] for report in world.book.reports("s1", EVENTS)]
    assert kinds == ["fleet order"]


def test_a_site_cannot_say_what_another_one_delivered_and_nonsense_is_left_out():
    world = fleet(60)
    bodies = [{"orders": {"a-1": said}} for said in ({"energy_kwh": "x"}, 7, {"energy_kwh": float("nan")})]
    bodies += [{"orders": 3}, {}, {"orders": {"a-1": {"energy_kwh": 1, "covered_s": 9}}}]
    bodies += [{"orders": {name: {"energy_kwh": 1, "covered_s": 9}}} for name in ("x" * 101, "a 1")]
    bodies += [
        {"orders": {"a-1": said}}
        for said in (
            {"energy_kwh": 10**400, "covered_s": 9},
            {"energy_kwh": 1, "covered_s": 901},
            {"energy_kwh": 1, "covered_s": -1},
            {"energy_kwh": 1e12, "covered_s": 9},
            {"energy_kwh": True, "covered_s": 9},
        )
    ]
    reports = tuple(Report(sequence=number, at=world.now, body=body) for number, body in enumerate(bodies))
    world.centre.activate(world.activation(60))
    world.centre.hear(Reports(site="s9", store="s", stream=QUARTERS, reports=reports))
    world.centre.hear(Reports(site="s9", store="s", stream=EVENTS, reports=reports[:0]))
    world.step()
    assert [(entry.site, entry.quarter) for entry in world.book.delivered("a")] == [("s9", 5)]


def test_reports_that_the_book_cannot_keep_do_not_hold_up_orders():
    world = fleet(60, 40)
    centre, book = world.centre, world.book

    def refuse(*_):
        raise StoreUnavailable("it cannot keep that")

    book.keep_reports = refuse
    centre.activate(world.activation(60))
    for _ in range(3):
        centre.hear(Reports(site="s9", store="s", stream=EVENTS, reports=(Report(sequence=1, at=world.now, body={}),)))
        world.step(4)
    assert world.states() == {"s1": "delivering"}


def test_a_site_that_claims_more_room_than_anybody_wants_is_ordered_what_is_wanted_at_most():
    world = fleet(60)
    liar = world.site("s9", 80_000)
    del world.book._offers["s9", Direction.UP]
    world.centre.offers.read()
    liar.plan_eur_per_mwh = 0.0
    world.step(4)
    world.centre.activate(world.activation(50))
    world.step(4)
    assert [(record.order.site, record.order.volume_kw) for record in world.book.records("a")] == [("s9", 50)]


def test_what_a_site_measures_beyond_its_grid_connection_is_no_delivery():
    world = fleet(60, 60)
    world.book.put_connection("s1", 70)
    world.centre.connections.read()
    world.centre.activate(world.activation(50))
    world.sites["s1"].delivers = 60_000
    world.step(1, times=20)
    assert world.states() == {"s1": "cancelled", "s2": "delivering"}
    seen = world.centre.presence.seen("s1")
    assert seen.state.deliver_kw is None
    assert seen.doubt == "not believed: it says that it delivers 60,000 kW, beyond the 70 kW of its grid connection"


def test_more_energy_than_the_grid_connection_carries_is_not_settled():
    world = fleet(60)
    world.book.put_connection("s1", 80)
    world.centre.connections.read()
    world.centre.activate(world.activation(60))
    for sequence, kwh in enumerate([20.0, 20.1, -20.1]):
        body = {"orders": {"a-1": {"energy_kwh": kwh, "covered_s": 900}}}
        report = Report(sequence=sequence, at=world.now, body=body)
        world.centre.hear(Reports(site="s1", store="t", stream=QUARTERS, reports=(report,)))
    world.step()
    assert [entry.energy_kwh for entry in world.book.delivered("a")] == [20.0]


def test_a_site_whose_messages_are_left_out_says_so_for_a_minute():
    world = fleet(60)
    world.centre.hear(LeftOut(site="s1", why="up_kw is 50.5"))
    world.step(1)
    seen = world.centre.presence.seen("s1")
    assert (seen.standing, seen.doubt) == (Standing.ALARM, "some of its messages are left out: up_kw is 50.5")
    assert [standing for _, standing, _ in world.centre.presence.standings()] == [Standing.ALARM]
    world.step(4, times=15)
    assert world.centre.presence.seen("s1").doubt == ""
    world.centre.hear(LeftOut(site="new", why="it is no JSON"))
    world.step(1)
    seen = world.centre.presence.seen("new")
    assert (in_words(seen), seen.doubt) == (
        "it has never been heard of",
        "some of its messages are left out: it is no JSON",
    )


def test_no_more_than_some_orders_that_a_site_makes_up_are_withdrawn_at_once():
    world = fleet(60)
    sent = []
    send = world.centre.bus.send
    world.centre.bus.send = lambda messages: (sent.extend(messages), send(messages))
    made_up = tuple(f"x-{number}" for number in range(1000))
    world.centre.hear(SiteState(site="s1", at=world.now, room=Room(up_kw=1, down_kw=1), orders=made_up))
    world.step(0.5)
    assert [message.order for message in sent] == list(made_up[:20])


def test_a_waiting_centre_answers_nobody():
    world = fleet(60)
    other = world.add_centre("other")
    world.sites["s1"].start()
    sent = []
    other.bus.send = sent.append
    world.step(4)
    other.centre.hear(Reports(site="s1", store="s", stream=EVENTS, reports=()))
    other.centre.hear(OrdersWritten(orders=("x",)))
    other.centre.hear(Answer(site="s1", order="x", is_accepted=True))
    world.step()
    assert sent == []
    assert other.centre.presence.seen("s1").standing is Standing.GOOD


def test_a_question_to_a_site_is_answered_or_refused_in_words():
    world = fleet(60)
    world.centres[0].bus.send([Question(site="s1", id="q1", about="history")])
    world.centres[0].bus.send([Question(site="s1", id="q2", about="explain")])
    world.step()
    assert world.centres[0].replies == [
        Reply(site="s1", id="q1", body={"ticks": 7}),
        Reply(site="s1", id="q2", error="the store is not available: it is busy"),
    ]


def test_a_turn_waits_no_longer_than_until_time_moves_an_order():
    world = fleet(60, 40)
    world.sites["s1"].bus.cut()
    world.centre.activate(world.activation(60))
    world.centre.turn(wait_s=0)
    world.elapsed_s += 1.19
    world.centre.turn(wait_s=3600)
    world.elapsed_s += 0.02
    world.centre.turn(wait_s=3600)
    assert world.states()["s1"] in {"silent", "unreachable"}


def test_how_a_site_stands_is_told_by_its_silence():
    world = fleet(60)
    presence = world.centre.presence
    site = world.sites.pop("s1")
    assert in_words(presence.seen("s1")) == ""
    world.step(12)
    assert in_words(presence.seen("s1")) == "it is late, nothing was heard for 12 s"
    world.step(60)
    assert in_words(presence.seen("s1")) == "it is lost, nothing was heard for 72 s"
    assert in_words(presence.seen("nobody")) == "it has never been heard of"
    assert presence.names() == ("s1",)
    assert site.link.is_up


def test_sites_are_looked_at_while_others_are_heard_for_the_first_time():
    presence, numbers = Presence(elapsed_s=lambda: 0.0, now=lambda: NOON), itertools.count()

    def hear(*_):
        """What the garbage collector lets happen in the middle of any look: another thread's turn."""
        presence.heard(SiteState(site=f"s{next(numbers)}", at=NOON, room=Room(up_kw=1, down_kw=1)))

    for _ in range(100):
        hear()
    gc.callbacks.append(hear)
    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        assert len(list(presence.standings())) >= 100
        assert len(presence.available()) >= 100
        assert len(presence.names()) >= 100
    finally:
        gc.set_threshold(*before)
        gc.callbacks.remove(hear)
    assert next(numbers) > 103, "some were heard meanwhile"


def test_a_site_whose_clock_is_off_is_ordered_nothing_and_says_so():
    world = fleet(60, 40)
    site = world.sites["s1"]
    site.link.now = lambda: world.now - timedelta(hours=1)
    world.step(4)
    seen = world.centre.presence.seen("s1")
    assert (seen.standing, in_words(seen)) == (Standing.ALARM, "its clock is 3600 s behind the centre's")
    world.centre.activate(world.activation(30))
    assert [record.order.site for record in world.book.records("a")] == ["s2"]
    site.link.now = lambda: world.now + timedelta(minutes=1)
    world.step(4)
    assert in_words(world.centre.presence.seen("s1")) == "its clock is 60 s ahead of the centre's"
    site.link.now = lambda: world.now + timedelta(seconds=9)
    world.step(4)
    assert in_words(world.centre.presence.seen("s1")) == ""


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_at_the_centre_makes_nobody_silent_and_hides_no_silence(hours):
    world = fleet(60, 60)
    centre, jump = world.centre, timedelta(hours=hours)
    del world.sites["s1"]  # it listens, and says nothing
    centre.activate(world.activation(60, minutes=300))
    world.step(0.1)
    centre.now = centre.presence.now = centre.ordering.now = lambda: world.now + jump
    world.sites["s2"].link.now = centre.now
    centre.clock_moved(jump)
    world.step(0.1)
    assert centre.portfolio("a").records["a-1"].state is OrderState.SENT
    world.step(1, times=5)
    assert (world.states()["s1"], "s2" in world.states()) == ("silent", True)


def test_links_that_change_are_told_once_in_words():
    world = fleet(60)
    world.centres[0].bus.cut()
    world.step()
    sentences = [event.sentence for event in world.centres[0].journal.events]
    assert sentences[-1] == "no link to the sites: the link was cut"
