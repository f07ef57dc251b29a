"""A thousand MQTT devices behind one private broker: ``python -m benchmarks.devices.mqtt``.

The devices are a process of their own: it publishes what each delivers, and notes when targets arrive.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from loguru import logger
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.devices.clients import PERIOD_S, WARM_UP_TICKS, ticked
from energy_manager.adapters.clocks import MonotonicClock
from energy_manager.adapters.devices import Connection, DriverContext
from energy_manager.adapters.devices.shared_links import SharedLinks
from energy_manager.adapters.devices.templated.connections import MqttOptions
from energy_manager.adapters.devices.templated.driver import DEVICE, DeviceOptions
from energy_manager.domain.site import AssetKind, Ratings

STATES_EVERY_S = 10.0


def play_devices(port: int, count: int) -> None:
    """Publish states until the input ends, then print the arrivals."""
    arrivals: list[tuple[str, int, float]] = []
    client = paho.Client(CallbackAPIVersion.VERSION2)
    client.on_message = lambda _c, _d, m: arrivals.append((m.topic.split("/")[1], int(m.payload), time.monotonic()))
    client.on_connect = lambda *_: client.subscribe("d/+/set")
    client.connect("127.0.0.1", port)
    client.loop_start()
    print("ready", flush=True)
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.is_set():
        for index in range(count):
            client.publish(f"d/{index}/power", "0")
        ended.wait(STATES_EVERY_S / 5)
    print(json.dumps(arrivals), flush=True)


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
    parser.add_argument("--play", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.play is not None:
        play_devices(chosen.play, chosen.devices)
        return
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
            measure(port, chosen.devices, chosen.ticks)
        finally:
            broker.terminate()
            broker.wait()


def measure(port: int, count: int, ticks: int) -> None:
    command = [sys.executable, "-m", "benchmarks.devices.mqtt", "--play", str(port), "--devices", str(count)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as devices:
        assert devices.stdout is not None
        assert devices.stdin is not None
        devices.stdout.readline()
        links = SharedLinks()
        connection = Connection(id="b", driver="mqtt", options=MqttOptions(host="127.0.0.1", port=port))
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
    print(f"{count} MQTT devices: delivered {share:.2f} %", end="")
    if arrived:
        print(
            f", entry p50 {arrived[len(arrived) // 2]:.0f} ms, p99 {arrived[len(arrived) * 99 // 100]:.0f} ms", end=""
        )
    print(f", {100 * figures['cpu']:.1f} % of a core, {figures['threads']} threads, {figures['rss_mb']:.0f} MB")


if __name__ == "__main__":
    main()
