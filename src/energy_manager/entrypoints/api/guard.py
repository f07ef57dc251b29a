"""Who may see the site and change what its devices do."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Literal

from fastapi.requests import HTTPConnection

from energy_manager.domain.errors import EnergyManagerError
from energy_manager.entrypoints.access_rules import is_loopback
from energy_manager.entrypoints.api.limits.wrong_tokens import MOST, WITHIN_S, WrongTokens
from energy_manager.entrypoints.settings import ApiSettings


class Forbidden(EnergyManagerError):
    """Nobody may do this here."""

    code = "forbidden"


class Unauthorized(EnergyManagerError):
    """The request does not carry the token of the settings."""

    code = "unauthorized"


class TooManyWrongTokens(EnergyManagerError):
    """Whoever asks has guessed too often."""

    code = "too_many_wrong_tokens"


_JUDGED = "energy_manager.token"
"""Where a connection's scope keeps what was found of its token, so that each is looked at and counted once."""

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
        self.wrong_tokens = WrongTokens()
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
        """Whether there is a token and the connection carries it; a wrong one is counted."""
        return self._judge(connection) == "right"

    def _judge(self, connection: HTTPConnection) -> Literal["right", "wrong", "none", "not looked at"]:
        if _JUDGED not in connection.scope:
            connection.scope[_JUDGED] = self._judge_anew(connection)
        judgement: Literal["right", "wrong", "none", "not looked at"] = connection.scope[_JUDGED]
        return judgement

    def _judge_anew(self, connection: HTTPConnection) -> str:
        presented = _presented_token(connection)
        if not self._token or not presented:
            return "none"
        address = self.client_of(connection)
        if self.wrong_tokens.is_barred(address):
            return "not looked at"
        if hmac.compare_digest(presented, self._token):
            return "right"
        self.wrong_tokens.note(address)
        return "wrong"

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
            TooManyWrongTokens: this address has presented too many.
        """
        if self._judge(connection) == "not looked at":
            raise TooManyWrongTokens(f"{MOST} wrong tokens within {WITHIN_S:g} s came from this address: wait a minute")
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


def addresses(listed: str) -> frozenset[str]:
    """The addresses of a comma-separated list."""
    return frozenset(address.strip() for address in listed.split(",") if address.strip())
