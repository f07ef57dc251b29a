"""Our client speaks with servers of others: libmodbus, modbus-serial, pymodbus (TCP, RTU, serial), pyModbusTCP."""

import os
import pty
import subprocess
import sys
import threading
import tty
from contextlib import ExitStack

import pytest

from energy_manager.adapters.devices.links.errors import ModbusException
from energy_manager.adapters.devices.links.modbus import (
    Mbap,
    ModbusClient,
    Read,
    Rtu,
    SerialTransport,
    Table,
    TcpTransport,
    Write,
)
from energy_manager.adapters.lanes.steps import complete
from energy_manager.adapters.runtime.clocks import MonotonicClock
from tests.support.modbus_peers import (
    free_port,
    start_libmodbus,
    start_modbus_serial,
    start_pymodbus,
    start_pymodbustcp,
)


def ended(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    process.stdout.close()


def bridged(stack: ExitStack) -> tuple[str, str]:
    """A serial line: two pseudo terminals, what is written into one comes out of the other."""
    ends = [pty.openpty() for _ in range(2)]
    for _, slave in ends:
        tty.setraw(slave)
        stack.callback(os.close, slave)

    def carry(source: int, sink: int) -> None:
        try:
            while data := os.read(source, 300):
                os.write(sink, data)
        except OSError:
            pass

    masters = [master for master, _ in ends]
    for source, sink in (masters, masters[::-1]):
        threading.Thread(target=carry, args=(source, sink), daemon=True).start()
    return os.ttyname(ends[0][1]), os.ttyname(ends[1][1])


@pytest.fixture(params=["libmodbus", "modbus_serial", "pymodbus_tcp", "pymodbus_rtu", "pymodbus_serial", "pymodbustcp"])
def client(request, tmp_path):
    with ExitStack() as stack:
        framing, transport = Mbap(), None
        if request.param == "libmodbus":
            process, port = start_libmodbus(tmp_path)
            stack.callback(ended, process)
        elif request.param == "modbus_serial":
            process, port = start_modbus_serial()
            stack.callback(ended, process)
        elif request.param == "pymodbustcp":
            stop, port = start_pymodbustcp()
            stack.callback(stop)
        elif request.param == "pymodbus_serial":
            theirs, ours = bridged(stack)
            stack.callback(ended, start_pymodbus("serial", theirs, python=sys.executable))
            framing, transport = Rtu(), SerialTransport(ours)
        else:
            port = free_port()
            kind = request.param.removeprefix("pymodbus_")
            stack.callback(ended, start_pymodbus(kind, str(port), python=sys.executable))
            framing = Rtu() if kind == "rtu" else Mbap()
        transport = transport or TcpTransport("127.0.0.1", port)
        client = ModbusClient(transport, framing, clock=MonotonicClock(), timeout_s=5.0)
        stack.callback(client.close)
        yield client


def test_all_eight_functions_are_understood_by_servers_of_others(client):
    assert complete(client.reading(1, Read(Table.HOLDING, 10, 3))) == [1010, 1011, 1012]
    assert complete(client.reading(1, Read(Table.INPUT, 0, 120))) == [2000 + place for place in range(120)]
    assert complete(client.reading(1, Read(Table.COIL, 1, 10))) == [int(place % 3 == 0) for place in range(1, 11)]
    assert complete(client.reading(1, Read(Table.DISCRETE, 3, 17))) == [int(place % 5 == 0) for place in range(3, 20)]

    complete(client.writing(1, Write(Table.HOLDING, 20, (7, 8, 65535))))
    complete(client.writing(1, Write(Table.HOLDING, 30, (9,), single=True)))
    assert complete(client.reading(1, Read(Table.HOLDING, 19, 12))) == [1019, 7, 8, 65535, *range(1023, 1030), 9]
    complete(client.writing(1, Write(Table.COIL, 40, (1, 0, 1, 1, 0, 0, 0, 1, 1))))
    complete(client.writing(1, Write(Table.COIL, 60, (1,), single=True)))
    assert complete(client.reading(1, Read(Table.COIL, 40, 9))) == [1, 0, 1, 1, 0, 0, 0, 1, 1]
    assert complete(client.reading(1, Read(Table.COIL, 60, 1))) == [1]


def test_a_register_that_is_not_there_is_an_address_error_and_the_connection_goes_on(client):
    first = complete(client.connecting())
    with pytest.raises(ModbusException) as caught:
        complete(client.reading(1, Read(Table.HOLDING, 5000, 1)))
    assert caught.value.is_address_error
    assert complete(client.reading(1, Read(Table.HOLDING, 0, 1))) == [1000]
    assert complete(client.connecting()) == first
