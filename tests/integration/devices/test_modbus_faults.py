"""Whatever a peer does, a value is the right register's or an error, in bounded time, and the next request is clean."""

import resource
import socket
import time

import pytest

from energy_manager.adapters.devices.links.errors import (
    ConnectionLost,
    LinkDown,
    LinkError,
    MalformedAnswer,
    ModbusException,
    NoAnswer,
)
from energy_manager.adapters.devices.links.modbus import Mbap, ModbusClient, Read, Rtu, Table, TcpTransport, Write
from energy_manager.adapters.lanes.steps import complete
from energy_manager.adapters.runtime.clocks import MonotonicClock
from tests.support import modbus_peers as peers

CLOCK = MonotonicClock()


@pytest.fixture(params=["tcp", "rtu"])
def framing(request):
    return request.param


@pytest.fixture
def connect(framing):
    opened = []

    def connect(behave, *, timeout_s=0.15):
        peer = peers.ScriptedPeer(behave, rtu=framing == "rtu")
        client = ModbusClient(
            TcpTransport("127.0.0.1", peer.port),
            Rtu() if framing == "rtu" else Mbap(),
            clock=CLOCK,
            timeout_s=timeout_s,
        )
        opened.extend([client, peer])
        return client, peer

    yield connect
    for one in opened:
        one.close()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (peers.is_silent, NoAnswer),
        (peers.closes, ConnectionLost),
        (peers.resets, ConnectionLost),
        (peers.sends_half, NoAnswer),
        (peers.drips, NoAnswer),
        (peers.mistakes_the_unit, MalformedAnswer),
        (peers.answers_without_data, MalformedAnswer),
        (peers.is_busy, ModbusException),
    ],
)
def test_a_fault_is_an_error_in_time_and_a_healthy_peer_is_read_rightly_right_after_it(connect, fault, error):
    client, peer = connect(fault)
    begun_s = time.monotonic()
    with pytest.raises(error):
        complete(client.reading(3, Read(Table.HOLDING, 100, 4)))
    assert time.monotonic() - begun_s < 5
    peer.behave = peers.answers
    assert complete(client.reading(3, Read(Table.HOLDING, 200, 2))) == [
        peers.register_of(3, 200),
        peers.register_of(3, 201),
    ]
    assert len(peer.requests) == 2, "nothing is sent twice"


def test_another_transactions_answer_is_no_answer():
    peer = peers.ScriptedPeer(peers.mistakes_the_transaction)
    client = ModbusClient(TcpTransport("127.0.0.1", peer.port), Mbap(), clock=CLOCK, timeout_s=0.15)
    with pytest.raises(MalformedAnswer, match="transaction"):
        complete(client.reading(3, Read(Table.HOLDING, 100, 4)))
    client.close()
    peer.close()


def test_a_connection_that_the_peer_closed_while_idle_is_made_anew_before_anything_is_sent(connect):
    client, peer = connect(peers.answers)
    complete(client.writing(1, Write(Table.HOLDING, 5, (1,))))
    peer.connections[-1].shutdown(socket.SHUT_RDWR)
    peer.connections[-1].close()
    time.sleep(0.02)
    complete(client.writing(1, Write(Table.HOLDING, 5, (2,))))
    assert len(peer.requests) == 2


def test_a_write_meant_for_one_connection_never_goes_out_on_the_next(connect):
    client, peer = connect(peers.answers)
    identified_on = complete(client.connecting())
    complete(client.writing(1, Write(Table.HOLDING, 5, (1,)), on=identified_on))
    client.close()
    with pytest.raises(ConnectionLost, match="anew"):
        complete(client.writing(1, Write(Table.HOLDING, 5, (2,)), on=identified_on))
    assert len(peer.requests) == 1


def test_a_refused_connection_is_link_down():
    client = ModbusClient(TcpTransport("127.0.0.1", peers.free_port()), Mbap(), clock=CLOCK, timeout_s=0.2)
    with pytest.raises(LinkDown, match="cannot be reached"):
        complete(client.reading(1, Read(Table.HOLDING, 0, 1)))


def late_answers(tries: int, timeout_s: float) -> tuple[int, int]:
    """How many of the reads after a late RTU answer gave a value, and how many of all gave another register's."""
    peer = peers.ScriptedPeer(peers.answers, rtu=True)
    client = ModbusClient(TcpTransport("127.0.0.1", peer.port), Rtu(), clock=CLOCK, timeout_s=timeout_s)
    values = wrong = 0
    for number in range(tries):
        for behave, address in (
            (peers.is_late(timeout_s * (1.02 + 0.9 * (number % 17) / 17)), 10 + number % 100),
            (peers.answers, 500 + number % 100),
        ):
            peer.behave = behave
            try:
                (value,) = complete(client.reading(1, Read(Table.HOLDING, address, 1)))
            except LinkError:
                continue
            values += behave is peers.answers
            wrong += value != peers.register_of(1, address)
    client.close()
    peer.close()
    return values, wrong


def test_after_a_late_rtu_answer_the_next_read_gives_its_own_register():
    values, wrong = late_answers(25, timeout_s=0.05)
    assert wrong == 0
    assert values >= 20


@pytest.mark.soak
def test_in_ten_thousand_late_rtu_answers_never_another_registers_value():
    values, wrong = late_answers(10_000, timeout_s=0.03)
    assert wrong == 0
    assert values >= 9_000


def test_a_file_descriptor_above_1023_is_as_good_as_any(connect):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 1200:
        pytest.skip("this machine allows fewer than 1,200 open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 1200), hard))
    held = []
    try:
        client, _ = connect(peers.answers, timeout_s=2.0)
        while not held or held[-1].fileno() < 1030:
            held.append(socket.socket())
        assert complete(client.reading(1, Read(Table.HOLDING, 7, 1))) == [peers.register_of(1, 7)]
        assert client._transport._socket.fileno() > 1023
    finally:
        for one in held:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
