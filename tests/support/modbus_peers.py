"""Modbus peers that are not ours: a scripted one with every fault, and servers of other projects."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from energy_manager.adapters.devices.links.modbus.framing import crc16
from tests.support.installed import missing, program
from tests.support.product import ROOT

Answer = Callable[[socket.socket, bytes], None]


def register_of(unit: int, address: int) -> int:
    """What a scripted peer has in each register: it tells unit and address apart from all others."""
    return (unit * 7919 + address * 31) % 65521


class ScriptedPeer:
    """A server that does with each request what ``behave`` does; one thread a connection.

    ``behave(peer, connection, request)`` gets the raw request; ``answer_of`` makes the right answer.
    """

    def __init__(self, behave: Callable[[ScriptedPeer, socket.socket, bytes], None], *, rtu: bool = False) -> None:
        self.behave = behave
        self.rtu = rtu
        self.requests: list[bytes] = []
        self.connections: list[socket.socket] = []
        self._is_closed = False
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections.append(connection)
            if self._is_closed:
                connection.close()
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            while request := connection.recv(300):
                self.requests.append(request)
                self.behave(self, connection, request)
        except OSError:
            pass
        finally:
            connection.close()

    def answer_of(self, request: bytes) -> bytes:
        """The right answer, registers as ``register_of``."""
        head, unit, pdu = (b"", request[0], request[1:-2]) if self.rtu else (request[:4], request[6], request[7:])
        function, address, count = struct.unpack(">BHH", pdu[:5])
        if function in {3, 4}:
            cells = [register_of(unit, address + place) for place in range(count)]
            answer = struct.pack(f">BB{count}H", function, 2 * count, *cells)
        else:
            answer = pdu[:5]
        return self.framed(head, unit, answer)

    def framed(self, head: bytes, unit: int, answer: bytes) -> bytes:
        if self.rtu:
            body = bytes([unit]) + answer
            return body + struct.pack("<H", crc16(body))
        return head + struct.pack(">HB", len(answer) + 1, unit) + answer

    def close(self) -> None:
        self._is_closed = True
        self._listener.close()
        for connection in self.connections:
            connection.close()


def answers(peer: ScriptedPeer, connection: socket.socket, request: bytes) -> None:
    connection.sendall(peer.answer_of(request))


def is_silent(peer: ScriptedPeer, connection: socket.socket, request: bytes) -> None:
    pass


def closes(peer: ScriptedPeer, connection: socket.socket, request: bytes) -> None:
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def resets(peer: ScriptedPeer, connection: socket.socket, request: bytes) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def sends_half(peer: ScriptedPeer, connection: socket.socket, request: bytes) -> None:
    answer = peer.answer_of(request)
    connection.sendall(answer[: len(answer) // 2])


def drips(peer: ScriptedPeer, connection: socket.socket, request: bytes) -> None:
    for byte in peer.answer_of(request):
        connection.sendall(bytes([byte]))
        time.sleep(0.03)


def mistakes_the_transaction(peer: ScriptedPeer, connection: socket.socket, request: bytes) -> None:
    answer = peer.answer_of(request)
    connection.sendall(bytes([answer[0] ^ 1]) + answer[1:])


def mistakes_the_unit(peer: ScriptedPeer, connection: socket.socket, request: bytes) -> None:
    answer = peer.answer_of(request)
    if peer.rtu:
        connection.sendall(peer.framed(b"", request[0] ^ 1, answer[1:-2]))
    else:
        connection.sendall(peer.framed(answer[:4], request[6] ^ 1, answer[7:]))


def is_busy(peer: ScriptedPeer, connection: socket.socket, request: bytes) -> None:
    place = 1 if peer.rtu else 7
    unit = request[0] if peer.rtu else request[6]
    connection.sendall(peer.framed(request[:4], unit, bytes([request[place] | 0x80, 6])))


def answers_without_data(peer: ScriptedPeer, connection: socket.socket, request: bytes) -> None:
    """As jsmodbus does for registers that it has not."""
    place = 1 if peer.rtu else 7
    unit = request[0] if peer.rtu else request[6]
    connection.sendall(peer.framed(request[:4], unit, bytes([request[place], 0])))


def is_late(delay_s: float) -> Callable[[ScriptedPeer, socket.socket, bytes], None]:
    """Answers after a while, on whatever connection is the newest then, as a serial gateway does."""

    def behave(peer: ScriptedPeer, connection: socket.socket, request: bytes) -> None:
        def answer() -> None:
            for place in (connection, peer.connections[-1]):
                try:
                    place.sendall(peer.answer_of(request))
                except OSError:
                    continue
                return

        timer = threading.Timer(delay_s, answer)
        timer.daemon = True
        timer.start()

    return behave


LIBMODBUS_SERVER = r"""
#include <modbus.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
int main(int argc, char **argv) {
    modbus_t *ctx = modbus_new_tcp("127.0.0.1", atoi(argv[1]));
    modbus_mapping_t *map = modbus_mapping_new(200, 200, 200, 200);
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    alarm(120);
    for (int i = 0; i < 200; i++) {
        map->tab_registers[i] = 1000 + i;
        map->tab_input_registers[i] = 2000 + i;
        map->tab_bits[i] = i % 3 == 0;
        map->tab_input_bits[i] = i % 5 == 0;
    }
    int listener = modbus_tcp_listen(ctx, 1);
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        modbus_tcp_accept(ctx, &listener);
        for (;;) {
            int length = modbus_receive(ctx, query);
            if (length == -1) break;
            modbus_reply(ctx, query, length, map);
        }
        modbus_close(ctx);
    }
}
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def start_libmodbus(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """A server of the C library; skips without a compiler and the library's headers, fails in CI."""
    source = folder / "server.c"
    source.write_text(LIBMODBUS_SERVER)
    headers = Path("/usr/include/modbus")
    if not headers.exists():
        missing("library of Modbus", package="libmodbus-dev")
    server = folder / "server"
    compiler = str(program("gcc", package="gcc"))
    subprocess.run(
        [compiler, "-O1", "-I", str(headers), str(source), "-o", str(server), "-lmodbus"], check=True, timeout=60
    )
    port = free_port()
    process = subprocess.Popen([str(server), str(port)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process, port


def start_pymodbustcp() -> tuple[Callable[[], None], int]:
    from pyModbusTCP.server import DataBank, ModbusServer  # noqa: PLC0415

    bank = DataBank(coils_size=200, d_inputs_size=200, h_regs_size=200, i_regs_size=200)
    bank.set_holding_registers(0, [1000 + place for place in range(200)])
    bank.set_input_registers(0, [2000 + place for place in range(200)])
    bank.set_coils(0, [place % 3 == 0 for place in range(200)])
    bank.set_discrete_inputs(0, [place % 5 == 0 for place in range(200)])
    server = ModbusServer("127.0.0.1", free_port(), no_block=True, data_bank=bank)
    server.start()
    return server.stop, server.port


MODBUS_SERIAL_SERVER = """
const { ServerTCP } = require("modbus-serial");
const known = (address, value) => { if (address >= 200) throw { modbusErrorCode: 2 }; return value; };
const holding = [...Array(200).keys()].map(place => 1000 + place), coils = [...Array(200).keys()].map(p => p % 3 === 0);
const server = new ServerTCP({
    getHoldingRegister: address => known(address, holding[address]),
    getInputRegister: address => known(address, 2000 + address),
    getCoil: address => known(address, coils[address]),
    getDiscreteInput: address => known(address, address % 5 === 0),
    setRegister: (address, value) => { known(address); holding[address] = value; },
    setCoil: (address, value) => { known(address); coils[address] = value; },
}, { host: "127.0.0.1", port: Number(process.argv[1]), unitID: 1 });
server.on("initialized", () => console.log("ready"));
setTimeout(() => process.exit(), 120000);
"""
NODE_MODULES = ROOT / ".tools" / "node" / "node_modules"


def start_modbus_serial() -> tuple[subprocess.Popen[str], int]:
    """A server of the npm package; skips without it, in CI too: Debian's npm does not go with every nodejs."""
    node = shutil.which("node")
    if node is None or not (NODE_MODULES / "modbus-serial").exists():
        pytest.skip("there is no npm package modbus-serial: install nodejs with npm, then make .tools/node/.ready")
    port = free_port()
    environment = {"PATH": os.environ["PATH"], "NODE_PATH": str(NODE_MODULES)}
    process = subprocess.Popen(
        [node, "-e", MODBUS_SERIAL_SERVER, str(port)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process, port


PYMODBUS_SERVER = """
import asyncio, sys, signal, warnings
warnings.simplefilter("ignore")
from pymodbus import FramerType
from pymodbus.datastore import ModbusSequentialDataBlock, ModbusDeviceContext, ModbusServerContext
from pymodbus.server import ModbusTcpServer, ModbusSerialServer
signal.alarm(120)
kind, where = sys.argv[1:]
device = ModbusDeviceContext(
    hr=ModbusSequentialDataBlock(1, [1000 + place for place in range(200)]),
    ir=ModbusSequentialDataBlock(1, [2000 + place for place in range(200)]),
    co=ModbusSequentialDataBlock(1, [place % 3 == 0 for place in range(200)]),
    di=ModbusSequentialDataBlock(1, [place % 5 == 0 for place in range(200)]),
)
context = ModbusServerContext(devices=device, single=True)
async def main():
    if kind == "serial":
        server = ModbusSerialServer(context, framer=FramerType.RTU, port=where, baudrate=9600)
    else:
        framer = FramerType.RTU if kind == "rtu" else FramerType.SOCKET
        server = ModbusTcpServer(context, framer=framer, address=("127.0.0.1", int(where)))
    await server.serve_forever(background=True)
    print("ready", flush=True)
    await asyncio.sleep(3600)
asyncio.run(main())
"""


def start_pymodbus(kind: str, where: str, *, python: str) -> subprocess.Popen[str]:
    """A pymodbus server in a process of its own: ``tcp`` or ``rtu`` on a port, ``serial`` on a device."""
    process = subprocess.Popen([python, "-c", PYMODBUS_SERVER, kind, where], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process
