"""Several units behind one connection: whatever is being read, what is written goes before the next request."""

import threading

import pytest

from energy_manager.adapters.devices import DriverContext
from energy_manager.adapters.devices.driver import Connection
from energy_manager.adapters.devices.lane_gateway import LaneDeviceGateway
from energy_manager.adapters.devices.links.modbus.server import ModbusServer
from energy_manager.adapters.devices.shared_links import SharedLinks
from energy_manager.adapters.devices.templated.connections import ModbusOptions
from energy_manager.adapters.devices.templated.driver import DEVICE
from energy_manager.adapters.devices.templated.options import DeviceOptions
from energy_manager.adapters.lanes import ElasticPool
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import MonotonicClock
from energy_manager.adapters.statuses import InMemoryStatuses
from energy_manager.domain.site import AssetKind, Ratings
from tests.support.waiting import eventually

CLOCK = MonotonicClock()
UNITS = range(1, 6)


class Bus:
    """Units that keep what comes in its order, and hold the request that stands next while they are ``held``."""

    def __init__(self):
        self.requests = []
        self.may_answer = threading.Event()
        self.may_answer.set()

    def read(self, unit, table, address, count):
        self.requests.append(f"read {unit}")
        self.may_answer.wait(10)
        return [0] * count

    def write(self, unit, table, address, values):
        self.requests.append(f"write {unit}")
        self.may_answer.wait(10)
        return True


@pytest.fixture(params=["tcp", "rtu_over_tcp"])
def over(request):
    return request.param


@pytest.fixture
def bus(over):
    bus = Bus()
    server = ModbusServer(bus, rtu=over == "rtu_over_tcp")
    server.start()
    bus.port = server.port
    yield bus
    bus.may_answer.set()
    server.stop()


@pytest.fixture
def gateway(bus, over):
    opened, links, reached = [], SharedLinks(), ModbusOptions(host="127.0.0.1", port=bus.port, over=over, timeout_s=10)
    table = {
        "control": "setpoint",
        "read": {
            "discharge_w": {"input": 10, "type": "int16"},
            "max_charge_w": {"input": 100},
            "soc_percent": {"input": 200},
        },
        "target": [{"holding": 3, "type": "int16", "value": "discharge_w"}],
        "release": [{"holding": 3, "value": 0}],
        "volatile": True,
    }

    def opens(unit):
        context = DriverContext(
            asset_id=f"u{unit}",
            kind=AssetKind.STORAGE,
            ratings=Ratings(),
            watts_per_step=1,
            now_s=CLOCK.now_s,
            link=links,
            connection=Connection(id="bus", driver="modbus", options=reached),
        )
        options = DeviceOptions.model_validate({"unit": unit, "battery": table})

        def open_unit():
            opened.append(DEVICE.open(options, context))
            return opened[-1]

        return open_unit

    gateway = LaneDeviceGateway(
        {f"u{unit}": opens(unit) for unit in UNITS},
        statuses=InMemoryStatuses(),
        pool=ElasticPool(max_threads=20),
        clock=CLOCK,
        journal=InMemoryJournal(),
        period_s=2.0,
        status_period_s=10.0,
        watts_per_step=1,
    )
    yield gateway
    gateway.close()
    for device in opened:
        device.close()


def test_no_read_comes_between_two_writes_nor_between_a_write_and_the_next_block(gateway, bus):
    gateway.command(dict.fromkeys(gateway.asset_ids, 0), due_s=0.0)
    assert eventually(lambda: len(gateway.taken()) == len(UNITS))
    bus.requests.clear()
    bus.may_answer.clear()
    gateway.request_statuses(due_s=2.0)
    assert eventually(lambda: bus.requests == ["read 1"]), "three blocks stand for it, and two units more behind it"
    gateway.command(dict.fromkeys(gateway.asset_ids, 500), due_s=2.0)
    bus.may_answer.set()
    assert eventually(lambda: not gateway.awaiting_status(2.0))
    writes = [f"write {unit}" for unit in UNITS]
    reads = [f"read {unit}" for unit in UNITS for _ in range(3)]
    assert bus.requests == [reads[0], *writes, *reads[1:]]
    assert {taken.target for taken in gateway.taken().values()} == {500}
