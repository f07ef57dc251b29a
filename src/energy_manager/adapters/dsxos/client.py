"""HTTP as DSxOS speaks it: a token by client credentials, GETs that are asked again, POSTs that never are.

Decisions:

- With a client id, ``token`` is the client's secret, sent as it is in the form that RFC 6749 (section 4.4) prescribes.
  Without one it is the ``Authorization`` header itself, as older configurations have it.
- A token is renewed shortly before it expires, and once when a request is answered with 401: that request was refused
  before it did anything, so repeating it is safe, a POST too.
- A GET is asked up to three times: after a broken connection, after silence, and after 429 or 5xx. Nothing else is.
- Every exchange ends within the timeout, as a whole; a server that sends an octet a second does not prolong it.
- Redirects are not followed: the token is for this host. On a loopback address no proxy is asked.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import anyio
import httpx2

from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.texts.json_text import NotJson, read_json, write_json
from energy_manager.application.ports.forecasts.prognosis_platform import PlatformFailed

TIMEOUT_S = 10.0
PAUSES_S = (0.25, 1.0)
"""How long to wait before a GET is asked for the second and the third time."""

EARLY_SHARE, EARLY_S = 0.1, 30.0
"""A token is renewed when a tenth of its life is left, 30 s at most."""

TOKEN_PATH = "/auth/token"  # noqa: S105 - where tokens come from, not one
MOST_BYTES = 50_000_000
"""A longer answer is read no further."""

NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
UNAUTHORIZED = 401
TOO_MANY = 429
SERVER_ERROR = 500
EXCERPT = 120


class CallFailed(PlatformFailed):
    """A request was not answered, or not with success.

    ``status`` is None where there was no answer; ``is_over`` says that the platform is certainly done with the request,
    and ``was_sent`` that it may have got it.
    """

    def __init__(self, sentence: str, *, status: int | None = None, was_sent: bool = True) -> None:
        super().__init__(sentence)
        self.status, self.was_sent = status, was_sent

    def after(self, attempts: int) -> CallFailed:
        """The same, with the number of attempts in its sentence."""
        words = f"{self} ({attempts} times)" if attempts > 1 else str(self)
        return CallFailed(words, status=self.status, was_sent=self.was_sent)

    @property
    def is_over(self) -> bool:
        """Not where there was no answer, or a gateway's word for none (502, 504, and 408)."""
        return not self.was_sent or self.status not in {None, 408, 502, 504}

    @property
    def is_refusal(self) -> bool:
        """Whether the platform said no, and will say no again."""
        return self.status is not None and 300 <= self.status < SERVER_ERROR and self.status not in {408, TOO_MANY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Where the platform is, and who we are to it; ``token`` is a secret and never shown."""

    endpoint: str
    client_id: str | None
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Access:
    header: str
    renew_at_s: float | None


class DsxosClient:
    """One connection pool and one token; use it as ``async with``."""

    def __init__(
        self,
        account: Account,
        *,
        timeout_s: float = TIMEOUT_S,
        pauses_s: Sequence[float] = PAUSES_S,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._account = account
        self._timeout_s = timeout_s
        self.pauses_s = tuple(pauses_s)
        self._access: _Access | None = None
        self._http = httpx2.AsyncClient(
            base_url=account.endpoint.rstrip("/"),
            # Half the time for connecting, so that a connection that never was is told from an answer that never came.
            timeout=httpx2.Timeout(timeout_s, connect=timeout_s / 2),
            trust_env=not _is_loopback(account.endpoint),
            transport=transport,
            # A megabyte of gzip can become two gigabytes.
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(kind, error, trace)

    async def get(self, path: str, parameters: Mapping[str, str | int]) -> Any:  # noqa: ANN401 - whatever the JSON holds
        """Ask, up to three times; returns the parsed JSON.

        Raises:
            CallFailed: with the last failure.
        """
        for attempt, pause_s in enumerate((*self.pauses_s, None), 1):
            try:
                return await self._json("GET", path, parameters=parameters)
            except CallFailed as failure:
                if failure.is_refusal or pause_s is None:
                    raise failure.after(attempt) from None
            await anyio.sleep(pause_s)
        raise AssertionError("the last attempt returns or raises")

    async def post(self, path: str, body: object) -> bytes:
        """Send, once; returns the answer's body.

        Raises:
            CallFailed: the platform may have got it all the same.
        """
        return (await self._authorized("POST", path, body=write_json(body))).content

    async def delete(self, path: str) -> None:
        """Delete, once.

        Raises:
            CallFailed: the platform may have got it all the same.
        """
        await self._authorized("DELETE", path)

    async def _json(self, method: str, path: str, *, parameters: Mapping[str, str | int]) -> Any:  # noqa: ANN401
        answer = await self._authorized(method, path, parameters=parameters)
        try:
            return read_json(answer.content, exact=False)
        except NotJson as error:
            raise CallFailed(f"{method} {path}: {error}", status=answer.status_code) from None

    async def _authorized(
        self, method: str, path: str, *, parameters: Mapping[str, str | int] | None = None, body: bytes | None = None
    ) -> httpx2.Response:
        for is_last in (False, True):
            headers = {"Authorization": await self._authorization()}
            if body is not None:
                headers["Content-Type"] = "application/json"
            answer = await self._exchange(method, path, params=parameters, content=body, headers=headers)
            if answer.status_code != UNAUTHORIZED or self._account.client_id is None or is_last:
                break
            self._access = None
        if not answer.is_success:
            said = " ".join(answer.text.split())[:EXCERPT]
            words = f"{method} {path}: HTTP {answer.status_code}" + (f" ({said})" if said else "")
            raise CallFailed(words, status=answer.status_code)
        return answer

    async def _authorization(self) -> str:
        if self._account.client_id is None:
            return self._account.token if " " in self._account.token else f"Bearer {self._account.token}"
        if self._access is None or (
            self._access.renew_at_s is not None and time.monotonic() >= self._access.renew_at_s
        ):
            self._access = await self._new_access(self._account.client_id)
        return self._access.header

    async def _new_access(self, client_id: str) -> _Access:
        """A new token; where there is none, the request that needs it was never sent, or refused with 401."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": self._account.token}
        asked_s = time.monotonic()
        try:
            answer = await self._exchange("POST", TOKEN_PATH, data=form)
        except CallFailed as failure:
            raise CallFailed(str(failure), was_sent=False) from None
        if not answer.is_success:
            hint = "; are clientID and token right?" if answer.status_code < SERVER_ERROR else ""
            words = f"POST {TOKEN_PATH}: HTTP {answer.status_code}{hint}"
            raise CallFailed(words, status=answer.status_code, was_sent=False)
        try:
            granted = read_json(answer.content, exact=False)
        except NotJson:
            granted = None
        token = granted.get("access_token") if isinstance(granted, dict) else None
        if not isinstance(token, str) or not is_header(token):
            words = f"POST {TOKEN_PATH}: the answer has no access_token"
            raise CallFailed(words, status=answer.status_code, was_sent=False)
        life_s = granted.get("expires_in")
        if isinstance(life_s, bool) or not isinstance(life_s, int | float) or not life_s > 0:
            return _Access(header=f"Bearer {token}", renew_at_s=None)
        early_s = min(EARLY_S, EARLY_SHARE * life_s)
        return _Access(header=f"Bearer {token}", renew_at_s=asked_s + life_s - early_s)

    async def _exchange(self, method: str, path: str, **more: Any) -> httpx2.Response:  # noqa: ANN401 - httpx2's own
        what = f"{method} {path}"
        try:
            with anyio.fail_after(self._timeout_s):
                async with self._http.stream(method, path, **more) as answer:
                    return await _read(answer, what)
        except (TimeoutError, httpx2.TimeoutException) as error:
            was_sent = not isinstance(error, NEVER_SENT)
            raise CallFailed(f"{what}: no answer within {self._timeout_s:g} s", was_sent=was_sent) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise CallFailed(f"{what}: {describe_failure(error)}", was_sent=not isinstance(error, NEVER_SENT)) from None


async def _read(answer: httpx2.Response, what: str) -> httpx2.Response:
    """The answer with its body, as it came over the wire and no longer than ``MOST_BYTES``."""
    encoding = answer.headers.get("content-encoding", "identity")
    if encoding.lower() != "identity":
        raise CallFailed(f"{what}: the answer is packed as {encoding[:40]!r}, which was not asked for", was_sent=True)
    body = bytearray()
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            raise CallFailed(f"{what}: the answer is larger than {MOST_BYTES // 1_000_000} MB", was_sent=True)
    return httpx2.Response(answer.status_code, headers=answer.headers, content=bytes(body), request=answer.request)


def is_header(text: str) -> bool:
    """Whether the text can stand in an HTTP header."""
    return bool(text) and text.isascii() and text.isprintable()


def _is_loopback(endpoint: str) -> bool:
    host = urlsplit(endpoint).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
