"""A centre of the product beside simulated sites on real connections: how fast a portfolio follows, and what that costs.

``python -m benchmarks.fleet`` measures 1,000 and 10,000 sites in about four minutes; ``--sites 1000`` one of them. The
NATS server is the one of the development requirements, the centre is ``energy-manager fleet serve`` on a store of its
own. A fifth of the portfolio is activated just when 5 % of the sites have gone; 3 % refuse and 1 % say nothing.

In the same run a bare nats-py client takes the centre's place (``--only`` leaves one of the two out): it decodes nothing,
decides nothing and keeps nothing, and all its sites accept. Shares of a core depend on what else the machine does;
microseconds of CPU a state, and the ratios to the bare client, much less.
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
from datetime import datetime
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


class Meter:
    """Of some processes by name, from now on."""

    def __init__(self, pids: dict[str, int]) -> None:
        self._pids = pids
        self._first = {name: Usage.of(pid) for name, pid in pids.items()}

    def show(self, what: str, *, states: int = 0) -> dict[str, float]:
        """Prints what they used; returns the shares of a core by name."""
        shares = {}
        for name, pid in self._pids.items():
            now, first = Usage.of(pid), self._first[name]
            cpu_s = now.cpu_s - first.cpu_s
            a_state = f", {cpu_s / states * 1e6:4.0f} us a state" if states else ""
            share = shares[name] = cpu_s / (now.at_s - first.at_s)
            print(f"  {what}, {name:15} {share:6.1%} of a core, {cpu_s:5.2f} s{a_state}, {now.rss_mb:4.0f} MB")
        return shares


class Peer:
    """A process of the benchmark's own, which is told lines and answers with lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.pid = process.pid
        self._process = process

    def hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def ask(self, word: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{word}\n")
        self._process.stdin.flush()
        return self.hear()


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


@contextmanager
def peer(module: str, *arguments: str) -> Iterator[Peer]:
    command = [sys.executable, "-m", module, *arguments]
    with running(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Peer(process)


@contextmanager
def server_with_sites(count: int) -> Iterator[tuple[NatsServer, Peer]]:
    nats, shares = NatsServer(configuration="max_connections: 20000\n"), Shares()
    nats.start()
    try:
        of_100 = [str(share) for share in (shares.offline, shares.refusing, shares.silent)]
        with peer("benchmarks.fleet.sites", "127.0.0.1", str(nats.port), str(count), *of_100) as sites:
            sites.hear()
            yield nats, sites
    finally:
        nats.clean_up()


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


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}, nice {os.nice(0)}"


def idle(pids: dict[str, int], sites: Peer) -> dict[str, float]:
    meter, states = Meter(pids), int(sites.ask("count"))
    time.sleep(IDLE_S)
    return meter.show("idle", states=int(sites.ask("count")) - states)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What two kinds of client are compared by: shares of a core at rest, and when 90 % have answered."""

    client: float
    server: float
    most_s: float


def measure_bare(count: int) -> Measured:
    with server_with_sites(count) as (nats, sites), peer("benchmarks.fleet.bare", str(nats.port), str(count)) as bare:
        bare.hear()
        bare.hear()
        print(f"{count} sites, a bare client ({load()})")
        pids = {"bare client": bare.pid, "NATS server": nats.pid, "simulated sites": sites.pid}
        rest = idle(pids, sites)
        meter = Meter(pids)
        most_s, all_s = bare.ask(str(int(count * SHARE_ACTIVATED))).split()
        print(
            f"  {int(count * SHARE_ACTIVATED)} orders: 90% answered after {float(most_s):5.2f} s, all {float(all_s):.2f} s"
        )
        meter.show("orders")
        return Measured(client=rest["bare client"], server=rest["NATS server"], most_s=float(most_s))


def measure_centre(count: int, folder: Path) -> Measured:
    with server_with_sites(count) as (nats, sites), (folder / "centre.log").open("w") as log:
        port = free_port()
        environment = os.environ | {
            "ENERGY_MANAGER_FLEET__URL": nats.url,
            "ENERGY_MANAGER_API__PORT": str(port),
            "ENERGY_MANAGER_STORE__URL": f"sqlite:///{folder / 'centre.db'}",
        }
        serve = [sys.executable, "-m", "energy_manager.entrypoints.cli", "fleet", "serve"]
        with running(serve, env=environment, stdout=log, stderr=log) as process:
            centre = Centre(f"http://127.0.0.1:{port}")
            until(lambda: answers(centre), within_s=60)
            heard_s = until(lambda: centre.get("/api/v1/fleet")["totals"]["sites"] >= count, within_s=60)
            print(f"{count} sites, all heard by the centre after {heard_s:.1f} s ({load()})")
            pids = {"centre": process.pid, "NATS server": nats.pid, "simulated sites": sites.pid}
            rest = idle(pids, sites)
            most_s = activate(centre, count, sites, pids)
            return Measured(client=rest["centre"], server=rest["NATS server"], most_s=most_s)


def activate(centre: Centre, count: int, sites: Peer, pids: dict[str, int]) -> float:
    """Seconds until 90 % are confirmed."""
    volume = int(count * ROOM_KW * SHARE_ACTIVATED)
    meter = Meter(pids)
    sites.ask("cut")
    begin_s = time.monotonic()
    placed = centre.post("/api/v1/fleet/activations", {"volume": volume, "until": "10min", "reason": "benchmark"})
    path = f"/api/v1/fleet/activations/{placed['id']}"
    answered_s = time.monotonic() - begin_s
    confirmed_s = []
    for share in (0.9, 1.0):
        until(lambda share=share: centre.get(path)["confirmed_kw"] >= share * volume, within_s=FOLLOWS_S)
        took_s = time.monotonic() - begin_s
        confirmed_s.append(took_s)
        print(f"  {volume} kW: {share:4.0%} confirmed after {took_s:5.2f} s (asked: {answered_s:.2f})")
        meter.show(f"{share:4.0%}")
    until(lambda: centre.get(path)["seen_kw"] >= volume, within_s=FOLLOWS_S)
    print(f"  {volume} kW: all measured after {time.monotonic() - begin_s:5.2f} s")
    print_taken(centre.get(f"{path}/orders"), placed["placed_at"], volume)
    time.sleep(SEEN_S)
    found = centre.get(path)
    print(f"  measured at last: {found['seen_kw']:g} kW, {found['seen_kw'] - volume:g} kW over; {found['orders']}")
    return confirmed_s[0]


def print_taken(orders: list[dict[str, Any]], placed_at: str, volume: int) -> None:
    """When the centre took the answers, by its own records: from outside it is looked at ten times a second only."""
    began, taken_kw = datetime.fromisoformat(placed_at), 0
    accepted = sorted((order["accepted_at"], abs(order["deliver_kw"])) for order in orders if order["accepted_at"])
    for at, power_kw in accepted:
        taken_kw += power_kw
        if taken_kw >= 0.9 * volume:
            took_s = (datetime.fromisoformat(at) - began).total_seconds()
            print(f"  {volume} kW: the answers for  90% were there {took_s:5.2f} s after the request")
            return


def compare(centre: Measured, bare: Measured) -> None:
    print(
        f"beside the bare client, which decodes, decides and keeps nothing: client at rest {centre.client / bare.client:.2f} "
        f"times, server {centre.server / bare.server:.2f} times, 90% after {centre.most_s / bare.most_s:.2f} times as long"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, action="append")
    parser.add_argument("--only", choices=["bare", "centre"])
    arguments = parser.parse_args()
    for count in arguments.sites or [1_000, 10_000]:
        bare = None if arguments.only == "centre" else measure_bare(count)
        if arguments.only != "bare":
            with tempfile.TemporaryDirectory(prefix="em-fleet-") as folder:
                centre = measure_centre(count, Path(folder))
            if bare is not None:
                compare(centre, bare)


if __name__ == "__main__":
    main()
