"""Two designs that suggest themselves, on the same devices and the same grid as the product.

Both are given every advantage: the schedule costs them nothing, nobody redistributes, nobody logs, calls that have not
begun when the next tick comes are withdrawn, and exceptions are caught. Run by ``measure`` in a process of their own:
``python -P designs.py DESIGN SITE_FILE OFFSET_S``; the first look at the clock comes when the monotonic clock stands
``OFFSET_S`` after a whole multiple of the period, so that two of them can take turns on one machine.
"""

from __future__ import annotations

import asyncio
import itertools
import signal
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from shared import RECORD, TICK, Clock, DeviceController  # type: ignore[attr-defined] # the recording one

PERIOD_S = 2.0
STATUS_EVERY_TICKS = 5
PHASE_S = 0.9
POOL_THREADS = 64
PATIENCE = 0.95
"""The share of the period after which the first design gives its calls up, so that the next tick can be on time."""


class Site:
    """The devices of a site file and, tick by tick, the calls that are due to them."""

    def __init__(self, path: Path) -> None:
        site = tomllib.loads(path.read_text())
        self._blocks = site["schedule"]["blocks"]
        self._devices = [
            (asset["id"], DeviceController(asset["id"], asset["potential"], asset["sleep_chance"]))
            for asset in site["assets"]
        ]
        self._start_s = 0.0

    def begin(self, offset_s: float) -> None:
        """Start the clock; the grid of ticks is laid from here."""
        time.sleep((offset_s - time.monotonic()) % PERIOD_S)
        Clock.get_current_time_block()
        self._start_s = time.monotonic() + PHASE_S

    def due_s(self, tick: int) -> float:
        """The grid point of a tick."""
        return self._start_s + tick * PERIOD_S

    def calls(self, tick: int) -> Iterator[tuple[Callable[..., object], tuple[int, ...]]]:
        """What a tick has to call, with the arguments: all targets, then every fifth time all statuses."""
        RECORD.begin(TICK, tick)
        scheduled = self._blocks[Clock.get_current_time_block()]
        for asset_id, device in self._devices:
            yield device.set_power_target, (scheduled[asset_id],)
        if tick % STATUS_EVERY_TICKS == 0:
            for _, device in self._devices:
                yield device.get_device_status, ()


async def to_thread_and_gather(site: Site) -> None:
    """One ``asyncio.to_thread`` a call, gathered once a tick; SIGTERM ends it as asyncio ends a program."""
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    for tick in itertools.count():
        await asyncio.sleep(site.due_s(tick) - time.monotonic())
        calls = [asyncio.to_thread(call, *arguments) for call, arguments in site.calls(tick)]
        with suppress(TimeoutError):
            async with asyncio.timeout(site.due_s(tick) + PATIENCE * PERIOD_S - time.monotonic()):
                await asyncio.gather(*calls, return_exceptions=True)


def fixed_pool(site: Site) -> None:
    """A pool of 64 threads that all calls queue up for; SIGTERM ends it as a program with a pool ends."""

    def leave(*_: object) -> NoReturn:
        sys.exit(128 + signal.SIGTERM)

    signal.signal(signal.SIGTERM, leave)
    pool = ThreadPoolExecutor(POOL_THREADS)
    queued: list[Future[Any]] = []
    try:
        for tick in itertools.count():
            time.sleep(max(0.0, site.due_s(tick) - time.monotonic()))
            for future in queued:
                future.cancel()
            queued = [pool.submit(call, *arguments) for call, arguments in site.calls(tick)]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def main(design: str, site_file: str, offset_s: str) -> None:
    site = Site(Path(site_file))
    site.begin(float(offset_s))
    if design == "to_thread":
        with suppress(asyncio.CancelledError):
            asyncio.run(to_thread_and_gather(site))
    else:
        fixed_pool(site)


if __name__ == "__main__":
    main(*sys.argv[1:])
