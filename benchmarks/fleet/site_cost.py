"""What the link costs a site: processes of ``run`` side by side, half of them with a link to a centre that answers.

``python -m benchmarks.fleet.site_cost`` takes about two minutes. CPU is what the processes used, so that the machine's load
disturbs it little; memory is what is each process's own (private pages) at the end.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.support.modbus_peers import free_port
from tests.support.nats_server import NatsServer

PAIRS = 4
SETTLES_S = 25.0
MEASURED_S = 90.0
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
CLI = (sys.executable, "-m", "energy_manager.entrypoints.cli")


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def own_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1000


def start(arguments: tuple[str, ...], folder: Path, name: str, **settings: str) -> subprocess.Popen[bytes]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("ENERGY_MANAGER_")}
    given = {f"ENERGY_MANAGER_{key}": value for key, value in settings.items()}
    environment = clean | given | {"ENERGY_MANAGER_STORE__URL": f"sqlite:///{folder / name}.db"}
    with (folder / f"{name}.log").open("wb") as log:
        return subprocess.Popen([*CLI, *arguments], env=environment, stdout=log, stderr=log)


def main() -> None:
    nats = NatsServer()
    nats.start()
    processes: list[subprocess.Popen[bytes]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="em-site-cost-")))
        stack.callback(nats.clean_up)
        stack.callback(lambda: [(process.kill(), process.wait()) for process in processes])
        processes.append(start(("fleet", "serve"), folder, "centre", FLEET__URL=nats.url, API__PORT=str(free_port())))
        sites: dict[bool, list[int]] = {True: [], False: []}
        for number in range(2 * PAIRS):
            is_linked = number % 2 == 0
            link = {"FLEET__URL": nats.url, "FLEET__SITE": f"site-{number}"} if is_linked else {}
            processes.append(start(("run", "--no-api"), folder, f"site-{number}", **link))
            sites[is_linked].append(processes[-1].pid)
        time.sleep(SETTLES_S)
        before = {pid: cpu_s(pid) for pids in sites.values() for pid in pids}
        time.sleep(MEASURED_S)
        share = {
            linked: statistics.median((cpu_s(pid) - before[pid]) / MEASURED_S for pid in pids)
            for linked, pids in sites.items()
        }
        memory = {linked: statistics.median(own_mb(pid) for pid in pids) for linked, pids in sites.items()}
        print(f"{PAIRS} sites with a link, {PAIRS} without, {MEASURED_S:g} s, load {os.getloadavg()[0]:.1f}; medians")
        for linked, name in ((False, "without"), (True, "with")):
            print(f"  {name:8} {share[linked]:7.2%} of a core, {memory[linked]:6.1f} MB of its own")
        print(f"  the link {share[True] - share[False]:7.2%} of a core, {memory[True] - memory[False]:6.1f} MB")


if __name__ == "__main__":
    main()
