"""One connection to a NATS server, kept up from a thread of its own.

Connecting anew is done here and not by the client library: each time the server's version is looked at, and waiting has
jitter, so that 10,000 sites do not come back in the same moment.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import threading
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from loguru import logger
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoServersError

from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.fleet.nats.client import Arrived, LeanClient
from energy_manager.adapters.runtime.threads import start_daemon
from energy_manager.domain.errors import EnergyManagerError, Fault, Refused

OLDEST_SERVER = (2, 12)
"""Older servers silently ignore what they do not know."""

CONNECT_S = 5

NOT_LET_IN = "Authorization Violation"
"""The server's own words."""

ONCE: Mapping[str, Any] = {
    "allow_reconnect": False,
    "connect_timeout": CONNECT_S,
    "max_reconnect_attempts": 1,
    "reconnect_time_wait": 0,
}
"""Trying again is the link's own business; without these the client tries for two minutes."""

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


class ServerTooOld(EnergyManagerError):
    """The NATS server is older than the product needs."""

    code = "nats_server_too_old"

    def __init__(self, found: str) -> None:
        oldest = ".".join(str(number) for number in OLDEST_SERVER)
        super().__init__(
            f"the NATS server has version {found}, at least {oldest} is needed: an older one silently ignores options "
            "(Debian's nats-server is 2.9; take the server's own release or container image)"
        )
        self.found = found


@dataclass(frozen=True, slots=True, kw_only=True)
class NatsAccess:
    """Where the server is, and how one is let in.

    Args:
        url: ``nats://host:port``, or ``tls://host:port`` with encryption.
        seed: the private part of an nkey; empty: none is wanted.
        ca_file: PEM file of the authority that the server's certificate is of; empty: the machine's own.
    """

    url: str
    seed: str = ""
    ca_file: str = ""

    def options(self) -> dict[str, Any]:
        """For the client library.

        Raises:
            Refused: the authority's file cannot be read.
        """
        options: dict[str, Any] = {"servers": [self.url]}
        if self.seed:
            options["nkeys_seed_str"] = self.seed
        if self.url.startswith("tls://"):
            try:
                options["tls"] = ssl.create_default_context(cafile=self.ca_file or None)
            except (OSError, ssl.SSLError) as error:
                message = f"{self.ca_file!r} cannot be read: {describe_failure(error)}"
                raise Refused([Fault(field="ca_file", message=message)]) from None
        return options


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
        self._trouble = _Trouble()

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
            loop.call_soon_threadsafe(self._wake)
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

    def _wake(self) -> None:
        self._ended.set()

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
            _refuse_old(client)
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
        asks_at_s = self._clock_s() + every_s * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
        while not client.has_ended:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), LOOK_S)
                return
            if self._clock_s() < asks_at_s:
                continue
            asks_at_s = self._clock_s() + every_s
            try:
                await client.flush(timeout=ANSWERS_S)
            except (NatsError, OSError, TimeoutError):
                return

    def _clock_s(self) -> float:
        return asyncio.get_running_loop().time()

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


def _refuse_old(client: Client) -> str:
    """The server's version.

    Raises:
        ServerTooOld: it cannot be used.
    """
    version = client.connected_server_version
    try:
        numbers = (version.major, version.minor, version.patch)
    except ValueError:
        raise ServerTooOld("that cannot be read") from None
    found = ".".join(str(number) for number in numbers)
    if numbers < OLDEST_SERVER:
        raise ServerTooOld(found)
    return found


class _Trouble:
    """The client's own word on why it cannot connect; what it raises in the end says only that it cannot."""

    def __init__(self) -> None:
        self._last: Exception | None = None

    async def note(self, error: Exception) -> None:
        """Keep it, and tell of what goes wrong on a connection that is up."""
        self._last = error
        if isinstance(error, NatsError):
            logger.debug("fleet link: {}", describe_failure(error))

    def because_of(self, error: Exception) -> str:
        """The sentence for an error that was raised."""
        cause = self._last if isinstance(error, NoServersError) and self._last is not None else error
        if NOT_LET_IN in str(cause):
            return "the NATS server does not let this key in: it was never enrolled, or revoked"
        return describe_failure(cause)


def look_for_server(access: NatsAccess) -> str:
    """The server's version; connects once and leaves again.

    Raises:
        ServerTooOld: it cannot be used.
        OSError: nobody answers, or nobody is let in.
    """

    async def look() -> str:
        client, trouble = Client(), _Trouble()
        try:
            await client.connect(**access.options(), **ONCE, error_cb=trouble.note)
            return _refuse_old(client)
        except NatsError as error:
            raise OSError(trouble.because_of(error)) from None
        finally:
            with suppress(Exception):
                await client.close()

    return asyncio.run(look())
