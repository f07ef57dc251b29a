"""How routes answer: JSON by the one writer, and work that waits is done beside the event loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ParamSpec, TypeVar

import anyio
from fastapi import Response

from energy_manager.adapters.texts.json_text import write_json

Work = TypeVar("Work")
Arguments = ParamSpec("Arguments")


async def in_thread(work: Callable[Arguments, Work], *args: Arguments.args, **named: Arguments.kwargs) -> Work:
    """What the store or a lock may hold up is not waited for in the event loop; others are answered meanwhile."""
    return await anyio.to_thread.run_sync(partial(work, *args, **named), abandon_on_cancel=True)


async def in_turn(
    limiter: anyio.CapacityLimiter, work: Callable[Arguments, Work], *args: Arguments.args, **named: Arguments.kwargs
) -> Work:
    """As ``in_thread``, for work that keeps the interpreter busy: no more of it at once than the limiter lets in."""
    return await anyio.to_thread.run_sync(partial(work, *args, **named), abandon_on_cancel=True, limiter=limiter)


def json_answer(document: Any, headers: Mapping[str, str] | None = None) -> Response:  # noqa: ANN401 - as JSON is
    """The document as JSON; what cannot be written as UTF-8 does not leave."""
    return json_text(write_json(document), headers)


def json_text(text: str | bytes, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that is written already, as in a thread or a worker."""
    return Response(text, headers=None if headers is None else dict(headers), media_type="application/json")
