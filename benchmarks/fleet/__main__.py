"""A centre of the product beside simulated sites on real connections: how fast a portfolio follows, and what that costs.

``python -m benchmarks.fleet`` measures 1,000 and 10,000 sites in about two minutes; ``--sites 1000`` one of them. The
NATS server is the one of the development requirements, the centre is ``energy-manager fleet serve`` on a store of its
own. A fifth of the portfolio is activated just when 5 % of the sites have gone; 3 % refuse and 1 % say nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.fleet.sites import ROOM_KW, STATE_EVERY_S, Shares
from tests.support.modbus_peers import free_port
from tests.support.nats_server import NatsServer

SHARE_ACTIVATED = 0.2
IDLE_S = 10.0
FOLLOWS_S = 60.0
LOOK_S = 0.1
SEEN_S = 2 * STATE_EVERY_S
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a process has used, and when that was looked at."""

    cpu_s: float
    rss_mb: float
    at_s: float

    @classmethod
    def of(cls, pid: int) -> Usage:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return cls(
            cpu_s=(int(fields[11]) + int(fields[12])) / TICKS_A_SECOND,
            rss_mb=pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
            at_s=time.monotonic(),
        )

    def since(self, before: Usage) -> str:
        share = (self.cpu_s - before.cpu_s) / (self.at_s - before.at_s)
        return f"{share:6.1%} of a core, {self.rss_mb:4.0f} MB"


class Centre:
    """The centre's API."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str) -> Any:
        return json.load(urllib.request.urlopen(f"{self.url}{path}", timeout=30))

    def post(self, path: str, document: object) -> Any:
        body = json.dumps(document).encode()
        request = urllib.request.Request(f"{self.url}{path}", body, {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=60))


@contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, text=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def until(holds: Callable[[], bool], *, within_s: float) -> float:
    """Seconds until it holds; infinite if it does not in time."""
    begin_s = time.monotonic()
    while not holds():
        if time.monotonic() - begin_s > within_s:
            return float("inf")
        time.sleep(LOOK_S)
    return time.monotonic() - begin_s


def answers(centre: Centre) -> bool:
    try:
        return bool(centre.get("/api/v1/fleet")["centre"]["linked"])
    except OSError:
        return False


def measure(count: int, folder: Path) -> None:
    nats = NatsServer(configuration="max_connections: 20000\n")
    nats.start()
    try:
        port = free_port()
        environment = os.environ | {
            "ENERGY_MANAGER_FLEET__URL": nats.url,
            "ENERGY_MANAGER_API__PORT": str(port),
            "ENERGY_MANAGER_STORE__URL": f"sqlite:///{folder / 'centre.db'}",
        }
        serve = [sys.executable, "-m", "energy_manager.entrypoints.cli", "fleet", "serve"]
        shares = Shares()
        simulate = [sys.executable, "-m", "benchmarks.fleet.sites", "127.0.0.1", str(nats.port), str(count)]
        simulate += [str(share) for share in (shares.offline, shares.refusing, shares.silent)]
        with (
            (folder / "centre.log").open("w") as log,
            running(serve, env=environment, stdout=log, stderr=log) as process,
            running(simulate, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as sites,
        ):
            centre = Centre(f"http://127.0.0.1:{port}")
            assert sites.stdout is not None
            sites.stdout.readline()
            until(lambda: answers(centre), within_s=60)
            heard_s = until(lambda: centre.get("/api/v1/fleet")["totals"]["sites"] >= count, within_s=60)
            print(f"{count} sites, all heard after {heard_s:.1f} s")
            activate(centre, count, sites, (process.pid, nats.pid, sites.pid))
    finally:
        nats.clean_up()


def activate(centre: Centre, count: int, sites: subprocess.Popen[str], pids: tuple[int, int, int]) -> None:
    names = ("centre", "NATS server", "simulated sites")
    before = [Usage.of(pid) for pid in pids]
    time.sleep(IDLE_S)
    for name, pid, first in zip(names, pids, before, strict=True):
        print(f"  idle, {name:16} {Usage.of(pid).since(first)}")
    volume = int(count * ROOM_KW * SHARE_ACTIVATED)
    before = [Usage.of(pid) for pid in pids]
    assert sites.stdin is not None
    assert sites.stdout is not None
    sites.stdin.write("cut\n")
    sites.stdin.flush()
    sites.stdout.readline()
    begin_s = time.monotonic()
    placed = centre.post("/api/v1/fleet/activations", {"volume": volume, "until": "10min", "reason": "benchmark"})
    path = f"/api/v1/fleet/activations/{placed['id']}"
    answered_s = time.monotonic() - begin_s
    for share in (0.9, 1.0):
        until(lambda share=share: centre.get(path)["confirmed_kw"] >= share * volume, within_s=FOLLOWS_S)
        print(
            f"  {volume} kW: {share:4.0%} confirmed after {time.monotonic() - begin_s:5.2f} s (asked: {answered_s:.2f})"
        )
    until(lambda: centre.get(path)["missing_kw"] <= 0, within_s=FOLLOWS_S)
    print(f"  {volume} kW: nothing missing after {time.monotonic() - begin_s:5.2f} s")
    until(lambda: centre.get(path)["seen_kw"] >= volume, within_s=FOLLOWS_S)
    print(f"  {volume} kW: all measured after {time.monotonic() - begin_s:5.2f} s")
    for name, pid, first in zip(names, pids, before, strict=True):
        print(f"  activation, {name:16} {Usage.of(pid).since(first)}")
    time.sleep(SEEN_S)
    found = centre.get(path)
    print(f"  measured at last: {found['seen_kw']:g} kW, {found['seen_kw'] - volume:g} kW over; {found['orders']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, action="append")
    for count in parser.parse_args().sites or [1_000, 10_000]:
        with tempfile.TemporaryDirectory(prefix="em-fleet-") as folder:
            measure(count, Path(folder))


if __name__ == "__main__":
    main()
