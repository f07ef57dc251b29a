"""How much of bodies is held at once, by all requests together, and how long a body may take to come.

What is refused before its body is there is passed over for a moment first: most clients write all of it before they
read, and a connection that is closed on them tells nobody why.
"""

from __future__ import annotations

import time

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from energy_manager.entrypoints.api.http.errors import BodyTooSlow, TooMuchAtOnce

BODY_S = 30.0
"""A body must be there this long after its head."""


PASSED_OVER_S = 1.0
PASSED_OVER_BYTES = 16_000_000
"""So long, and so much, is read of a body that is refused, and kept nowhere."""


class BodiesInFlight:
    """Middleware that counts what is received and not yet answered."""

    def __init__(self, app: ASGIApp, *, limit_mb: float, within_s: float = BODY_S) -> None:
        self._app = app
        self._limit_mb = limit_mb
        self._limit_bytes = int(limit_mb * 1_000_000)
        self._within_s = within_s
        self._held_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        held_bytes, is_complete = 0, False
        give_up_s = time.monotonic() + self._within_s

        async def receive_within_bounds() -> Message:
            nonlocal held_bytes, is_complete
            if is_complete:
                return await receive()
            message: Message | None = None
            with anyio.move_on_after(give_up_s - time.monotonic()):
                message = await receive()
            if message is None:
                raise BodyTooSlow(f"the body did not come within {self._within_s:g} s")
            is_complete = not message.get("more_body", False)
            size = len(message.get("body", b""))
            if self._held_bytes + size > self._limit_bytes:
                raise TooMuchAtOnce(f"{self._limit_mb:g} MB of requests are under way; try again in a moment")
            self._held_bytes += size
            held_bytes += size
            return message

        async def send_when_passed_over(message: Message) -> None:
            nonlocal is_complete
            if message["type"] == "http.response.start" and not is_complete and message["status"] in _PASSED_OVER:
                is_complete = True
                if _has_body_to_come(scope):
                    await _pass_over(receive)
            await send(message)

        try:
            await self._app(scope, receive_within_bounds, send_when_passed_over)
        finally:
            self._held_bytes -= held_bytes


_PASSED_OVER = frozenset({401, 403, 404, 405, 413, 415, 422, 429})


def _has_body_to_come(scope: Scope) -> bool:
    """Whether a client sends a body whatever it is told; who asks first, by ``Expect``, is told before it sends any."""
    names = {name for name, _ in scope["headers"]}
    return not names.isdisjoint({b"content-length", b"transfer-encoding"}) and b"expect" not in names


async def _pass_over(receive: Receive) -> None:
    left, is_more = PASSED_OVER_BYTES, True
    with anyio.move_on_after(PASSED_OVER_S):
        while is_more and left > 0:
            message = await receive()
            left -= len(message.get("body", b""))
            is_more = message["type"] == "http.request" and message.get("more_body", False)
