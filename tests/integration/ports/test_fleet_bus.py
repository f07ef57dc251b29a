"""The bus between a centre and its sites, in memory and over a real NATS server: one contract."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.adapters.fleet.nats import NatsAccess, NatsCentreBus, NatsSiteBus
from energy_manager.application.ports.fleet.fleet_bus import (
    QUARTERS,
    Acknowledged,
    Answer,
    Ask,
    Cancel,
    LinkChanged,
    NobodyThere,
    OrderList,
    OrdersWritten,
    Question,
    Reply,
    Report,
    Reports,
    SiteState,
)
from energy_manager.domain.fleet import Order, Room
from tests.support.in_memory_fleet_bus import InMemoryFleetBus
from tests.support.nats_server import NatsServer
from tests.support.waiting import eventually

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def nats_server():
    server = NatsServer()
    server.start()
    yield server
    server.clean_up()


@pytest.fixture(params=["in memory", "nats"])
def ends(request):
    """What makes ends of one bus: a centre's, and a site's by name."""
    opened = []
    if request.param == "in memory":
        bus = InMemoryFleetBus()
        make_centre, make_site = bus.centre, bus.site
    else:
        access = NatsAccess(url=request.getfixturevalue("nats_server").url)
        make_centre, make_site = lambda: NatsCentreBus(access), lambda site: NatsSiteBus(access, site)

    def opening(end):
        heard = Heard(end)
        opened.append(end)
        end.open(heard)
        assert heard.eventually(LinkChanged(is_up=True))
        return heard

    yield lambda: opening(make_centre()), lambda site: opening(make_site(site))
    for end in opened:
        end.close()


class Heard:
    """All that an end was told, in order."""

    def __init__(self, end):
        self.end, self.all, self._turn = end, [], threading.Lock()

    def __call__(self, message):
        with self._turn:
            self.all.append(message)

    def send(self, *messages):
        if hasattr(self.end, "_gone") or type(self.end).__name__ == "InMemoryCentreBus":
            self.end.send(messages)
        else:
            for message in messages:
                self.end.send(message)

    def eventually(self, *messages):
        return eventually(lambda: all(message in self.all for message in messages), within_s=30)

    def messages(self):
        return [message for message in self.all if not isinstance(message, LinkChanged | OrdersWritten)]


def order(number, site="north", **other):
    span = {"start": NOON, "until": NOON + timedelta(hours=1)}
    return Order(id=f"a-{number}", epoch=3, site=site, deliver_kw=-40, reason="congestion: «Ä»", **span | other)


DOWN = [
    order(1),
    OrderList(site="north", epoch=3, orders=(order(1), order(2))),
    Cancel(site="north", order="a-1", epoch=3),
    Acknowledged(site="north", store="s", stream=QUARTERS, through=1_970_000),
    Question(site="north", id="q1", about="history", arguments={"from": "x"}),
    OrderList(site="north", epoch=3, orders=()),
]

UP = [
    SiteState(site="north", at=NOON, room=Room(up_kw=4, down_kw=5)),
    SiteState(
        site="north", at=NOON, room=Room(up_kw=4, down_kw=5, up_eur_per_mwh=80.5, down_eur_per_mwh=-3.0), tick=7,
        deliver_kw=-1.25, import_kw=9.5, is_on_time=False, alarms=2, alarm="no status", orders=("a-1",),
    ),
    Answer(site="north", order="a-1", is_accepted=False, reason="a person has it"),
    Ask(site="north"),
    Reports(site="north", store="s", stream=QUARTERS, reports=(Report(sequence=9, at=NOON, body={"x": [1.5]}),)),
    Reply(site="north", id="q1", body={"ticks": [1]}),
    Reply(site="north", id="q1", error="there is no such tick"),
]  # fmt: skip


def test_a_site_hears_what_is_for_it_as_it_was_said_and_in_order(ends):
    centre, north, south = ends[0](), ends[1]("north"), ends[1]("south")
    centre.send(*DOWN)
    centre.send(order(9))
    assert north.eventually(*DOWN, order(9))
    assert north.messages() == [*DOWN, order(9)]
    assert south.messages() == []


def test_every_centre_hears_what_sites_say_as_it_was_said(ends):
    one, other, north = ends[0](), ends[0](), ends[1]("north")
    north.send(*UP)
    assert one.eventually(*UP)
    assert other.eventually(*UP)


def test_orders_are_written_as_a_batch_and_who_is_not_there_is_named(ends):
    centre, _ = ends[0](), ends[1]("north")
    centre.send(order(1), order(2, site="nowhere"), Cancel(site="nowhere", order="a-0", epoch=3))
    assert centre.eventually(OrdersWritten(orders=("a-1", "a-2")), NobodyThere(site="nowhere", order="a-2"))
    assert centre.messages() == [NobodyThere(site="nowhere", order="a-2")]


def test_a_site_that_has_left_is_not_there(ends):
    centre, north = ends[0](), ends[1]("north")
    north.end.close()

    def is_known_to_be_gone():
        centre.send(order(1))  # what is on its way while the site leaves is lost without a word
        return NobodyThere(site="north", order="a-1") in centre.all

    assert eventually(is_known_to_be_gone, within_s=30)
    north.send(Ask(site="north"))
    assert Ask(site="north") not in centre.all


def test_a_closed_end_may_be_closed_again_and_is_told_nothing(ends):
    centre, north = ends[0](), ends[1]("north")
    centre.end.close()
    centre.end.close()
    centre.send(order(1))
    north.send(Ask(site="north"))
    assert centre.messages() == []
