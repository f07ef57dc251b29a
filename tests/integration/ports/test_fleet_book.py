"""The centre's book in memory, in SQLite and in PostgreSQL: one contract."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from energy_manager.adapters.fleet.book import InMemoryFleetBook, tables
from energy_manager.adapters.fleet.book.sql import SqlFleetBook
from energy_manager.application.ports.fleet.fleet_book import EnrolledSite, Fenced
from energy_manager.application.ports.fleet.fleet_bus import EVENTS, QUARTERS, Report, Reports
from energy_manager.domain.fleet import (
    Delivered,
    Direction,
    FleetActivation,
    Order,
    OrderRecord,
    OrderState,
    RegisteredOffer,
)
from tests.support.waiting import eventually

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
EMPTY = "; ".join(
    f"DELETE FROM {table.name}" for table in tables.metadata.sorted_tables if table is not tables.revision
)


@pytest.fixture(params=["in memory", "sqlite", "postgresql"])
def new_books(request, tmp_path):
    """What opens a book that nobody has opened before, as each centre does; in memory there is one for all."""
    if request.param == "in memory":
        book = InMemoryFleetBook()
        yield lambda: book
    elif request.param == "sqlite":
        yield from opening(f"sqlite:///{tmp_path}/book.db")
    else:
        with request.getfixturevalue("postgresql").database() as url:
            yield from opening(url)


@pytest.fixture(params=["in memory", "sqlite", "postgresql"])
def books(request, tmp_path):
    """The same for an empty book, whose tables may be there already."""
    if request.param == "in memory":
        book = InMemoryFleetBook()
        yield lambda: book
    elif request.param == "sqlite":
        yield from opening(f"sqlite:///{tmp_path}/book.db")
    else:
        with request.getfixturevalue("postgresql").database(afterwards=EMPTY) as url:
            yield from opening(url)


def opening(url):
    opened = []

    def open_it():
        opened.append(SqlFleetBook(url, patience_s=30))
        return opened[-1]

    yield open_it
    for book in opened:
        book.close()


@pytest.fixture
def book(books):
    return books()


ACTIVATION = FleetActivation(
    id="a", direction=Direction.DOWN, volume_kw=100, start=NOON, until=NOON + HOUR, placed_at=NOON, reason="peak",
    asked_by="ann",
)  # fmt: skip


def record(number, site="north", **other):
    order = Order(
        id=f"a-{number}", epoch=5, site=site, deliver_kw=-40, start=NOON, until=NOON + HOUR, reason="peak «Ä»"
    )
    words = {"cost_cents": 1234, "because": "it is cheap", "note": "late", "is_late": True, "fell_short": True}
    words |= {"accepted_at": NOON + HOUR / 2, "measured_kw": 12.5}
    return OrderRecord(order=order, activation="a", state=OrderState.SHORT, since=NOON, placed_at=NOON, **words | other)


def reports(*sequences, store="s", stream=QUARTERS, site="north"):
    made = tuple(Report(sequence=number, at=NOON + number * HOUR, body={"number": number}) for number in sequences)
    return Reports(site=site, store=store, stream=stream, reports=made)


def test_of_many_centres_that_start_at_once_one_is_active(new_books):
    epochs, gate = [], threading.Barrier(6)

    def start(number):
        book = new_books()
        gate.wait()
        epochs.append(book.take_lease(f"centre {number}", lives_s=600))

    threads = [threading.Thread(target=start, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(epochs) == 6
    assert len([epoch for epoch in epochs if epoch is not None]) == 1


def test_the_lease_passes_on_once_it_ran_out_or_was_given_back_and_epochs_only_grow(books):
    one, other = books(), books()
    assert one.lease().epoch == 0
    first = one.take_lease("one", lives_s=600)
    assert other.lease() == one.lease()
    assert (one.lease().holder, one.lease().epoch) == ("one", first)
    assert other.take_lease("other", lives_s=600) is None
    assert one.renew_lease("one", first, lives_s=0.001)
    assert eventually(lambda: other.take_lease("other", lives_s=600), within_s=30)
    second = other.lease().epoch
    assert second > first
    assert not one.renew_lease("one", first, lives_s=600), "it was taken"
    one.give_back_lease("one", first)
    assert other.lease().holder == "other", "another's cannot be given back"
    other.give_back_lease("other", second)
    assert other.lease().holder == ""
    assert one.take_lease("one", lives_s=600) > second


def test_a_lease_that_ran_out_is_not_renewed_though_nobody_has_taken_it(book):
    epoch = book.take_lease("one", lives_s=0.001)
    assert eventually(lambda: not book.renew_lease("one", epoch, lives_s=0.001), within_s=30)


def test_a_lease_that_nobody_has_is_not_renewed(book):
    assert not book.renew_lease("one", 1, lives_s=600)


def test_who_is_not_active_any_more_writes_nothing(books):
    one, other = books(), books()
    first = one.take_lease("one", lives_s=600)
    one.give_back_lease("one", first)
    second = other.take_lease("other", lives_s=600)
    with pytest.raises(Fenced, match=str(second)):
        one.keep(first, activations=[ACTIVATION], records=[record(1)])
    assert other.activations() == ()
    with pytest.raises(Fenced):
        one.keep(0)


def test_activations_and_orders_are_kept_as_they_are_now(book):
    epoch = book.take_lease("one", lives_s=600)
    plain = record(2, "south", accepted_at=None, note="", is_late=False, fell_short=False)
    book.keep(epoch, activations=[ACTIVATION], records=[record(1), plain, record(10)])
    assert book.activations() == (ACTIVATION,)
    assert book.records("a") == (record(1), plain, record(10))
    over = replace(record(1), state=OrderState.OVER, since=NOON + HOUR)
    ended = replace(ACTIVATION, ended_at=NOON, ended_by="bob")
    book.keep(epoch, activations=[ended], records=[over])
    assert book.records("a") == (over, plain, record(10))
    assert book.activations() == (ended,)
    assert book.records("b") == ()


def test_unfinished_activations_are_those_that_are_neither_over_nor_called_off(book):
    epoch = book.take_lease("one", lives_s=600)
    over = replace(ACTIVATION, id="b", until=NOON + HOUR / 2)
    off = replace(ACTIVATION, id="c", ended_at=NOON)
    later = replace(ACTIVATION, id="0", placed_at=NOON + HOUR)
    book.keep(epoch, activations=[ACTIVATION, over, off, later])
    assert book.activations(unfinished_at=NOON + HOUR / 2) == (ACTIVATION, later)
    assert [activation.id for activation in book.activations()] == ["a", "b", "c", "0"]


def test_an_activation_with_live_orders_is_unfinished_whatever_the_time(book):
    epoch = book.take_lease("one", lives_s=600)
    book.keep(epoch, activations=[replace(ACTIVATION, ended_at=NOON)], records=[record(1)])
    assert len(book.activations(unfinished_at=NOON + 2 * HOUR)) == 1
    book.keep(epoch, records=[replace(record(1), state=OrderState.OVER)])
    assert book.activations(unfinished_at=NOON + 2 * HOUR) == ()


def test_a_report_is_in_the_book_once_however_often_it_comes(book):
    book.keep_reports([reports(1, 2)], [])
    book.keep_reports([reports(2, 3)], [])
    book.keep_reports([reports(3, stream=EVENTS)], [])
    book.keep_reports([reports(1, store="begun anew")], [])
    book.keep_reports([reports(7, site="south")], [])
    assert [report.sequence for report in book.reports("north", QUARTERS)] == [3, 2, 1, 1]
    assert book.reports("north", QUARTERS, limit=1) == (reports(3).reports[0],)
    assert [report.sequence for report in book.reports("north", EVENTS)] == [3]


def test_what_was_delivered_is_kept_by_order_and_quarter_hour_once(book):
    epoch = book.take_lease("one", lives_s=600)
    book.keep(epoch, activations=[ACTIVATION], records=[record(1), record(2)])
    first = Delivered(site="north", order="a-1", quarter=7, energy_kwh=9.5, covered_s=890.0)
    others = [
        Delivered(site="north", order="a-2", quarter=6, energy_kwh=1.0, covered_s=10.0),
        replace(first, order="x-1"),
    ]
    book.keep_reports([reports(1)], [first, *others])
    book.keep_reports([reports(1)], [replace(first, energy_kwh=99.0)])
    assert book.delivered("a") == (others[0], first)


def test_an_offer_takes_the_place_of_the_former_one_in_its_direction(book):
    up = RegisteredOffer(site="north", direction=Direction.UP, volume_kw=50, activation_cents=1, price_eur_per_mwh=8.5)
    down = replace(up, direction=Direction.DOWN, days=(date(2026, 3, 2), date(2026, 3, 3)))
    book.put_offers([up, down])
    book.put_offers([replace(up, volume_kw=60)])
    assert book.offers() == (down, replace(up, volume_kw=60))


def test_a_grid_connection_takes_the_place_of_the_former_one(book):
    book.put_connection("north", 50)
    book.put_connection("south", 10**9)
    book.put_connection("north", 60)
    assert book.connections() == {"north": 60, "south": 10**9}


def test_a_site_may_connect_until_it_is_revoked_and_be_enrolled_again(book):
    north = EnrolledSite(site="north", public_key="UA", enrolled_at=NOON)
    book.enrol(north)
    assert book.revoke("north", at=NOON + HOUR)
    assert not book.revoke("north", at=NOON + HOUR)
    assert not book.revoke("south", at=NOON)
    assert book.sites() == (replace(north, revoked_at=NOON + HOUR),)
    again = replace(north, public_key="UB", enrolled_at=NOON + HOUR)
    book.enrol(again)
    assert book.sites() == (again,)
