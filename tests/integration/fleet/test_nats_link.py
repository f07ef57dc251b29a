"""The link to a real NATS server: lost, found again, too old, and what strangers say on it."""

import socket
import threading

import pytest

from energy_manager.adapters.fleet.nats import NatsAccess, NatsCentreBus, NatsSiteBus, link, look_for_server
from energy_manager.adapters.fleet.nats.access import ServerTooOld
from energy_manager.adapters.fleet.nats.client import LeanClient
from energy_manager.application.ports.fleet.fleet_bus import Ask, LeftOut, LinkChanged
from energy_manager.domain.errors import Refused
from tests.support.in_memory_fleet_bus import InMemoryFleetBus
from tests.support.modbus_peers import free_port
from tests.support.nats_server import NatsServer
from tests.support.waiting import eventually


@pytest.fixture
def nats():
    nats = NatsServer()
    nats.start()
    yield nats
    nats.clean_up()


@pytest.fixture
def old_server():
    """A server that greets as Debian's does."""
    listening = socket.create_server(("127.0.0.1", 0))
    greeting = b'INFO {"server_id":"X","version":"2.9.10","proto":1,"headers":true,"max_payload":1048576}\r\n'

    def serve():
        while True:
            try:
                peer, _ = listening.accept()
            except OSError:
                return
            with peer:
                peer.sendall(greeting)
                peer.recv(4096)
                peer.sendall(b"PONG\r\n")
                peer.recv(4096)

    threading.Thread(target=serve, daemon=True).start()
    yield f"nats://127.0.0.1:{listening.getsockname()[1]}"
    listening.close()


def test_a_link_that_is_lost_is_told_and_comes_back_by_itself(nats):
    heard, at_centre = [], []
    site, centre = NatsSiteBus(NatsAccess(url=nats.url), "north"), NatsCentreBus(NatsAccess(url=nats.url))
    site.open(heard.append)
    centre.open(at_centre.append)
    up = LinkChanged(is_up=True)
    assert eventually(lambda: heard == [up] and at_centre == [up])
    nats.stop()
    assert eventually(lambda: len(heard) > 1)
    assert (heard[1].is_up, bool(heard[1].why)) == (False, True)
    site.send(Ask(site="north"))
    nats.start()
    assert eventually(lambda: heard[-1] == up and at_centre[-1] == up)
    assert Ask(site="north") not in at_centre, "what was said without a link is lost"
    site.send(Ask(site="north"))
    assert eventually(lambda: Ask(site="north") in at_centre)
    site.close()
    centre.close()


def test_a_link_whose_library_never_says_that_it_has_closed_connects_again(nats, monkeypatch):
    async def forget(client, status, do_cbs=True):
        client._status = status

    heard = []
    site = NatsSiteBus(NatsAccess(url=nats.url), "north")
    site.open(heard.append)
    assert eventually(lambda: heard == [LinkChanged(is_up=True)])
    monkeypatch.setattr(LeanClient, "_close", forget)
    nats.stop()
    nats.start()
    assert eventually(lambda: len(heard) >= 3, within_s=60)
    assert [heard[1].is_up, heard[-1].is_up] == [False, True]
    monkeypatch.undo()
    site.close()


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux ends lines by itself")
def test_a_site_leaves_it_to_the_system_to_notice_a_dead_line_and_asks_the_server_seldom(nats, monkeypatch):
    asked, left_to_the_system = [], []
    flush, end_when_unheard_for = LeanClient.flush, LeanClient.end_when_unheard_for

    async def ask(client, timeout):
        asked.append(client)
        await flush(client, timeout)

    def leave_it(client, seconds):
        is_left = end_when_unheard_for(client, seconds)
        line = client._transport._io_writer.get_extra_info("socket")
        left_to_the_system.append((is_left, line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)))
        return is_left

    monkeypatch.setattr(LeanClient, "flush", ask)
    monkeypatch.setattr(LeanClient, "end_when_unheard_for", leave_it)
    monkeypatch.setattr(link, "LOOK_S", 0.01)
    at_site, at_centre = [], []
    site, centre = NatsSiteBus(NatsAccess(url=nats.url), "north"), NatsCentreBus(NatsAccess(url=nats.url))
    site.open(at_site.append)
    assert eventually(lambda: left_to_the_system == [(True, 8000)])
    centre.open(at_centre.append)
    try:
        assert eventually(lambda: len(asked) > 10), "the centre's line is asked after each look"
        assert len(set(asked)) == 2
        assert asked.count(asked[0]) == 1, "that of a site only once, when it was up"
    finally:
        site.close()
        centre.close()


def test_a_server_of_debian_is_refused_with_a_sentence(old_server):
    with pytest.raises(ServerTooOld, match=r"has version 2\.9\.10, at least 2\.12 is needed"):
        look_for_server(NatsAccess(url=old_server))
    heard = []
    site = NatsSiteBus(NatsAccess(url=old_server), "north")
    site.open(heard.append)
    assert eventually(lambda: heard)
    assert "at least 2.12 is needed" in heard[0].why
    site.close()


def test_the_version_of_a_server_that_does_is_told_and_nobody_there_is_an_error(nats):
    assert look_for_server(NatsAccess(url=nats.url)).startswith("2.")
    with pytest.raises(OSError, match=r".+"):
        look_for_server(NatsAccess(url=f"nats://127.0.0.1:{free_port()}"))


def test_a_file_of_an_authority_that_cannot_be_read_is_refused():
    with pytest.raises(Refused, match="'/nowhere' cannot be read"):
        NatsCentreBus(NatsAccess(url="tls://127.0.0.1:1", ca_file="/nowhere"))


def test_what_is_none_of_the_fleets_messages_is_left_out(nats):
    at_centre, heard = [], []
    site, centre = NatsSiteBus(NatsAccess(url=nats.url), "north"), NatsCentreBus(NatsAccess(url=nats.url))
    site.open(heard.append)
    centre.open(at_centre.append)
    assert eventually(lambda: heard and at_centre)
    with socket.create_connection(("127.0.0.1", nats.port)) as stranger:
        stranger.recv(4096)
        stranger.sendall(b'CONNECT {"verbose":false,"protocol":1,"lang":"x","version":"1"}\r\n')
        for subject, body in [("up.answer", b"{"), ("up.else", b"{}"), ("down.order", b"[]"), ("down.cancel", b"{}")]:
            stranger.sendall(b"PUB em.v1.site.north.%s %d\r\n%s\r\n" % (subject.encode(), len(body), body))
        stranger.sendall(b"PING\r\n")
        while b"PONG" not in stranger.recv(4096):
            pass
    site.send(Ask(site="north"))
    assert eventually(lambda: Ask(site="north") in at_centre)
    assert at_centre == [LinkChanged(is_up=True), LeftOut(site="north", why="it is no JSON"), Ask(site="north")]
    assert heard == [LinkChanged(is_up=True)]
    site.close()
    centre.close()


def test_a_site_that_floods_the_centre_is_named_and_the_others_are_heard(nats):
    at_centre = []
    centre = NatsCentreBus(NatsAccess(url=nats.url))
    centre.open(at_centre.append)
    assert eventually(lambda: at_centre)
    with socket.create_connection(("127.0.0.1", nats.port)) as stranger:
        stranger.recv(4096)
        stranger.sendall(b'CONNECT {"verbose":false,"protocol":1,"lang":"x","version":"1"}\r\n')
        stranger.sendall(b"PUB em.v1.site.north.up.ask 2\r\n{}\r\n" * 20_000)
        stranger.sendall(b"PUB em.v1.site.south.up.ask 2\r\n{}\r\n")
        assert eventually(lambda: Ask(site="south") in at_centre, within_s=30)
    assert LeftOut(site="north", why="more than 500 messages of one kind in a second") in at_centre
    assert at_centre.count(Ask(site="north")) < 20_000
    centre.close()


def test_in_memory_a_link_can_be_cut_and_mended():
    bus = InMemoryFleetBus()
    site, centre = bus.site("north"), bus.centre()
    heard, at_centre = [], []
    site.open(heard.append)
    centre.open(at_centre.append)
    site.cut()
    site.send(Ask(site="north"))
    centre.cut()
    site.mend()
    site.send(Ask(site="north"))
    assert [type(message) for message in at_centre] == [LinkChanged, LinkChanged]
    assert [message.is_up for message in heard] == [True, False, True]
