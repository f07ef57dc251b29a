"""Who may see the site and change what its devices do."""

from __future__ import annotations

import base64
import binascii
import hmac
from ipaddress import ip_address

from fastapi.requests import HTTPConnection

from energy_manager.domain.errors import EnergyManagerError
from energy_manager.entrypoints.settings import ApiSettings


class Forbidden(EnergyManagerError):
    """Nobody may do this here."""

    code = "forbidden"


class Unauthorized(EnergyManagerError):
    """The request does not carry the token of the settings."""

    code = "unauthorized"


SUBPROTOCOL = "energy-manager"
"""What a page offers beside its token, and what the server then chooses: a token is never sent back."""

_IN_SUBPROTOCOL = "bearer."

LONGEST_ADDRESS = 45
"""Characters of an address of version 6."""


class Guard:
    """A dependency of the site's routes: ``Authorization: Bearer <token>`` wherever a token is set.

    Pages cannot set headers on a WebSocket. They offer two subprotocols: ``energy-manager``, and ``bearer.`` followed
    by the token's UTF-8 in base64url without padding.
    Without one the site is open on loopback, to programs and to pages of this very server (``limits.origins`` sees to
    that), and closed beyond.
    """

    def __init__(self, settings: ApiSettings) -> None:
        self._token = settings.token.get_secret_value().encode()
        self._is_on_loopback = is_loopback(settings.host)
        self._proxies = addresses(settings.reverse_proxy)

    def client_of(self, connection: HTTPConnection) -> str:
        """The address of who asks; behind a reverse proxy of the settings, the one that the proxy tells of."""
        address = "" if connection.client is None else connection.client.host
        if address in self._proxies:
            told = connection.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
            return told[:LONGEST_ADDRESS] or address
        return address

    def is_member(self, connection: HTTPConnection) -> bool:
        """Whether who asks may do everything: it brings the token, or there is none and all is on loopback."""
        return self.trusts_this_machine or self.is_token_presented(connection)

    @property
    def trusts_this_machine(self) -> bool:
        """Whether every program of this machine may do everything: on loopback without a token."""
        return self._is_on_loopback and not self._token

    def is_token_presented(self, connection: HTTPConnection) -> bool:
        """Whether there is a token and the connection carries it."""
        return bool(self._token) and hmac.compare_digest(_presented_token(connection), self._token)

    async def __call__(self, connection: HTTPConnection) -> None:
        """Let the request pass.

        Raises:
            Unauthorized: there is a token, and the request does not carry it.
            Forbidden: there is no token, and the API listens beyond loopback.
        """
        await self.want_token_where_one_is_set(connection)
        if not self._token and not self._is_on_loopback:
            raise Forbidden(
                "the API listens beyond loopback, and no token is set: "
                "set ENERGY_MANAGER_API__TOKEN, or listen on 127.0.0.1"
            )

    async def want_token_where_one_is_set(self, connection: HTTPConnection) -> None:
        """Let the request pass, also beyond loopback without a token: for what shows plans but not the site.

        Raises:
            Unauthorized: there is a token, and the request does not carry it.
        """
        if self._token and not self.is_token_presented(connection):
            raise Unauthorized("this route needs the header Authorization: Bearer <token>, with the site's token")


def _presented_token(connection: HTTPConnection) -> bytes:
    """The token that comes with the connection; empty where there is none."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip().encode()
    for subprotocol in connection.scope.get("subprotocols", []):
        if subprotocol.startswith(_IN_SUBPROTOCOL):
            encoded = subprotocol.removeprefix(_IN_SUBPROTOCOL)
            try:
                return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
            except (binascii.Error, ValueError):
                return b""
    return b""


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address; a name other than ``localhost`` may be anything."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def addresses(listed: str) -> frozenset[str]:
    """The addresses of a comma-separated list."""
    return frozenset(address.strip() for address in listed.split(",") if address.strip())
