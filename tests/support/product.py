"""Run the product as a user would: its command line in a process of its own, on a site of recorded devices."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.support.forked import Forked, command_line

ROOT = Path(__file__).parents[2]
FAULTY = ROOT / "tests" / "faulty"

FAST = {
    "ENERGY_MANAGER_DISPATCH__PERIOD_S": "0.2",
    "ENERGY_MANAGER_DISPATCH__STATUS_PERIOD_S": "1",
    "ENERGY_MANAGER_DISPATCH__STATUS_MAX_AGE_S": "2.5",
}
"""Ten times faster than life, so that a test takes seconds."""


@dataclass(frozen=True)
class Entry:
    """A recorded moment: monotonic time, what, which asset, with what value."""

    at_s: float
    kind: str
    asset: str
    value: str


@dataclass(frozen=True)
class Ended:
    """A process that has ended."""

    code: int
    out: str
    err: str
    record: list[Entry]

    @property
    def closing_line(self) -> str:
        return self.err.rstrip().splitlines()[-1]

    @property
    def start_s(self) -> float:
        """The first call of the schedule's clock, where everything begins."""
        return next(entry.at_s for entry in self.record if entry.kind == "clock")

    def of(self, kind: str, asset: str | None = None) -> list[Entry]:
        return [entry for entry in self.record if entry.kind == kind and asset in {None, entry.asset}]

    def targets(self, asset: str) -> list[int]:
        return [int(entry.value) for entry in self.of("set", asset)]

    def by_asset(self, kind: str) -> dict[str, list[Entry]]:
        grouped = defaultdict(list)
        for entry in self.of(kind):
            grouped[entry.asset].append(entry)
        return grouped


def _put_first(process: subprocess.Popen[str] | Forked) -> None:
    """Where that is allowed (as root), let it run before other tests: its moments are what is looked at."""
    with suppress(PermissionError, ProcessLookupError):
        os.setpriority(os.PRIO_PROCESS, process.pid, -10)


def site_text(scheduled: dict[str, int], potential: int | None = 1000, *, devices: list[str] | None = None) -> str:
    """A site file whose devices are all scheduled alike in all blocks."""
    assets = "".join(
        f'[[assets]]\nid = "{asset_id}"\ndriver = "shared"\n'
        + (f"potential = {[potential] * 5}\n" if potential is not None else "")
        for asset_id in (devices or scheduled)
    )
    block = "{ " + ", ".join(f'"{asset_id}" = {power}' for asset_id, power in scheduled.items()) + " }"
    return f'[site]\nname = "test"\n{assets}[schedule]\ndriver = "shared"\nblocks = [{", ".join([block] * 5)}]\n'


class Product:
    """The command line with a recording ``shared`` module first on the path.

    ``preloaded``: a folder whose ``sitecustomize`` is loaded before the product.
    """

    preloaded = ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.record = folder / "record"
        self.store_url = f"sqlite:///{folder / 'store.db'}"
        self.processes: list[subprocess.Popen[str] | Forked] = []

    def environment(self, **more: str) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith("ENERGY_MANAGER_")}
        own = {"PYTHONPATH": str(FAULTY), "RECORD": str(self.record), "ENERGY_MANAGER_STORE__URL": self.store_url}
        return ours | own | more

    def start(
        self,
        *arguments: str,
        site: str | None = None,
        stdout: int = subprocess.PIPE,
        stderr: int | IO[bytes] = subprocess.PIPE,
        fast: bool = True,
        keep_record: bool = False,
        is_forked: bool = True,
        ignored: tuple[int, ...] = (),
        is_held_to_modes: bool = False,
        **more: str,
    ) -> subprocess.Popen[str] | Forked:
        if site is not None:
            (self.folder / "site.toml").write_text(site)
            arguments = (*arguments, "--site", str(self.folder / "site.toml"))
        if not keep_record:
            self.record.unlink(missing_ok=True)
        environment = self.environment(**(FAST if fast else {}), **more)
        process: subprocess.Popen[str] | Forked
        if is_forked:
            process = command_line(
                *arguments,
                env=environment,
                stdout=stdout,
                stderr=stderr,
                text=True,
                preloaded=self.preloaded,
                ignored=ignored,
                is_held_to_modes=is_held_to_modes,
            )
        else:
            process = subprocess.Popen(
                [sys.executable, "-m", "energy_manager.entrypoints.cli", *arguments],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                text=True,
            )
        _put_first(process)
        self.processes.append(process)
        return process

    def end(self, process: subprocess.Popen[str] | Forked, *, within_s: float = 30) -> Ended:
        out, err = process.communicate(timeout=within_s)
        return Ended(process.returncode, out or "", err, self.entries())

    def run(self, *arguments: str, site: str | None = None, **more: str) -> Ended:
        return self.end(self.start("run", "--no-api", *arguments, site=site, **more))

    def entries(self) -> list[Entry]:
        if not self.record.exists():
            return []
        entries = []
        for line in self.record.read_text().splitlines():
            at_s, kind, asset, *value = line.split(" ")
            entries.append(Entry(float(at_s), kind, asset, " ".join(value)))
        return entries

    def clean_up(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.communicate()
