"""A thousand MQTT devices behind one private broker: ``python -m benchmarks.devices.mqtt``.

Two runs: in the first a process that only notes when our bytes come stands in for the broker (*left*: when a target has
left us), in the second they go through mosquitto to the devices (*entry*: when it has arrived there). The devices are
a process of their own, which publishes what each delivers every 2 s; it looks into what it received at the end only.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from loguru import logger

from benchmarks.devices.clients import PERIOD_S, WARM_UP_TICKS, ticked
from energy_manager.adapters.devices import Connection, DriverContext
from energy_manager.adapters.devices.links.mqtt import Message
from energy_manager.adapters.devices.links.mqtt.packets import PUBLISH, Login, Unpacking, subscription
from energy_manager.adapters.devices.shared_links import SharedLinks
from energy_manager.adapters.devices.templated.connections import MqttOptions
from energy_manager.adapters.devices.templated.driver import DEVICE
from energy_manager.adapters.devices.templated.options import DeviceOptions
from energy_manager.adapters.runtime.clocks import MonotonicClock
from energy_manager.domain.site import AssetKind, Ratings

STATES_EVERY_S = 2.0


class Listening:
    """One end of a connection: notes when bytes come, and publishes what all devices deliver every 2 s."""

    def __init__(self, connection: socket.socket, count: int) -> None:
        self.connection = connection
        self.states = b"".join(Message(f"d/{index}/power", "0").packet for index in range(count))
        self.came: list[tuple[bytes, float]] = []

    def until_the_input_ends(self) -> None:
        publish_s = time.monotonic()
        while True:
            timeout_s = max(0.0, publish_s - time.monotonic())
            ready, _, _ = select.select([self.connection, sys.stdin], [], [], timeout_s)
            if sys.stdin in ready:
                break
            if self.connection in ready:
                self.came.append((self.connection.recv(1 << 20), time.monotonic()))
            elif not ready:
                self.connection.sendall(self.states)
                publish_s += STATES_EVERY_S
        unpacking, arrivals = Unpacking(longest=1000), []
        for received, at_s in self.came:
            for packet in unpacking.packets(received):
                if packet.kind == PUBLISH and packet.message().topic.endswith("/set"):
                    message = packet.message()
                    arrivals.append((message.topic.split("/")[1], int(message.payload), at_s))
        print(json.dumps(arrivals), flush=True)


def play_devices(port: int, count: int) -> None:
    """Devices behind the broker at this port."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(Login("devices").packet(keep_alive_s=0) + subscription("d/+/set", 1))
        connection.recv(1000)
        print("ready", flush=True)
        Listening(connection, count).until_the_input_ends()


def play_broker(count: int) -> None:
    """A broker of one connection that is its own devices."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        print(listener.getsockname()[1], flush=True)
        with listener.accept()[0] as connection:
            connection.recv(1000)
            connection.sendall(b"\x20\x02\x00\x00")
            Listening(connection, count).until_the_input_ends()


def device(index: int, links: SharedLinks, connection: Connection) -> Any:
    options = DeviceOptions.model_validate(
        {
            "battery": {
                "control": "setpoint",
                "read": {"discharge_w": {"topic": f"d/{index}/power"}},
                "target": [{"topic": f"d/{index}/set", "value": "discharge_w"}],
                "release": [{"topic": f"d/{index}/set", "value": 0}],
                "volatile": True,
            }
        }
    )
    context = DriverContext(
        asset_id=str(index),
        kind=AssetKind.STORAGE,
        ratings=Ratings(),
        watts_per_step=1,
        now_s=MonotonicClock().now_s,
        link=links,
        connection=connection,
    )
    DEVICE.load(options)
    return lambda: DEVICE.open(options, context)


def main() -> None:
    logger.remove()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.devices.mqtt", description=__doc__)
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--ticks", type=int, default=15)
    parser.add_argument("--play", choices=("devices", "broker"), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.play == "devices":
        play_devices(chosen.port, chosen.devices)
    elif chosen.play == "broker":
        play_broker(chosen.devices)
    else:
        measure("left", None, chosen.devices, chosen.ticks)
        through_a_broker(chosen.devices, chosen.ticks)


def through_a_broker(count: int, ticks: int) -> None:
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        raise SystemExit("mosquitto is not installed: apt-get install mosquitto")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder) / "conf"
        configuration.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n")
        broker = subprocess.Popen([program, "-c", str(configuration)], stderr=subprocess.DEVNULL)
        try:
            time.sleep(1)
            measure("entry", port, count, ticks)
        finally:
            broker.terminate()
            broker.wait()


def measure(what: str, port: int | None, count: int, ticks: int) -> None:
    """Print one line of figures; ``port`` None: what stands in for the broker says its own."""
    command = [sys.executable, "-m", "benchmarks.devices.mqtt", "--devices", str(count)]
    command += ["--play", "broker"] if port is None else ["--play", "devices", "--port", str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as devices:
        assert devices.stdout is not None
        assert devices.stdin is not None
        said = devices.stdout.readline()
        links = SharedLinks()
        options = MqttOptions(host="127.0.0.1", port=int(said) if port is None else port)
        connection = Connection(id="b", driver="mqtt", options=options)
        figures = ticked({str(index): device(index, links, connection) for index in range(count)}, ticks)
        devices.stdin.close()
        arrivals = {(name, value): at_s for name, value, at_s in reversed(json.loads(devices.stdout.readline()))}
    latencies_ms = sorted(
        1000 * (arrivals.get((str(index), value), float("inf")) - told_at_s)
        for value, told_at_s in figures["told_at_s"].items()
        if value > 2 * WARM_UP_TICKS
        for index in range(count)
    )
    arrived = [latency for latency in latencies_ms if latency < 1000 * PERIOD_S]
    share = 100 * len(arrived) / len(latencies_ms)
    print(f"{count} MQTT devices, {what}: {share:.2f} %", end="")
    if arrived:
        print(f", p50 {arrived[len(arrived) // 2]:.0f} ms, p99 {arrived[len(arrived) * 99 // 100]:.0f} ms", end="")
    print(
        f", {100 * figures['cpu']:.1f} % of a core, {figures['threads']} threads, {figures['rss_mb']:.0f} MB",
        flush=True,
    )


if __name__ == "__main__":
    main()
