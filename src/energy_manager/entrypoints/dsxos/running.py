"""How ``dsxos`` runs: once, or whenever its cron expression says, until a signal ends it.

A signal ends the process at once, except while a plan is being posted: then the post may end first, for FINISH_S at
most, because half a plan on the platform is worse than a moment's delay.
"""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import anyio
from loguru import logger

from energy_manager.adapters.dsxos import DsxosClient, DsxosPlatform
from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.runtime.clocks import wall_clock
from energy_manager.adapters.runtime.output import DroppingStream
from energy_manager.application.peak_shaving.replan import Replanned, ReplanStorage
from energy_manager.application.ports.forecasts.prognosis_platform import ChargeProgramme, Outlook, PrognosisPlatform
from energy_manager.domain.errors import EnergyManagerError
from energy_manager.domain.series import utc_text
from energy_manager.entrypoints.dsxos.configuration import DsxosConfiguration
from energy_manager.entrypoints.dsxos.cron import Cron
from energy_manager.entrypoints.running.shutdown import FAREWELL_S

FINISH_S = 5.0
LOOK_S = 30.0
"""How often the wall clock is looked at while waiting: it may be set, or the machine may have slept."""


def dropping_stream(descriptor: int) -> DroppingStream:
    """A standard stream that never holds the process."""
    return DroppingStream(descriptor)


@dataclass(frozen=True, slots=True)
class PostsToEnd:
    """A platform that knows whether a plan is being posted at the moment."""

    platform: PrognosisPlatform
    is_posting: threading.Lock

    async def read(self) -> Outlook:
        """As the platform."""
        return await self.platform.read()

    async def post(self, programme: ChargeProgramme) -> str:
        """As the platform."""
        with self.is_posting:
            return await self.platform.post(programme)


def let_post_end(is_posting: threading.Lock, tell: Callable[[str], object]) -> None:
    """Wait until no plan is being posted, and its line has been written; say so when that takes too long."""
    if is_posting.acquire(blocking=False):
        return
    if is_posting.acquire(timeout=FINISH_S):
        time.sleep(FAREWELL_S)
    else:
        tell("energy-manager: stopped while a plan was being posted: a part of it may be on the platform")


@asynccontextmanager
async def replanning(
    configuration: DsxosConfiguration, *, timeout_s: float, is_posting: threading.Lock
) -> AsyncIterator[ReplanStorage]:
    """The use case on the configured platform; the connection is open meanwhile."""
    async with DsxosClient(configuration.account, timeout_s=timeout_s) as client:
        platform = PostsToEnd(DsxosPlatform(client=client, datapoints=configuration.datapoints), is_posting)
        yield ReplanStorage(platform=platform, site=configuration.site, now=wall_clock)


async def replan_once(configuration: DsxosConfiguration, *, timeout_s: float, is_posting: threading.Lock) -> Replanned:
    """Plan and post once."""
    async with replanning(configuration, timeout_s=timeout_s, is_posting=is_posting) as replan:
        return await replan()


async def replan_on_time(
    configuration: DsxosConfiguration, cron: Cron, *, timeout_s: float, is_posting: threading.Lock
) -> None:
    """Plan and post at every time of the expression, one line each, a failure's too; does not return."""
    async with replanning(configuration, timeout_s=timeout_s, is_posting=is_posting) as replan:
        logger.info("planning at {!r} (UTC), first at {}", cron.text, utc_text(cron.next_after(wall_clock())))
        while True:
            await _sleep_until(cron.next_after(wall_clock()))
            await log_run(replan)


async def log_run(replan: Callable[[], Awaitable[Replanned]]) -> None:
    """One run, one line."""
    try:
        logger.info("{}", (await replan()).sentence())
    except EnergyManagerError as error:
        logger.error("{}", error)
    except Exception as error:  # noqa: BLE001 - the next run may go well, whatever this one met
        logger.error("the run broke off: {}", describe_failure(error))


async def _sleep_until(instant: datetime) -> None:
    while (remaining_s := (instant - wall_clock()).total_seconds()) > 0:
        await anyio.sleep(min(remaining_s, LOOK_S))
