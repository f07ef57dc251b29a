"""Serve the API from the service thread of ``run``."""

from __future__ import annotations

import errno
import socket

import uvicorn
from fastapi import FastAPI

from energy_manager.adapters.threads import start_daemon
from energy_manager.domain.errors import Fault, Refused


class ApiServer:
    """The HTTP server on an address that is taken when this is made, and served from ``start`` on."""

    def __init__(self, app: FastAPI, *, host: str, port: int) -> None:
        self.app = app
        self._socket = _listen(host, port)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app, log_config=None, access_log=False, ws="websockets-sansio", server_header=False, backlog=1024
            )
        )

    @property
    def url(self) -> str:
        """Where it can be reached."""
        host, port = self._socket.getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> None:
        """Serve in a daemon thread; ends with the process."""
        start_daemon(lambda: self._server.run(sockets=[self._socket]), name="service")

    def close(self) -> None:
        """Give the address back, if it was never served."""
        self._socket.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        host.encode("idna")  # refused here, because create_server would leave its socket open
        listener = socket.create_server((host, port), family=family, backlog=1024)
    except UnicodeError:
        raise _not_listening(host, port, setting="HOST", reason="this can be no name of a host") from None
    except OSError as error:
        setting = "PORT" if error.errno in {errno.EADDRINUSE, errno.EACCES} else "HOST"
        reason = str(error.strerror).partition(" (while")[0]  # what follows repeats the address
        raise _not_listening(host, port, setting=setting, reason=reason) from None
    # Inherited by accepted connections: headers and body go out in two pieces, and the second must not wait 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _not_listening(host: str, port: int, *, setting: str, reason: str) -> Refused:
    message = f"cannot listen on {host}:{port}: {reason}; choose another {setting.lower()}, or run with --no-api"
    return Refused([Fault(field=f"ENERGY_MANAGER_API__{setting}", message=message)])
