"""Requests and answers byte by byte; the examples are those of the Modbus specification."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.devices.links.errors import MalformedAnswer, ModbusException
from energy_manager.adapters.devices.links.modbus import Mbap, Read, Rtu, Table, Write
from energy_manager.adapters.devices.links.modbus.framing import crc16
from energy_manager.domain.errors import Refused

# MODBUS Application Protocol Specification V1.1b3, the examples of section 6; addresses on the wire.
EXAMPLES = [
    (Read(Table.COIL, 0x13, 0x13), "01 0013 0013", "01 03 CD6B05"),
    (Read(Table.DISCRETE, 0xC4, 0x16), "02 00C4 0016", "02 03 ACDB35"),
    (Read(Table.HOLDING, 0x6B, 3), "03 006B 0003", "03 06 022B 0000 0064"),
    (Read(Table.INPUT, 8, 1), "04 0008 0001", "04 02 000A"),
]
WRITES = [
    (Write(Table.COIL, 0xAC, (1,), single=True), "05 00AC FF00", "05 00AC FF00"),
    (Write(Table.HOLDING, 1, (3,), single=True), "06 0001 0003", "06 0001 0003"),
    (Write(Table.COIL, 0x13, (1, 0, 1, 1, 0, 0, 1, 1, 1, 0)), "0F 0013 000A 02 CD01", "0F 0013 000A"),
    (Write(Table.HOLDING, 1, (10, 0x0102)), "10 0001 0002 04 000A 0102", "10 0001 0002"),
]


@pytest.mark.parametrize(("request_", "pdu", "answer"), EXAMPLES)
def test_reads_are_those_of_the_specification(request_, pdu, answer):
    assert request_.pdu == bytes.fromhex(pdu)
    values = request_.values_of(bytes.fromhex(answer))
    assert len(values) == request_.count
    if request_.table is Table.HOLDING:
        assert values == [0x22B, 0, 0x64]
    if request_.table is Table.COIL:
        assert values[:8] == [1, 0, 1, 1, 0, 0, 1, 1]


@pytest.mark.parametrize(("request_", "pdu", "answer"), WRITES)
def test_writes_are_those_of_the_specification(request_, pdu, answer):
    assert request_.pdu == bytes.fromhex(pdu)
    request_.check(bytes.fromhex(answer))


@pytest.mark.parametrize(
    "answer", ["", "03", "03 00", "03 02 0001", "03 06 0001 0002", "04 04 0001 0002", "83", "90 02"]
)
def test_an_answer_with_another_function_or_byte_count_is_refused(answer):
    with pytest.raises(MalformedAnswer):
        Read(Table.HOLDING, 0, 2).values_of(bytes.fromhex(answer))


@pytest.mark.parametrize("answer", ["10 0002 0002", "10 0001 0001", "06 0001 0002", "10 0001"])
def test_an_acknowledgement_of_another_write_is_refused(answer):
    with pytest.raises(MalformedAnswer):
        Write(Table.HOLDING, 1, (1, 2)).check(bytes.fromhex(answer))


def test_an_exception_answer_says_what_it_means():
    with pytest.raises(ModbusException, match="exception 6, device busy"):
        Read(Table.HOLDING, 0, 2).values_of(bytes.fromhex("83 06"))


def test_requests_that_the_protocol_has_not_are_refused():
    for wrong in (
        lambda: Read(Table.HOLDING, 0, 126),
        lambda: Read(Table.INPUT, 65535, 2),
        lambda: Read(Table.HOLDING, -1, 1),
        lambda: Write(Table.INPUT, 0, (1,)),
        lambda: Write(Table.HOLDING, 0, (65536,)),
        lambda: Write(Table.HOLDING, 0, (1, 2), single=True),
        lambda: Write(Table.COIL, 0, (2,)),
        lambda: Write(Table.HOLDING, 0, ()),
    ):
        with pytest.raises(Refused):
            wrong()


def test_the_checksum_is_that_of_the_serial_line_specification():
    # MODBUS over Serial Line V1.02, appendix B: the frame 02 07 has the checksum 41 12.
    assert crc16(bytes.fromhex("0207")) == 0x1241


@given(unit=st.integers(0, 255), pdu=st.binary(min_size=2, max_size=100), split=st.integers(0, 120))
def test_an_mbap_frame_is_complete_exactly_at_its_last_byte(unit, pdu, split):
    framing = Mbap()
    frame = framing.frame(unit, pdu)
    part = frame[:split]
    if len(part) < len(frame):
        assert framing.missing_bytes(part) > 0
    assert framing.missing_bytes(frame) == 0
    assert framing.unframe(unit, frame) == pdu


@given(unit=st.integers(0, 255), cells=st.lists(st.integers(0, 65535), min_size=1, max_size=100), flipped=st.data())
def test_an_rtu_answer_survives_whole_and_never_damaged(unit, cells, flipped):
    framing = Rtu()
    pdu = bytes([3, 2 * len(cells)]) + b"".join(cell.to_bytes(2, "big") for cell in cells)
    frame = framing.frame(unit, pdu)
    assert framing.missing_bytes(frame) == 0
    assert all(framing.missing_bytes(frame[:length]) > 0 for length in range(len(frame)))
    assert framing.unframe(unit, frame) == pdu
    place = flipped.draw(st.integers(0, len(frame) - 1))
    damaged = bytearray(frame)
    damaged[place] ^= flipped.draw(st.integers(1, 255))
    with pytest.raises(MalformedAnswer):
        framing.unframe(unit, bytes(damaged))


def test_bytes_that_begin_no_answer_are_refused_at_once():
    with pytest.raises(MalformedAnswer):
        Mbap().missing_bytes(b"HTTP/1.1 200")
    with pytest.raises(MalformedAnswer):
        Rtu().missing_bytes(b"\x01\x2b\x0e")
    framing = Mbap()
    frame = framing.frame(1, b"\x03\x02\x00\x01")
    with pytest.raises(MalformedAnswer, match="2 bytes came behind"):
        framing.unframe(1, frame + b"xx")
