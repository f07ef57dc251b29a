"""Run one cell in a process of its own, look at it from outside, and end it with SIGTERM."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.dispatch.cells import HANG_AFTER_S, PERIOD_S, PHASE_S, RECORDING, ROOT, STATUS_PERIOD_S, Design, Load
from benchmarks.dispatch.records import SLOT, Records, Seconds

START_PATIENCE_S = 60.0
SETTLED_S = 1.6
"""This long after a grid point the slow calls of the tick have returned; then threads are counted."""
EXIT_PATIENCE_S = 2.0
"""A process that has not ended by then is killed and counts as never ending."""

_CLOCK_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of a process from outside, and what its devices recorded.

    ``threads`` stand tick by tick; ``exit_s`` is None when SIGTERM did not end it; ``from_s`` to ``to_s`` is the time
    that the shares of CPU (1.0 = one core) belong to.
    """

    records: Records
    threads: list[int]
    exit_s: float | None
    cpu_share: float
    other_cpu_share: float
    rss_mb: float
    from_s: float
    to_s: float
    said: str


class Running:
    """A design at work on a load."""

    def __init__(self, design: Design, load: Load, folder: Path) -> None:
        self._load = load
        self._record_path = folder / "record"
        self._err_path = folder / "stderr"
        site_file = folder / "site.toml"
        site_file.write_text(load.site_text())
        with self._record_path.open("wb") as record:
            record.truncate(SLOT.itemsize * (load.devices * (2 * load.ticks + 12) + 1000))
        with self._err_path.open("wb") as err:
            self._process = subprocess.Popen(
                design.command(site_file),
                cwd=folder,
                env=_environment(self._record_path),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=err,
            )

    def watch(self) -> Seen:
        """See the load's ticks through, then end the process."""
        start_s = self._started_s() + PHASE_S
        _sleep_until(start_s - 0.1)
        from_s, cpu_s, machine_s = time.monotonic(), self._cpu_s(), machine_busy_s()
        threads = []
        for tick in range(self._load.ticks):
            _sleep_until(start_s + tick * PERIOD_S + SETTLED_S)
            threads.append(int(self._status("Threads")))
        to_s = time.monotonic()
        ours_s, all_s = self._cpu_s() - cpu_s, machine_busy_s() - machine_s
        # The record is shared memory that the devices' recorder maps; it is no memory of the design's.
        rss_kb = int(self._status("VmRSS").split()[0]) - int(self._status("RssShmem").split()[0])
        exit_s = self._end()
        return Seen(
            records=Records.read(self._record_path, start_s=start_s),
            threads=threads,
            exit_s=exit_s,
            cpu_share=ours_s / (to_s - from_s),
            other_cpu_share=(all_s - ours_s) / (to_s - from_s),
            rss_mb=rss_kb / 1024,
            from_s=from_s,
            to_s=to_s,
            said=self._err_path.read_text(errors="replace"),
        )

    def _started_s(self) -> float:
        """The clock's first call, where the grid begins."""
        give_up_s = time.monotonic() + START_PATIENCE_S
        while time.monotonic() < give_up_s and self._process.poll() is None:
            if (started_s := Records.clock_started_s(self._record_path)) > 0:
                return started_s
            time.sleep(0.02)
        raise RuntimeError(f"it did not start: {self._err_path.read_text(errors='replace')[-2000:]}")

    def _status(self, name: str) -> str:
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith(name + ":"))

    def _cpu_s(self) -> float:
        after_name = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        user, system = after_name[11], after_name[12]
        return (int(user) + int(system)) / _CLOCK_TICKS_PER_S

    def _end(self) -> float | None:
        """SIGTERM, and the seconds until the process is gone."""
        handle = os.pidfd_open(self._process.pid)
        gone = select.poll()
        gone.register(handle, select.POLLIN)
        sent_s = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        is_gone = bool(gone.poll(1000 * EXIT_PATIENCE_S))
        exit_s = time.monotonic() - sent_s
        os.close(handle)
        self.kill()
        return exit_s if is_gone else None

    def kill(self) -> None:
        """Leave nothing behind."""
        self._process.kill()
        self._process.wait()


@contextmanager
def running(design: Design, load: Load, folder: Path) -> Iterator[Running]:
    """Start a design; whatever happens, its process does not outlive the block."""
    folder.mkdir()
    process = Running(design, load, folder)
    try:
        yield process
    finally:
        process.kill()


def machine_busy_s() -> float:
    """CPU seconds that all cores together have worked, or were kept from working by the host, since boot."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = (
        int(count) for count in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / _CLOCK_TICKS_PER_S


class Sleepers:
    """Bare processes that sleep to a grid of 10 ms and to one of 2 s for as long as the benchmark runs."""

    PERIODS_S = (0.01, PERIOD_S)

    def __init__(self, folder: Path) -> None:
        self._paths = {period_s: folder / f"lateness-{period_s}" for period_s in self.PERIODS_S}
        script = str(Path(__file__).with_name("sleeper.py"))
        self._processes = [
            subprocess.Popen([sys.executable, "-P", script, str(period_s), str(path)])
            for period_s, path in self._paths.items()
        ]

    def lateness_s(self, period_s: float, from_s: float, to_s: float) -> Seconds:
        """How late the sleeper of that grid woke at each of its grid points between the two instants."""
        pairs = np.fromfile(self._paths[period_s], dtype="<f8")
        pairs = pairs[: len(pairs) // 2 * 2].reshape(-1, 2)
        return np.asarray(pairs[(pairs[:, 0] >= from_s) & (pairs[:, 0] <= to_s), 1])

    def kill(self) -> None:
        for process in self._processes:
            process.kill()
            process.wait()


def _environment(record: Path) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ENERGY_MANAGER_")}
    return ours | {
        "PYTHONPATH": f"{RECORDING}{os.pathsep}{ROOT / 'src'}",
        "RECORD": str(record),
        "HANG_AFTER_S": str(HANG_AFTER_S),
        "ENERGY_MANAGER_STORE__URL": f"sqlite:///{record}.db",
        "ENERGY_MANAGER_DISPATCH__PERIOD_S": str(PERIOD_S),
        "ENERGY_MANAGER_DISPATCH__STATUS_PERIOD_S": str(STATUS_PERIOD_S),
        "ENERGY_MANAGER_DISPATCH__PHASE_S": str(PHASE_S),
    }


def _sleep_until(instant_s: float) -> None:
    time.sleep(max(0.0, instant_s - time.monotonic()))
