"""What is delivered while centres and server are stopped, killed and lost: the need all the time, and no more.

``python -m benchmarks.fleet.outages`` takes about four minutes: two centres of the product on one book, 150 simulated sites
on connections of their own which come back as the product's do, 60 of them ordered 600 kW. Ten times a second it is added
up what the sites deliver.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.fleet.__main__ import Centre, load
from benchmarks.fleet.sites import ROOM_KW, Site, holds
from tests.support.modbus_peers import free_port
from tests.support.nats_server import NatsServer

SITES = 150
NEED_KW = 600
CALM_S = 20.0
LOOK_S = 0.1
SHORTEST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
ANSWERS_WITHIN_S = 120.0


class ReturningSite(Site):
    """A site that connects again, with the product's waits."""

    def __init__(self, number: int, port: int) -> None:
        super().__init__(number, "healthy")
        self._port, self._wait_s = port, SHORTEST_WAIT_S
        self._returning: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", self._port)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._buffer, self._wait_s = b"", SHORTEST_WAIT_S
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._returning = asyncio.get_running_loop().create_task(self._come_back())

    async def _come_back(self) -> None:
        while True:
            await asyncio.sleep(self._wait_s * random.uniform(0.5, 1.0))
            self._wait_s = min(LONGEST_WAIT_S, 2 * self._wait_s)
            try:
                return await self.connect()
            except OSError:
                continue

    @property
    def delivered_kw(self) -> int:
        now = datetime.now(UTC)
        return sum(int(order["deliver_kw"]) for order in self._orders.values() if holds(order, now))


class Outages:
    """Two centres, a server, sites; ``watch`` adds up by phase."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.nats = folder, NatsServer()
        self.ports = {name: free_port() for name in ("one", "other")}
        self.centres: dict[str, subprocess.Popen[bytes]] = {}
        self.sites: list[ReturningSite] = []
        self.phase = ""
        self.seen: dict[str, tuple[int, int]] = {}

    def start_centre(self, name: str) -> None:
        environment = os.environ | {
            "ENERGY_MANAGER_FLEET__URL": self.nats.url,
            "ENERGY_MANAGER_API__PORT": str(self.ports[name]),
            "ENERGY_MANAGER_STORE__URL": f"sqlite:///{self.folder / 'centre.db'}",
        }
        serve = [sys.executable, "-m", "energy_manager.entrypoints.cli", "fleet", "serve"]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.centres[name] = subprocess.Popen(serve, env=environment, stdout=log, stderr=log)

    def centre(self, name: str) -> Centre:
        return Centre(f"http://127.0.0.1:{self.ports[name]}")

    async def active(self) -> str:
        """The centre that gives orders and hears the sites."""
        ends_s = time.monotonic() + ANSWERS_WITHIN_S
        while time.monotonic() < ends_s:
            for name in self.ports:
                try:
                    found = await asyncio.to_thread(self.centre(name).get, "/api/v1/fleet")
                except OSError:
                    continue
                if found["centre"]["active"] and found["totals"]["good"] == SITES:
                    return name
            await asyncio.sleep(LOOK_S)
        raise TimeoutError("no centre is active and hears all sites")

    async def watch(self) -> None:
        while True:
            now_kw = sum(site.delivered_kw for site in self.sites)
            least_kw, most_kw = self.seen.get(self.phase, (now_kw, now_kw))
            self.seen[self.phase] = min(least_kw, now_kw), max(most_kw, now_kw)
            await asyncio.sleep(LOOK_S)

    async def stop_active(self, seconds: float) -> None:
        process = self.centres[await self.active()]
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        process.send_signal(signal.SIGCONT)

    async def kill_centres(self) -> None:
        for name, process in list(self.centres.items()):
            process.kill()
            process.wait()
            self.start_centre(name)
        await self.active()

    async def stop_server(self, seconds: float) -> None:
        os.kill(self.nats.pid, signal.SIGSTOP)
        await asyncio.sleep(seconds)
        os.kill(self.nats.pid, signal.SIGCONT)

    async def lose_server(self, seconds: float) -> None:
        self.nats.stop()
        shutil.rmtree(self.nats.folder)
        await asyncio.sleep(seconds)
        self.nats.folder.mkdir()
        await asyncio.to_thread(self.nats.start)
        await asyncio.sleep(2 * seconds)

    async def run(self) -> None:
        await asyncio.to_thread(self.nats.start)
        self.sites = [ReturningSite(number, self.nats.port) for number in range(SITES)]
        for site in self.sites:
            await site.connect()
        for name in self.ports:
            self.start_centre(name)
        asked = {"volume": NEED_KW, "until": "30min", "id": "need", "reason": "benchmark"}
        first = await self.active()
        await asyncio.to_thread(self.centre(first).post, "/api/v1/fleet/activations", asked)
        await asyncio.sleep(CALM_S)
        watching = asyncio.create_task(self.watch())
        phases: dict[str, Callable[[], Awaitable[None]]] = {
            "nothing happens": lambda: asyncio.sleep(0),
            "the active centre stopped for 15 s": lambda: self.stop_active(15),
            "the active centre stopped for 7 s": lambda: self.stop_active(7),
            "both centres killed and started again": self.kill_centres,
            "the server stopped for 11 s": lambda: self.stop_server(11),
            "the server killed, its disk lost, back after 15 s": lambda: self.lose_server(15),
        }
        for self.phase, happen in phases.items():
            await happen()
            await asyncio.sleep(CALM_S)
        watching.cancel()
        found = await asyncio.to_thread(self.centre(await self.active()).get, "/api/v1/fleet/activations/need")
        print(f"{SITES} sites of {ROOM_KW} kW, {NEED_KW} kW ordered, {load()}")
        for phase, (least_kw, most_kw) in self.seen.items():
            print(f"  {phase:50} {least_kw} to {most_kw} kW delivered")
        print(f"  at last {found['seen_kw']:g} kW measured; {found['orders']}")

    def clean_up(self) -> None:
        for process in self.centres.values():
            process.kill()
            process.wait()
        self.nats.clean_up()


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="em-outages-") as folder:
        outages = Outages(Path(folder))
        try:
            asyncio.run(outages.run())
        finally:
            outages.clean_up()


if __name__ == "__main__":
    main()
