"""Which units answer behind a host, and what SunSpec devices say; bounded in count and time."""

import pytest

from energy_manager.adapters.devices.links.modbus.server import ModbusServer
from energy_manager.adapters.devices.scanning import ModbusScan
from energy_manager.adapters.devices.templated.simulation import SimulatedUnit
from energy_manager.adapters.devices.templates import read_template
from energy_manager.adapters.runtime.clocks import MonotonicClock
from energy_manager.application.ports.devices.unit_scan import NobodyListens
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.commissioning.scanning import Scan, units_of
from tests.support.modbus_peers import ScriptedPeer, free_port, is_silent

CLOCK = MonotonicClock()


class Units:
    """Unit 1 has SunSpec, unit 2 a few registers, unit 5 refuses everything; behind others a gateway finds nobody."""

    def __init__(self):
        self.sunspec = SimulatedUnit(read_template("sunspec_inverter"), clock=CLOCK)

    def read(self, unit, table, address, count):
        if unit == 1:
            return self.sunspec.read(unit, table, address, count)
        return [7] * count if unit == 2 else None

    def write(self, unit, table, address, values):
        raise AssertionError("a scan writes nothing")


@pytest.fixture(params=["tcp", "rtu_over_tcp"])
def two_units(request):
    server = ModbusServer(Units(), rtu=request.param == "rtu_over_tcp")
    server.start()
    server.over = request.param
    yield server
    server.stop()


def scan_of(port, units, *, over="tcp", timeout_s=2.0, within_s=10.0):
    return ModbusScan(
        host="127.0.0.1", port=port, units=units, over=over, clock=CLOCK, timeout_s=timeout_s, within_s=within_s
    )


def test_units_that_answer_are_found_with_their_sunspec_identity(two_units):
    found = list(scan_of(two_units.port, (1, 2), over=two_units.over)())
    assert [unit.unit for unit in found] == [1, 2]
    assert found[0].sunspec.serial == "1234567"
    assert found[0].sunspec.templates == ("sunspec_inverter",)
    assert {1, 103} <= set(found[0].sunspec.models)
    assert found[1].sunspec is None


def test_silent_units_and_those_that_a_gateway_does_not_reach_are_not_found():
    def behave(peer, connection, request):
        if request[6] == 3:
            connection.sendall(peer.framed(request[:4], 3, bytes([request[7] | 0x80, 11])))
        elif request[6] == 4:
            connection.sendall(peer.framed(request[:4], 4, bytes([request[7] | 0x80, 1])))

    peer = ScriptedPeer(behave)
    found = list(scan_of(peer.port, (1, 3, 4), timeout_s=0.5)())
    peer.close()
    assert [unit.unit for unit in found] == [4]


def test_a_scan_ends_when_its_time_is_up():
    peer = ScriptedPeer(is_silent)
    scan = scan_of(peer.port, range(1, 200), timeout_s=0.05, within_s=0.2)
    assert list(scan()) == []
    peer.close()
    assert scan.tried < 20


def test_nobody_who_listens_is_said_so():
    with pytest.raises(NobodyListens, match="cannot be reached"):
        list(scan_of(free_port(), (1,))())


def test_a_list_of_units_is_read_and_nonsense_refused():
    assert units_of("1-3,100,2") == (1, 2, 3, 100)
    for text in ("", "a", "3-1", "256", "1,,2", "-1"):
        with pytest.raises(Refused, match="units from 0 to 255"):
            units_of(text)


SITE = """
[site]
name = "s"
[[connections]]
id = "bus"
driver = "modbus"
host = "127.0.0.1"
port = {port}
[[connections]]
id = "line"
driver = "modbus"
over = "serial"
device = "/dev/ttyNONE"
[[assets]]
id = "roof"
kind = "producer"
driver = "device"
template = "sunspec_inverter"
connection = "bus"
"""


def lines_of(host, port=None, units="1,2", site_path=None, over=None):
    scan = Scan(host=host, port=port, units=units, over=over, timeout_s=2.0, within_s=5.0, site_path=site_path)
    return scan, list(scan.lines())


def test_what_was_found_is_told_with_the_assets_of_the_site(tmp_path):
    server = ModbusServer(Units())
    server.start()
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(port=server.port))
    scan, lines = lines_of("bus", site_path=site)
    server.stop()
    where = f"127.0.0.1:{server.port}"
    assert lines[0].startswith(f"{where} unit 1: SunSpec device, serial 1234567, models 1, ")
    assert lines[0].endswith("; template sunspec_inverter; roof of the site")
    assert lines[1:] == [f"{where} unit 2: answers, no SunSpec", f"{where}: 2 of 2 units answer"]
    assert scan.found == 2
    with pytest.raises(Refused, match="line has no host to scan"):
        lines_of("line", site_path=site)
    with pytest.raises(Refused, match="none of tcp, rtu_over_tcp"):
        lines_of("127.0.0.1", over="udp")


def test_a_device_that_answers_to_every_unit_is_said_to_be_one():
    class All(Units):
        def read(self, unit, table, address, count):
            return [7] * count

    server = ModbusServer(All())
    server.start()
    _, lines = lines_of("127.0.0.1", server.port, units="1-4")
    server.stop()
    assert "answers alike whatever the unit, it is probably one device" in lines[-2]
    scan, lines = lines_of("127.0.0.1", server.port)
    assert scan.found == 0
    assert "cannot be reached" in lines[0]
