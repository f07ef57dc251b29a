"""Calls in steps: wherever a call would wait it says for what, so that one thread can make the calls of many links.

A call in steps is a generator. Each thing that it yields is a ``Wait``; what was waited for is sent back into it, or
the error thrown. ``complete`` makes such a call on the thread of its caller; ``Multiplexer`` makes many at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Wait(Protocol):
    """What a call waits for."""

    def wait(self) -> Any:  # noqa: ANN401 - of any kind
        """Wait on this thread, and have it; may raise anything."""
        ...


class Arrival(Wait, Protocol):
    """Something that arrives at a file descriptor."""

    fileno: int
    source: object
    """What has this file descriptor, which may be another's when this one is closed."""
    until_s: float
    """On the monotonic clock: whoever waits is to look once more then, and not to wait any longer."""

    def take(self) -> Any:  # noqa: ANN401 - of any kind
        """What has arrived, None where nothing has; never waits, and may raise anything."""
        ...


Steps = Generator[Wait, Any, T]


def _by_nobody() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Course:
    """Calls in steps, one after the other, for ``Multiplexer``; ``is_awaited``: whether more of them wait now."""

    steps: Steps[None]
    is_awaited: Callable[[], bool] = _by_nobody


@dataclass(frozen=True, slots=True)
class Blocking:
    """A call that may wait for whatever it likes; not to be made on a thread that has other things to do."""

    call: Callable[[], Any]

    def wait(self) -> Any:  # noqa: ANN401 - of any kind
        return self.call()


def complete(steps: Steps[T]) -> T:
    """Make the call on this thread, which waits wherever the call would."""
    try:
        wanted = next(steps)
        while True:
            try:
                found = wanted.wait()
            except BaseException as error:  # noqa: BLE001 - the call's to deal with
                wanted = steps.throw(error)
            else:
                wanted = steps.send(found)
    except StopIteration as end:
        result: T = end.value
        return result


def at_once(value: T) -> Steps[T]:
    """A call that has waited for nothing."""
    yield from ()
    return value
