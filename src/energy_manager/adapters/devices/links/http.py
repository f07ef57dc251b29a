"""One HTTP host and the devices behind it: one request at a time, no redirects, small answers, one deadline.

httpx counts its time-outs from byte to byte, so a peer that drips its answer would hold a request for ever. Here every
byte that is waited for is waited for until one deadline.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

import httpcore2
import httpx2

from energy_manager.adapters.devices.links.errors import (
    ConnectionLost,
    DeviceRefused,
    LinkDown,
    LinkError,
    MalformedAnswer,
    NoAnswer,
    UnitRests,
)
from energy_manager.adapters.devices.links.json_paths import parse_json
from energy_manager.adapters.devices.links.rests import BACK_OFF_S, Quarantine, Rests
from energy_manager.adapters.devices.links.turns import Turns
from energy_manager.adapters.devices.links.users import Users
from energy_manager.application.ports.clock import Clock

LARGEST_ANSWER = 1 << 20
Method = Literal["GET", "POST", "PUT"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A JSON document and when it was asked for."""

    document: object
    taken_at_s: float


class HttpLink:
    """One request at a time to one host; ``wait_s`` is how long a caller stands in line at most."""

    def __init__(
        self,
        base_url: str,
        *,
        clock: Clock,
        wait_s: float,
        timeout_s: float,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> None:
        self._clock = clock
        self._wait_s = wait_s
        self._timeout_s = timeout_s
        self._turns = Turns()
        self._back_off = Rests(BACK_OFF_S)
        self._quarantine = Quarantine()
        self._deadline = _Deadline(clock)
        self._base = httpx2.URL(base_url)
        self._transport = _Transport(self._deadline)
        self.users = Users(begin=lambda: None, end=self._transport.close)
        self._client = httpx2.Client(
            base_url=base_url,
            follow_redirects=False,
            timeout=timeout_s,
            headers={"Accept-Encoding": "identity", **(headers or {})},
            auth=auth,
            transport=self._transport,
            trust_env=False,
        )

    @property
    def peer(self) -> str:
        """The host, as the operator writes it."""
        return self._base.host if self._base.port is None else f"{self._base.host}:{self._base.port}"

    @property
    def rests_for_s(self) -> float:
        """For how long the host is left alone still; 0 = it may be asked."""
        now_s = self._clock.now_s()
        return max(self._back_off.left_s(now_s), self._quarantine.left_s(None, now_s))

    def fetch(self, url: str) -> Fetched:
        """The JSON document at an address, absolute or a path under the base.

        Raises:
            LinkError: there is none; see its subclasses.
        """
        with self._turn(is_write=False):
            taken_at_s = self._clock.now_s()
            body = self._request("GET", url, None)
        try:
            return Fetched(document=parse_json(body), taken_at_s=taken_at_s)
        except ValueError:
            raise MalformedAnswer(f"{self._place(url)} answers with no JSON") from None

    def send(self, method: Method, url: str, body: str | None) -> None:
        """Make a request that changes something; sent once, whatever happens.

        Raises:
            LinkError: it is not acknowledged; see its subclasses.
        """
        with self._turn(is_write=True):
            self._request(method, url, body)

    def close(self) -> None:
        """Hang up for good."""
        self._client.close()

    @contextmanager
    def _turn(self, *, is_write: bool) -> Iterator[None]:
        self._check_rests()
        with self._turns.turn(is_write=is_write, wait_s=self._wait_s):
            self._check_rests()
            try:
                yield
            except LinkDown:
                self._back_off.failed(self._clock.now_s())
                raise
            except DeviceRefused:
                self._quarantine.succeeded(None)
                raise
            except LinkError:
                self._quarantine.failed(None, self._clock.now_s())
                raise
            self._back_off.succeeded()
            self._quarantine.succeeded(None)

    def _check_rests(self) -> None:
        now_s = self._clock.now_s()
        if left_s := self._back_off.left_s(now_s):
            raise LinkDown(f"{self.peer} could not be reached, next try in {left_s:.1f} s")
        if left_s := self._quarantine.left_s(None, now_s):
            raise UnitRests(f"{self.peer} failed, it is left alone for {left_s:.1f} s")

    def _request(self, method: Method, url: str, body: str | None) -> bytes:
        self._deadline.at_s = self._clock.now_s() + self._timeout_s
        headers = {"Content-Type": "application/json"} if body and body.lstrip()[:1] in {"{", "["} else {}
        try:
            with self._client.stream(method, url, content=body, headers=headers) as response:
                if not 200 <= response.status_code < 300:
                    raise DeviceRefused(f"{self._place(url)} answers {response.status_code} {response.reason_phrase}")
                return self._body_of(response, url)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise LinkDown(f"{self.peer} cannot be reached: {error}") from None
        except httpx2.TimeoutException:
            raise NoAnswer(f"{self._place(url)} gave no complete answer within {self._timeout_s:g} s") from None
        except httpx2.RemoteProtocolError as error:
            raise MalformedAnswer(f"{self._place(url)}: {error}") from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ConnectionLost(f"{self._place(url)}: {error}") from None

    def _body_of(self, response: httpx2.Response, url: str) -> bytes:
        body = b""
        for piece in response.iter_raw():
            body += piece
            if len(body) > LARGEST_ANSWER:
                raise MalformedAnswer(f"{self._place(url)} answers with more than {LARGEST_ANSWER >> 20} MiB")
        return body

    def _place(self, url: str) -> str:
        """The address without its query, which may hold a secret."""
        return self.peer + self._base.join(url).path


class _Deadline:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.at_s = 0.0

    def left_s(self, error: type[Exception]) -> float:
        """What is left of it; raises ``error`` when nothing is."""
        left_s = self.at_s - self._clock.now_s()
        if left_s <= 0:
            raise error("the deadline has passed")
        return left_s


class _Transport(httpx2.HTTPTransport):
    """At most one connection, every wait of which ends at the deadline."""

    def __init__(self, deadline: _Deadline) -> None:
        super().__init__(trust_env=False)
        context = httpx2.create_ssl_context(trust_env=False)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=context, max_connections=1, keepalive_expiry=30.0, network_backend=_Backend(deadline)
        )


class _Backend(httpcore2.NetworkBackend):
    def __init__(self, deadline: _Deadline) -> None:
        self._deadline = deadline
        self._sync = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline is what counts
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        left_s = self._deadline.left_s(httpcore2.ConnectTimeout)
        return _Stream(self._sync.connect_tcp(host, port, left_s, local_address, socket_options), self._deadline)


class _Stream(httpcore2.NetworkStream):
    def __init__(self, stream: httpcore2.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - as above
        return self._stream.read(max_bytes, self._deadline.left_s(httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        self._stream.write(buffer, self._deadline.left_s(httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore2.NetworkStream:
        left_s = self._deadline.left_s(httpcore2.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left_s), self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
