"""The link as its users meet it, on a clock that a test moves by hand."""

import pytest

from energy_manager.adapters.devices.links.errors import (
    ConnectionLost,
    LinkDown,
    ModbusException,
    NoAnswer,
    UnitRests,
)
from energy_manager.adapters.devices.links.modbus import Mbap, ModbusClient, ModbusLink, Read, Rtu, Span, Table, Write
from energy_manager.adapters.devices.links.modbus.framing import crc16
from energy_manager.adapters.lanes.steps import complete
from energy_manager.adapters.runtime.clocks import FakeClock
from tests.support.loopback import NoDescriptor


class FakeTransport:
    """Units that have the registers 0 to 99 and 200 to 299, each holding its address; dead units say nothing."""

    peer = "peer:502"
    source = NoDescriptor()
    sends_at_once = True

    def __init__(self, clock, *, rtu=False):
        self.clock = clock
        self.rtu = rtu
        self.is_open = False
        self.is_refused = False
        self.has_hung_up = False
        self.dead_units = set()
        self.sent = []
        self.opened_at_s = []
        self._answer = b""

    def open(self, *, timeout_s):
        if self.is_refused:
            raise LinkDown("peer:502 cannot be reached: refused")
        self.is_open = True
        self.has_hung_up = False
        self.opened_at_s.append(self.clock.now_s())

    def send(self, data, *, within_s):
        unit, pdu = (data[0], data[1:-2]) if self.rtu else (data[6], data[7:])
        self.sent.append((self.clock.now_s(), unit, pdu[0], int.from_bytes(pdu[1:3], "big")))
        self._answer = b"" if unit in self.dead_units else self._framed(data, unit, self._pdu(pdu))

    def _framed(self, data, unit, pdu):
        if self.rtu:
            return bytes([unit]) + pdu + crc16(bytes([unit]) + pdu).to_bytes(2, "little")
        return data[:4] + (len(pdu) + 1).to_bytes(2, "big") + bytes([unit]) + pdu

    def _pdu(self, pdu):
        address, count = int.from_bytes(pdu[1:3], "big"), int.from_bytes(pdu[3:5], "big")
        if pdu[0] == 16:
            return pdu[:5]
        cells = range(address, address + count)
        if any(100 <= cell < 200 or cell >= 300 for cell in cells):
            return bytes([pdu[0] | 0x80, 2])
        return bytes([pdu[0], 2 * count]) + b"".join(cell.to_bytes(2, "big") for cell in cells)

    def receive(self, *, within_s):
        answer, self._answer = self._answer, b""
        if answer:
            return answer
        self.clock.sleep_until(self.clock.now_s() + within_s)
        return None

    def discard(self):
        return not self.has_hung_up

    def close(self):
        self.is_open = False


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def transport(clock):
    return FakeTransport(clock)


def link_on(transport, clock, **options):
    client = ModbusClient(
        transport,
        Rtu() if transport.rtu else Mbap(),
        clock=clock,
        timeout_s=1.0,
        connect_pause_s=options.pop("connect_pause_s", 0.0),
    )
    return ModbusLink(client, clock=clock, wait_s=1.8, **options)


def holding(address, count=1):
    return Span(Table.HOLDING, address, count)


def cells(readings):
    return {span.address: reading.cells for span, reading in readings.items()}


def test_one_request_serves_all_points_of_one_moment(transport, clock):
    link = link_on(transport, clock)
    clock.sleep_until(7.0)
    readings = complete(link.reading(3, [holding(20, 2), holding(10), holding(30, 4)]))
    assert cells(readings) == {10: [10], 20: [20, 21], 30: [30, 31, 32, 33]}
    assert {reading.taken_at_s for reading in readings.values()} == {7.0}
    assert len(transport.sent) == 1


def test_an_address_error_splits_the_block_once_and_the_absent_point_is_missing(transport, clock):
    link = link_on(transport, clock)
    spans = [holding(95), holding(102), holding(205)]
    assert cells(complete(link.reading(3, spans))) == {95: [95], 102: None, 205: [205]}
    assert [address for _, _, _, address in transport.sent] == [95, 95, 102, 205]
    transport.sent.clear()
    assert cells(complete(link.reading(3, spans))) == {95: [95], 102: None, 205: [205]}
    assert [address for _, _, _, address in transport.sent] == [95, 102, 205]


def test_a_unit_that_failed_twice_is_left_alone_while_its_neighbour_goes_on(transport, clock):
    link = link_on(transport, clock)
    transport.dead_units = {1}
    for _ in range(2):
        with pytest.raises(NoAnswer):
            complete(link.reading(1, [holding(0)]))
    sent = len(transport.sent)
    with pytest.raises(UnitRests, match=r"unit 1 at peer:502 failed, it is left alone for 5\.0 s"):
        complete(link.reading(1, [holding(0)]))
    assert len(transport.sent) == sent
    assert cells(complete(link.reading(2, [holding(0)]))) == {0: [0]}
    clock.sleep_until(clock.now_s() + 5)
    transport.dead_units = set()
    assert cells(complete(link.reading(1, [holding(0)]))) == {0: [0]}


def test_an_answer_of_the_gateway_that_the_unit_is_dead_counts_as_its_failure_and_a_busy_unit_is_alive(clock):
    answers = iter([11, 6, 11, 11])

    class Refusing(FakeTransport):
        def _pdu(self, pdu):
            return bytes([pdu[0] | 0x80, next(answers)])

    link = link_on(Refusing(clock), clock)
    for _ in range(4):
        with pytest.raises(ModbusException):
            complete(link.reading(1, [holding(0)]))
    with pytest.raises(UnitRests):
        complete(link.reading(1, [holding(0)]))


def test_a_refused_link_backs_off_for_all_its_units(transport, clock):
    link = link_on(transport, clock)
    transport.is_refused = True
    tried_at_s = []
    while clock.now_s() < 20:
        try:
            complete(link.reading(len(tried_at_s), [holding(0)]))
        except LinkDown as error:
            if "refused" in str(error) and "next try" not in str(error):
                tried_at_s.append(clock.now_s())
        clock.sleep_until(clock.now_s() + 0.5)
    assert tried_at_s == [0, 1, 3, 8, 18]
    transport.is_refused = False
    clock.sleep_until(100)
    assert cells(complete(link.reading(1, [holding(0)]))) == {0: [0]}


def test_pauses_after_the_connection_and_between_requests_are_kept(transport, clock):
    link = link_on(transport, clock, connect_pause_s=2.0, pause_s=0.05)
    complete(link.reading(1, [holding(0), holding(50)]))
    with link.turn(1, is_write=True) as at:
        complete(at.writing(Write(Table.HOLDING, 5, (1,))))
    assert [sent_s for sent_s, *_ in transport.sent] == pytest.approx([2.0, 2.05, 2.1])


def test_after_a_time_out_an_rtu_link_is_silent_for_as_long_again_and_a_tcp_link_is_not(clock):
    for rtu, next_sent_s in ((True, 2.0), (False, 1.0)):
        clock = FakeClock()
        transport = FakeTransport(clock, rtu=rtu)
        link = link_on(transport, clock)
        transport.dead_units = {1}
        with pytest.raises(NoAnswer, match=r"unit 1 at peer:502 gave no answer within 1 s"):
            complete(link.reading(1, [holding(0)]))
        assert cells(complete(link.reading(2, [holding(0)]))) == {0: [0]}
        assert transport.sent[-1][0] == next_sent_s
        assert transport.opened_at_s == [0.0, 1.0]


def test_what_was_known_of_a_device_belongs_to_its_connection(transport, clock):
    link = link_on(transport, clock)
    with link.turn(1, is_write=True) as at:
        connection = complete(at.connecting())
        assert complete(at.reading(Read(Table.HOLDING, 7, 1), on=connection)) == [7]
        transport.has_hung_up = True
        with pytest.raises(ConnectionLost):
            complete(at.writing(Write(Table.HOLDING, 5, (1,)), on=connection))
        assert complete(at.connecting()) == connection + 1
    assert [function for _, _, function, _ in transport.sent] == [3]


def test_a_connection_that_cannot_be_made_inside_a_turn_backs_off_as_well(transport, clock):
    link = link_on(transport, clock)
    transport.is_refused = True
    with pytest.raises(LinkDown), link.turn(1, is_write=True) as at:
        complete(at.connecting())
    with pytest.raises(LinkDown, match="next try"), link.turn(2, is_write=True):
        raise AssertionError("it rests")


def test_a_dead_unit_costs_its_neighbours_ever_less(transport, clock):
    link = link_on(transport, clock)
    transport.dead_units = {1}
    late = 0
    for tick in range(150):
        due_s = 2.0 * tick
        clock.sleep_until(due_s)
        for unit in (1, 2, 3):
            try:
                with link.turn(unit, is_write=True) as at:
                    complete(at.writing(Write(Table.HOLDING, 5, (tick,))))
            except (NoAnswer, UnitRests):
                assert unit == 1
        late += clock.now_s() - due_s > 0.5
    tries = [sent_s for sent_s, unit, *_ in transport.sent if unit == 1]
    assert len(tries) == late == 9
    assert sum(unit != 1 for _, unit, *_ in transport.sent) == 2 * 150


class LateTransport(FakeTransport):
    """An RTU bus that answers one request at a time; ``late`` answers come before the next request's own."""

    def __init__(self, clock):
        super().__init__(clock, rtu=True)
        self.late = []

    def receive(self, *, within_s):
        if self.late and self._answer:
            return self.late.pop(0) + (b"" if self.late else super().receive(within_s=within_s))
        return super().receive(within_s=within_s)


def rtu_answer(unit, *values):
    body = bytes([unit, 3, 2 * len(values)]) + b"".join(value.to_bytes(2, "big") for value in values)
    return body + crc16(body).to_bytes(2, "little")


def timed_out(transport, link, clock, span):
    transport.dead_units = {1}
    with pytest.raises(NoAnswer):
        complete(link.reading(1, [span]))
    transport.dead_units = set()
    clock.sleep_until(clock.now_s() + 4)


def test_an_rtu_answer_that_comes_however_late_is_never_taken_for_anothers(clock):
    transport = LateTransport(clock)
    link = link_on(transport, clock)
    for address in range(10, 13):
        timed_out(transport, link, clock, holding(50))
        transport.late = [rtu_answer(1, 50)]
        assert cells(complete(link.reading(1, [holding(address)]))) == {address: [address]}


def test_where_no_wider_read_is_possible_there_is_no_value_rather_than_a_doubtful_one(clock):
    class Narrow(LateTransport):
        def _pdu(self, pdu):
            count = int.from_bytes(pdu[3:5], "big")
            return super()._pdu(pdu) if count == 1 else bytes([pdu[0] | 0x80, 2])

    transport = Narrow(clock)
    link = link_on(transport, clock)
    timed_out(transport, link, clock, holding(50))
    with pytest.raises(NoAnswer, match="may still answer an earlier request"):
        complete(link.reading(1, [holding(7)]))
    clock.sleep_until(clock.now_s() + 40)
    assert cells(complete(link.reading(1, [holding(7)]))) == {7: [7]}
