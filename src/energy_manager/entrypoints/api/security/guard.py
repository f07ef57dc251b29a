"""Who may see the site and change what its devices do."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

from fastapi.requests import HTTPConnection

from energy_manager.application.access import TokenExpired, TokenRegistry
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.access import Permission, Principal, Role
from energy_manager.domain.errors import EnergyManagerError
from energy_manager.entrypoints.access_rules import is_loopback
from energy_manager.entrypoints.api.http.answering import in_thread
from energy_manager.entrypoints.api.security.limits.wrong_tokens import MOST, WITHIN_S, WrongTokens
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


THIS_MACHINE = Principal(name="this machine", role=Role.ADMIN)
"""Every program of this machine, on loopback while there is no token at all."""

TOKENS_NOT_READ = (
    "whether this site has tokens is not known until its store can be read; until then who brings none may see the "
    "site and hold assets, and nothing else (the token of ENERGY_MANAGER_API__TOKEN counts without the store)"
)

PERHAPS_A_STRANGER = replace(THIS_MACHINE, for_now=TOKENS_NOT_READ)
"""Every program of this machine, on loopback while the store has never been read."""

OF_SETTINGS = Principal(name="ENERGY_MANAGER_API__TOKEN", role=Role.ADMIN)
"""Whoever brings the token of the settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Judgement:
    """What was found of a connection's token: whose it is, or why it counts for nothing."""

    found: Literal["right", "wrong", "none", "not looked at"]
    principal: Principal | None = None
    why: str = ""


_NONE = _Judgement(found="none")


class Guard:
    """A dependency of the site's routes: ``Authorization: Bearer <token>`` wherever there is a token.

    There is the one of the settings, which is an admin's, and named ones with roles in the store (``tokens``).
    Pages cannot set headers on a WebSocket. They offer two subprotocols: ``energy-manager``, and ``bearer.`` followed
    by the token's UTF-8 in base64url without padding.
    Without any the site is open on loopback, to programs and to pages of this very server (``limits.origins`` sees to
    that), and closed beyond. Until the store was read once nobody knows whether there are any: then it can be looked at
    on loopback, and held in an emergency.

    ``refused`` is told who may not do what, and why.
    """

    def __init__(self, settings: ApiSettings, tokens: TokenRegistry | None = None) -> None:
        self.refused: Callable[[HTTPConnection, Principal, str], Awaitable[None]] | None = None
        self.wrong_tokens = WrongTokens()
        self._token = settings.token.get_secret_value().encode()
        self._tokens = tokens
        self._is_on_loopback = is_loopback(settings.host)
        self._proxies = addresses(settings.reverse_proxy)

    def client_of(self, connection: HTTPConnection) -> str:
        """The address of who asks; behind a reverse proxy of the settings, the one that the proxy tells of."""
        address = "" if connection.client is None else connection.client.host
        if address in self._proxies:
            told = connection.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
            return told[:LONGEST_ADDRESS] or address
        return address

    async def refresh(self) -> None:
        """Look at the named tokens of the store, where that was not done just now."""
        if self._tokens is not None and self._tokens.is_stale:
            await in_thread(self._tokens.refresh)

    @property
    def wants_token(self) -> bool:
        """Whether there is any token."""
        return bool(self._token) or (self._tokens is not None and not self._tokens.is_empty)

    def is_member(self, connection: HTTPConnection) -> bool:
        """Whether who asks belongs to the site: it brings a token, or there is none and all is on loopback."""
        return self.trusts_this_machine or self.is_token_presented(connection)

    @property
    def trusts_this_machine(self) -> bool:
        """Whether every program of this machine may do everything: on loopback without a token."""
        return self._is_on_loopback and not self.wants_token

    def is_token_presented(self, connection: HTTPConnection) -> bool:
        """Whether there is a token and the connection carries it; a wrong one is counted."""
        return self._judge(connection).found == "right"

    def _judge(self, connection: HTTPConnection) -> _Judgement:
        if _JUDGED not in connection.scope:
            connection.scope[_JUDGED] = self._judge_anew(connection)
        judgement: _Judgement = connection.scope[_JUDGED]
        return judgement

    def _judge_anew(self, connection: HTTPConnection) -> _Judgement:
        presented = _presented_token(connection)
        if not self.wants_token or not presented:
            return _NONE
        address = self.client_of(connection)
        if self.wrong_tokens.is_barred(address):
            return _Judgement(found="not looked at")
        if self._token and hmac.compare_digest(presented, self._token):
            return _Judgement(found="right", principal=OF_SETTINGS)
        why = ""
        try:
            named = None if self._tokens is None else self._tokens.identify(presented)
        except TokenExpired as error:
            named, why = None, str(error)
        if named is not None:
            return _Judgement(found="right", principal=named)
        self.wrong_tokens.note(address)
        return _Judgement(found="wrong", why=why)

    async def __call__(self, connection: HTTPConnection) -> None:
        """Let whoever may see the site pass.

        Raises:
            Unauthorized: there is a token, and the request does not carry one that counts.
            Forbidden: there is no token, and the API listens beyond loopback; or the token's role may not see it.
        """
        await self.let_pass(connection, Permission.SEE)

    def needs(self, permission: Permission) -> Callable[[HTTPConnection], Awaitable[None]]:
        """The dependency of routes that only some roles may use."""

        async def let_pass(connection: HTTPConnection) -> None:
            await self.let_pass(connection, permission)

        return let_pass

    async def let_pass(self, connection: HTTPConnection, permission: Permission) -> None:
        """Let the request pass if whoever sends it may do this.

        Raises:
            Unauthorized, Forbidden: as ``__call__``.
            StoreUnavailable: whether there are tokens is not known yet.
        """
        principal = await self.principal(connection)
        if principal.for_now and not principal.may(permission):
            raise StoreUnavailable(principal.why_not(permission))
        await self.refuse_if(connection, principal.why_not(permission))

    async def refuse_if(self, connection: HTTPConnection, why: str) -> None:
        """Refuse with this sentence; let pass where it is empty.

        Raises:
            Forbidden: there is a sentence.
        """
        if not why:
            return
        if self.refused is not None:
            await self.refused(connection, await self.principal(connection), why)
        raise Forbidden(why)

    async def principal(self, connection: HTTPConnection) -> Principal:
        """Who asks.

        Raises:
            Unauthorized, Forbidden, TooManyWrongTokens: nobody who may do anything.
            StoreUnavailable: beyond loopback without the token of the settings, before named ones were read.
        """
        await self.want_token_where_one_is_set(connection)
        are_tokens_read = self._tokens is None or self._tokens.is_known
        if self.trusts_this_machine:
            return THIS_MACHINE if are_tokens_read else PERHAPS_A_STRANGER
        principal = self._judge(connection).principal
        if principal is None and not are_tokens_read:
            raise StoreUnavailable("the tokens of this site are not known until it can be read")
        if principal is None:
            raise Forbidden(
                "the API listens beyond loopback, and no token is set: "
                "set ENERGY_MANAGER_API__TOKEN, or listen on 127.0.0.1"
            )
        return principal

    async def want_token_where_one_is_set(self, connection: HTTPConnection) -> None:
        """Let the request pass, also beyond loopback without a token: for what shows plans but not the site.

        Raises:
            Unauthorized: there is a token, and the request does not carry one that counts.
            TooManyWrongTokens: this address has presented too many.
        """
        await self.refresh()
        judgement = self._judge(connection)
        if judgement.found == "not looked at":
            raise TooManyWrongTokens(f"{MOST} wrong tokens within {WITHIN_S:g} s came from this address: wait a minute")
        if self.wants_token and judgement.found != "right":
            needed = "this route needs the header Authorization: Bearer <token>, with a token of the site"
            raise Unauthorized(judgement.why or needed)


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
