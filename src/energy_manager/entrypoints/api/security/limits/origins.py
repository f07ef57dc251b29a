"""Which names the API answers to, and which pages may use it.

A web page that rebinds its own name to 127.0.0.1 reaches a server on loopback with the page's name as ``Host`` and
``Origin``. So on loopback without a token only loopback names are answered. Elsewhere a page of another server may
change nothing and follow nothing unless it brings the token.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from fastapi.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from energy_manager.entrypoints.api.http.errors import error_response
from energy_manager.entrypoints.api.security.guard import Forbidden, Guard

_CHANGES_NOTHING = frozenset({"GET", "HEAD", "OPTIONS"})


class Origins:
    """Middleware that looks at ``Host`` and ``Origin`` of everything that comes in."""

    def __init__(self, app: ASGIApp, *, guard: Guard, allowed_hosts: frozenset[str]) -> None:
        self._app = app
        self._guard = guard
        self._allowed_hosts = allowed_hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in {"http", "websocket"}:
            await self._guard.refresh()
            fault = self._fault(HTTPConnection(scope))
            if fault is not None:
                await _refuse(fault, scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _fault(self, connection: HTTPConnection) -> Forbidden | None:
        host = host_name(connection.headers.get("host", ""))
        is_open_to_all_programs = self._guard.trusts_this_machine
        if is_open_to_all_programs and not (is_loopback_name(host) or host in self._allowed_hosts):
            return Forbidden(
                f"Host {host[:100]!r} is no name of this machine's loopback interface: use 127.0.0.1 or localhost; "
                "a reverse proxy's names are set with ENERGY_MANAGER_API__ALLOWED_HOSTS"
            )
        is_harmless = connection.scope["type"] == "http" and connection.scope["method"] in _CHANGES_NOTHING
        if is_harmless and not is_open_to_all_programs:
            return None
        if not self._is_of_another_server(connection) or self._guard.is_token_presented(connection):
            return None
        return Forbidden("pages of other servers may not use this one unless they bring its token")

    def _is_of_another_server(self, connection: HTTPConnection) -> bool:
        """Browsers say from which server a page came; programs say nothing."""
        origin = connection.headers.get("origin")
        if origin is None:
            return False
        own = _authority(f"//{connection.headers.get('host', '')}", like=origin)
        return _authority(origin) != own and host_name(_netloc(origin)) not in self._allowed_hosts


async def _refuse(error: Forbidden, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer before the application has seen it, and close the connection: what is left of the body is not read."""
    response = error_response(error)
    response.headers["Connection"] = "close"
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": error.code})
        return
    await response(scope, receive, send)


def _netloc(url: str) -> str:
    """``name:port`` of a URL; empty where there is none."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        return ""


def _authority(url: str, *, like: str = "") -> tuple[str, int | None]:
    """Name and port; the port of ``http`` and ``https`` (of ``like``, where the URL has no scheme) when none stands."""
    scheme = (like or url).partition(":")[0].lower()
    try:
        port = urlsplit(url).port
    except ValueError:
        return "", None
    return host_name(_netloc(url)), port or {"http": 80, "https": 443}.get(scheme)


def host_name(host: str) -> str:
    """The name in ``name:port`` or ``[address]:port``, in small letters; empty where there is none."""
    host = host.strip().lower()
    if host.startswith("["):
        address, _, port = host[1:].partition("]")
        return address if not port or port.startswith(":") else host
    return host.partition(":")[0].rstrip(".")


def host_names(listed: str) -> frozenset[str]:
    """The names of a comma-separated list; ports do not count."""
    return frozenset(host_name(entry) for entry in listed.split(",") if entry.strip())


def is_loopback_name(host: str) -> bool:
    """Whether the name can only mean this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback
