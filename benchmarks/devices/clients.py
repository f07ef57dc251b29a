"""The drivers that are compared, all behind the same lanes: ours, and pymodbus's clients with one lock a link.

``python -m benchmarks.devices.clients CLIENT PLAN PORTS TICKS`` ticks and prints one JSON line of figures.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import resource
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from loguru import logger

from benchmarks.devices.units import TARGET_REGISTER, UNITS_A_GATEWAY, Plan
from energy_manager.adapters.devices import Connection, Driver, DriverContext, Measurement
from energy_manager.adapters.devices.lane_gateway import LaneDeviceGateway
from energy_manager.adapters.devices.shared_links import SharedLinks
from energy_manager.adapters.devices.templated.connections import ModbusOptions
from energy_manager.adapters.devices.templated.driver import DEVICE
from energy_manager.adapters.devices.templated.options import DeviceOptions
from energy_manager.adapters.lanes import ElasticPool
from energy_manager.adapters.runtime.clocks import MonotonicClock
from energy_manager.adapters.statuses import InMemoryStatuses
from energy_manager.domain.site import AssetKind, Ratings

PERIOD_S = 2.0
STATUS_PERIOD_S = 10.0
TIMEOUT_S = 0.5
GATEWAY_TIMEOUT_S = 1.3
"""A gateway's own time-out for a dead unit is 1 s; a client's below it would leave the bus busy."""


WARM_UP_TICKS = 2
"""Drivers are opened and links connected in these; neither CPU nor entries count."""


class Silent:
    """No journal."""

    def record(self, event: object) -> None:
        pass


Make = Callable[[str, str, int, int, float], Callable[[], Driver]]
"""Asset id, host, port, unit and time-out in s to a driver."""


def ours() -> Make:
    links = SharedLinks()

    def make(asset_id: str, host: str, port: int, unit: int, timeout_s: float) -> Callable[[], Driver]:
        options = DeviceOptions.model_validate(
            {
                "unit": unit,
                "battery": {
                    "control": "setpoint",
                    "read": {"discharge_w": {"input": 10, "type": "int16"}},
                    "target": [{"holding": TARGET_REGISTER, "type": "uint16", "value": "discharge_w"}],
                    "release": [{"holding": TARGET_REGISTER, "value": 0}],
                    "volatile": True,
                },
            }
        )
        context = DriverContext(
            asset_id=asset_id,
            kind=AssetKind.STORAGE,
            ratings=Ratings(),
            watts_per_step=1,
            now_s=MonotonicClock().now_s,
            link=links,
            connection=Connection(
                id="c", driver="modbus", options=ModbusOptions(host=host, port=port, timeout_s=timeout_s)
            ),
        )
        DEVICE.load(options)
        return lambda: DEVICE.open(options, context)

    return make


class PymodbusDriver:
    """A unit behind a pymodbus client; ``ask`` makes a call on it and waits."""

    def __init__(self, ask: Callable[[str, Any], Any]) -> None:
        self._ask = ask

    def write(self, setpoint_w: float | None) -> None:
        self._check(self._ask("write_registers", [int(setpoint_w or 0)]))

    def read(self) -> Measurement:
        return Measurement(power_w=float(self._check(self._ask("read_input_registers", None)).registers[0]))

    def close(self) -> None:
        pass

    @staticmethod
    def _check(answer: Any) -> Any:
        if answer.isError():
            raise ConnectionError(str(answer))
        return answer


def _arguments(kind: str, value: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    return ((TARGET_REGISTER, value), {}) if kind.startswith("write") else ((10,), {"count": 1})


def pymodbus_sync(*, retries: int, timeout_s: float | None) -> Make:
    from pymodbus.client import ModbusTcpClient  # noqa: PLC0415 - only where it is measured

    clients: dict[int, tuple[Any, threading.Lock]] = {}

    def make(_: str, host: str, port: int, unit: int, link_timeout_s: float) -> Callable[[], Driver]:
        if port not in clients:
            client = ModbusTcpClient(host, port=port, timeout=timeout_s or link_timeout_s, retries=retries)
            clients[port] = (client, threading.Lock())
        client, lock = clients[port]

        def ask(kind: str, value: Any) -> Any:
            arguments, named = _arguments(kind, value)
            with lock:
                if not client.connected:
                    client.connect()
                return getattr(client, kind)(*arguments, **named, device_id=unit)

        return lambda: PymodbusDriver(ask)

    return make


def pymodbus_async(*, retries: int, timeout_s: float | None) -> Make:
    from pymodbus.client import AsyncModbusTcpClient  # noqa: PLC0415

    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    clients: dict[int, tuple[Any, asyncio.Lock]] = {}

    def make(_: str, host: str, port: int, unit: int, link_timeout_s: float) -> Callable[[], Driver]:
        async def asked(kind: str, value: Any) -> Any:
            if port not in clients:
                client = AsyncModbusTcpClient(host, port=port, timeout=timeout_s or link_timeout_s, retries=retries)
                clients[port] = (client, asyncio.Lock())
            client, lock = clients[port]
            arguments, named = _arguments(kind, value)
            async with lock:
                if not client.connected:
                    await client.connect()
                return await getattr(client, kind)(*arguments, **named, device_id=unit)

        def ask(kind: str, value: Any) -> Any:
            return asyncio.run_coroutine_threadsafe(asked(kind, value), loop).result()

        return lambda: PymodbusDriver(ask)

    return make


CLIENTS: dict[str, Callable[[], Make]] = {
    "ours": ours,
    "pymodbus sync": lambda: pymodbus_sync(retries=0, timeout_s=None),
    "pymodbus async": lambda: pymodbus_async(retries=0, timeout_s=None),
    "pymodbus sync, its defaults": lambda: pymodbus_sync(retries=3, timeout_s=3.0),
}


def _status(name: str) -> int:
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields[name].split()[0])


def run(client: str, plan: Plan, ports: dict[str, int], ticks: int) -> dict[str, Any]:
    make = CLIENTS[client]()
    drivers = {
        f"u{index}": make(f"u{index}", "127.0.0.1", ports[f"u{index}"], 1, TIMEOUT_S) for index in range(plan.own)
    }
    for number in range(plan.gateways):
        for unit in range(UNITS_A_GATEWAY):
            name = f"g{number}.{unit}"
            drivers[name] = make(name, "127.0.0.1", ports[f"g{number}"], unit + 1, GATEWAY_TIMEOUT_S)
    return ticked(drivers, ticks)


def ticked(drivers: dict[str, Callable[[], Driver]], ticks: int) -> dict[str, Any]:
    """Tell every asset the number of each tick, and what that cost; threads and memory as in the product."""
    sys.setswitchinterval(0.0005)
    gc.collect()
    gc.freeze()
    clock = MonotonicClock()
    gateway = LaneDeviceGateway(
        drivers,
        statuses=InMemoryStatuses(),
        pool=ElasticPool(max_threads=4096),
        clock=clock,
        journal=Silent(),
        period_s=PERIOD_S,
        status_period_s=STATUS_PERIOD_S,
        watts_per_step=1,
    )
    begin_s, threads, told_at_s = clock.now_s() + 0.2, 0, {}
    cpu_s = wall_s = 0.0
    for tick in range(ticks):
        due_s = begin_s + tick * PERIOD_S
        clock.sleep_until(due_s)
        if tick == WARM_UP_TICKS:
            cpu_s, wall_s = time.process_time(), time.monotonic()
        told_at_s[tick + 1] = due_s
        gateway.command(dict.fromkeys(drivers, tick + 1), due_s=due_s)
        if tick % int(STATUS_PERIOD_S / PERIOD_S) == 0:
            gateway.request_statuses(due_s=due_s)
        clock.sleep_until(due_s + PERIOD_S / 2)
        threads = max(threads, _status("Threads"))
    clock.sleep_until(begin_s + ticks * PERIOD_S)
    return {
        "told_at_s": told_at_s,
        "cpu": (time.process_time() - cpu_s) / (time.monotonic() - wall_s),
        "threads": threads,
        "rss_mb": _status("VmHWM") / 1024,
    }


if __name__ == "__main__":
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    logger.remove()
    name, plan_text, ports_text, ticks_text = sys.argv[1:]
    figures = run(name, Plan(**json.loads(plan_text)), json.loads(ports_text), int(ticks_text))
    print(json.dumps(figures), flush=True)
