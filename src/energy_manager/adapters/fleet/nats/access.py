"""Where the NATS server is, how one is let in, and whether it can be used."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from loguru import logger
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoServersError

from energy_manager.adapters.failures import describe_failure
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


def refuse_old(client: Client) -> str:
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


class Trouble:
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
        client, trouble = Client(), Trouble()
        try:
            await client.connect(**access.options(), **ONCE, error_cb=trouble.note)
            return refuse_old(client)
        except NatsError as error:
            raise OSError(trouble.because_of(error)) from None
        finally:
            with suppress(Exception):
                await client.close()

    return asyncio.run(look())
