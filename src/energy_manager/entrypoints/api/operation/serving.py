"""Serve the API from the service thread of ``run``, within the limits on connections."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.access_rules import is_loopback, try_certificate
from energy_manager.entrypoints.api.security.guard import addresses
from energy_manager.entrypoints.api.security.limits.connections import HEAD_S, Connection, Connections
from energy_manager.entrypoints.api.security.limits.door import Door
from energy_manager.entrypoints.api.security.limits.protocols import BookedHttp

LONGEST_INCOMING_MESSAGE = 64_000
"""Bytes of a message from a WebSocket client, none of which has anything to say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a server listens, and the names of the settings that say so."""

    host: str
    port: int
    port_setting: str = "PORT"
    tls_certificate: str = ""
    tls_key: str = ""


class ApiServer:
    """The HTTP server on an address that is taken when this is made, and served from ``start`` on."""

    def __init__(self, app: FastAPI, address: Address, connections: Connections) -> None:
        self.app = app
        try_certificate(address.tls_certificate, address.tls_key)
        self._scheme = "https" if address.tls_certificate else "http"
        self._socket = _listen(address)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            ws_max_size=LONGEST_INCOMING_MESSAGE,
            ssl_certfile=address.tls_certificate or None,
            ssl_keyfile=address.tls_key or None,
            ws_per_message_deflate=False,  # 0.3 MB for each client, and time of the loop's interpreter
        )
        self._server = _Server(config, self._socket, connections)

    @property
    def url(self) -> str:
        """Where it can be reached."""
        host, port = self._socket.getsockname()[:2]
        return f"{self._scheme}://[{host}]:{port}" if ":" in host else f"{self._scheme}://{host}:{port}"

    def start(self) -> None:
        """Serve in a daemon thread; ends with the process."""
        threading.Thread(target=self._server.run, args=([],), name="service", daemon=True).start()

    def close(self) -> None:
        """Give the address back, if it was never served."""
        self._socket.close()


class _Server(uvicorn.Server):
    """uvicorn with a door of our own.

    asyncio's takes a thousand connections at a time, and where descriptors run out it writes a traceback for each.
    """

    def __init__(self, config: uvicorn.Config, listener: socket.socket, connections: Connections) -> None:
        super().__init__(config)
        self._listener = listener
        self._connections = connections

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        Door(self._listener, self._connections, self._welcome).open()

    async def _welcome(self, accepted: socket.socket, connection: Connection) -> None:
        def protocol() -> BookedHttp:
            return BookedHttp(
                self.config,
                self.server_state,
                self.lifespan.state,
                connection=connection,
                connections=self._connections,
            )

        tls = self.config.ssl
        handshake_s = HEAD_S if tls is not None else None
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(protocol, accepted, ssl=tls, ssl_handshake_timeout=handshake_s)


def connections_of(*, most: int, most_of_a_client: int, reverse_proxy: str) -> Connections:
    """The book of a server's connections; programs of this machine and proxies are many clients."""
    proxies = addresses(reverse_proxy)
    return Connections(
        most=most,
        most_of_a_client=most_of_a_client,
        is_many_clients=lambda client: is_loopback(client) or client in proxies,
    )


def _listen(address: Address) -> socket.socket:
    host, port = address.host, address.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        host.encode("idna")  # refused here, because create_server would leave its socket open
        listener = socket.create_server((host, port), family=family, backlog=1024)
    except UnicodeError:
        raise _not_listening(address, setting="HOST", reason="this can be no name of a host") from None
    except OSError as error:
        setting = address.port_setting if error.errno in {errno.EADDRINUSE, errno.EACCES} else "HOST"
        reason = str(error.strerror).partition(" (while")[0]  # what follows repeats the address
        raise _not_listening(address, setting=setting, reason=reason) from None
    # Inherited by accepted connections: headers and body go out in two pieces, and the second must not wait 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _not_listening(address: Address, *, setting: str, reason: str) -> Refused:
    another = setting.lower().replace("_", " ")
    where = f"{address.host}:{address.port}"
    message = f"cannot listen on {where}: {reason}; choose another {another}, or run with --no-api"
    return Refused.at(f"ENERGY_MANAGER_API__{setting}", message)
