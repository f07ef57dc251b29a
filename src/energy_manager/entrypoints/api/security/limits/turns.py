"""Planning for strangers: one plan per client at a time, for a few seconds at most, or not at all.

A stranger is whoever does not bring the site's token, except on loopback without one, where every program of this
machine may do everything. Plans that are activated, and all else that is guarded, have workers of their own, so that no
crowd of strangers can hold up an operator.
"""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import anyio
from fastapi import Request

from energy_manager.entrypoints.api.http.errors import TooMuchAtOnce
from energy_manager.entrypoints.api.security.guard import Guard

STRANGERS_S = 5.0
"""A stranger's plan is searched for at most this long."""

MOST_WAITING = 50
"""So many plans of one client may wait for their turn."""

PATIENCE_S = 30.0
"""And each of them this long."""

Options = TypeVar("Options")


@dataclass(slots=True)
class _Queue:
    """One client's turn, and how many of its plans wait for it or have it."""

    lock: anyio.Lock = field(default_factory=anyio.Lock)
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """Who may plan now; for one event loop. ``needs_token``: planning is guarded as the site is."""

    guard: Guard
    needs_token: bool = False
    _queues: dict[str, _Queue] = field(default_factory=dict, init=False)

    async def admit(self, request: Request) -> None:
        """Let whoever may plan at all.

        Raises:
            Unauthorized, Forbidden: planning needs the token.
        """
        if self.needs_token:
            await self.guard.principal(request)

    @asynccontextmanager
    async def turn(self, request: Request, options: Options) -> AsyncIterator[Options]:
        """The options to plan with, once it is the client's turn.

        Raises:
            TooMuchAtOnce: too many plans of this client are waiting, or for too long.
        """
        if self.guard.is_member(request):
            yield options
            return
        client = self.guard.client_of(request)
        queue = self._queues.setdefault(client, _Queue())
        if queue.count > MOST_WAITING:
            raise TooMuchAtOnce(f"{MOST_WAITING} plans of this client are waiting already; try again in a moment")
        queue.count += 1
        try:
            with anyio.move_on_after(PATIENCE_S) as patience:
                await queue.lock.acquire()
            if patience.cancelled_caught:
                raise TooMuchAtOnce(f"other plans of this client have taken {PATIENCE_S:g} s; try again in a moment")
            try:
                yield limited(options)
            finally:
                queue.lock.release()
        finally:
            queue.count -= 1
            if not queue.count:
                self._queues.pop(client, None)


def limited(options: Options) -> Options:
    """The options with no more time than a stranger gets."""
    if not dataclasses.is_dataclass(options) or isinstance(options, type):
        return options
    limits: dict[str, Any] = {
        one.name: min(getattr(options, one.name), STRANGERS_S)
        for one in dataclasses.fields(options)
        if one.name in {"time_limit_s", "longest_s"}
    }
    return dataclasses.replace(options, **limits)
