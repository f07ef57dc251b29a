"""One connection to a NATS server, kept up from a thread of its own.

Connecting anew is done here and not by the client library: each time the server's version is looked at, and waiting has
jitter, so that 10,000 sites do not come back in the same moment.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress

from loguru import logger
from nats.errors import Error as NatsError

from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.fleet.nats.access import CONNECT_S, ONCE, NatsAccess, ServerTooOld, Trouble, refuse_old
from energy_manager.adapters.fleet.nats.client import Arrived, LeanClient
from energy_manager.adapters.runtime.threads import start_daemon

LOOK_S = 5
ANSWERS_S = 8
"""A line that is dead without a word is noticed after both together at the latest."""

SELDOM_S = 30
"""Who sends all the time need not ask: the system notices that nothing of it arrives, and only that a server hangs
whose machine goes on is noticed so late. Pings of 10,000 sites every 5 s were a third of what their server did."""

LIBRARYS_PING_S = 60
"""The library's own look at the line is not enough: where an error meets it as it closes, it never says that it has."""

SHORTEST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
WAIT_FOR_ANOTHER_SERVER_S = 30.0
CLOSE_S = 1.0


class NatsLink:
    """``open`` starts a thread that keeps one connection; ``soon`` does work on it while it is up.

    Args:
        subscribe: subjects; their messages come to ``arrived``, one after the other for each subject.
        changed: is told whether the link is up, and why not; all on the link's own thread.
        sends_all_the_time: the server is asked seldom whether the line is alive.
    """

    def __init__(
        self,
        access: NatsAccess,
        *,
        name: str,
        subscribe: tuple[str, ...],
        arrived: Callable[[Arrived], None],
        changed: Callable[[bool, str], None],
        sends_all_the_time: bool = False,
    ) -> None:
        self._access, self._name, self._subscribe = access, name, subscribe
        self._arrived, self._changed = arrived, changed
        self._asks_every_s = SELDOM_S if sends_all_the_time else LOOK_S
        self._options = access.options()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: LeanClient | None = None
        self._thread: threading.Thread | None = None
        self._closing = threading.Event()
        self._said = ""
        self._ended = asyncio.Event()
        self._work: asyncio.Queue[Callable[[LeanClient], Awaitable[None]]] = asyncio.Queue()
        self._trouble = Trouble()

    def open(self) -> None:
        """Start the thread."""
        self._loop = asyncio.new_event_loop()
        self._thread = start_daemon(self._run, name=f"fleet link {self._name}")

    def close(self) -> None:
        """Disconnect and end the thread; waits a moment at most."""
        self._closing.set()
        loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        with suppress(RuntimeError):  # it has ended already
            loop.call_soon_threadsafe(self._ended.set)
        thread.join(CLOSE_S)

    def soon(self, work: Callable[[LeanClient], Awaitable[None]]) -> None:
        """Do the work on the connection, in the order of the calls; without a link it is left out."""
        loop = self._loop
        if loop is None or self._client is None:
            return
        with suppress(RuntimeError):  # the link was closed meanwhile
            loop.call_soon_threadsafe(self._work.put_nowait, work)

    def _run(self) -> None:
        assert self._loop is not None
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._keep_up())
        finally:
            self._loop.close()

    async def _keep_up(self) -> None:
        wait_s = SHORTEST_WAIT_S
        while not self._closing.is_set():
            self._ended.clear()
            try:
                await self._connected_until_ended()
                wait_s = SHORTEST_WAIT_S
                why = "the connection was lost"
            except ServerTooOld as error:
                wait_s, why = WAIT_FOR_ANOTHER_SERVER_S, str(error)
            except (NatsError, OSError, TimeoutError, ValueError) as error:
                wait_s, why = min(LONGEST_WAIT_S, 2 * wait_s), self._trouble.because_of(error)
            except Exception as error:  # noqa: BLE001 - the link outlives whatever one connection brings
                wait_s, why = LONGEST_WAIT_S, describe_failure(error)
            if self._closing.is_set():
                return
            self._tell(is_up=False, why=why)
            self._ended.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), wait_s * random.uniform(0.5, 1.0))  # noqa: S311 - jitter

    async def _connected_until_ended(self) -> None:
        client = LeanClient(self._take)
        worker: asyncio.Task[None] | None = None
        try:
            await client.connect(
                **self._options,
                name=self._name,
                **ONCE,
                ping_interval=LIBRARYS_PING_S,
                error_cb=self._trouble.note,
                closed_cb=self._closed,
            )
            refuse_old(client)
            for subject in self._subscribe:
                await client.subscribe(subject)
            await client.flush(timeout=CONNECT_S)  # from here on nobody finds nobody there
            self._work = asyncio.Queue()
            self._client = client
            worker = asyncio.create_task(self._do_work(client))
            self._tell(is_up=True, why="")
            await self._until_lost(client)
        finally:
            self._client = None
            if worker is not None:
                worker.cancel()
                await asyncio.wait([worker])
            with suppress(Exception):
                await asyncio.wait_for(client.close(), CLOSE_S)
            with suppress(Exception):
                await client.abandon()

    async def _until_lost(self, client: LeanClient) -> None:
        """Until the connection has ended, or answers no more: the library does not always say so."""
        every_s = self._asks_every_s if client.end_when_unheard_for(ANSWERS_S) else LOOK_S
        clock_s = asyncio.get_running_loop().time
        asks_at_s = clock_s() + every_s * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        while not client.has_ended:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), LOOK_S)
                return
            if clock_s() < asks_at_s:
                continue
            asks_at_s = clock_s() + every_s
            try:
                await client.flush(timeout=ANSWERS_S)
            except (NatsError, OSError, TimeoutError):
                return

    def _take(self, message: Arrived) -> None:
        try:
            self._arrived(message)
        except Exception as error:  # noqa: BLE001 - one message must not end the connection
            logger.error("fleet link: {}", describe_failure(error))

    async def _do_work(self, client: LeanClient) -> None:
        work = self._work
        while True:
            do = await work.get()
            try:
                await do(client)
            except (NatsError, OSError, TimeoutError) as error:
                logger.debug("fleet link: {}", describe_failure(error))

    async def _closed(self) -> None:
        self._ended.set()

    def _tell(self, *, is_up: bool, why: str) -> None:
        said = "up" if is_up else why
        if said != self._said:
            self._said = said
            self._changed(is_up, why)
