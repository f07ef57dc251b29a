"""What the lanes of all devices of a site share: where their calls run, and whether they may begin."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

from energy_manager.adapters.lanes import ElasticPool, Multiplexer, SteppedStrand, Strand
from energy_manager.adapters.lanes.steps import Course
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.device_gateway import CallKind
from energy_manager.application.ports.devices.status_repository import StatusRepository
from energy_manager.application.ports.records.journal import Journal
from energy_manager.domain.quantities import AssetId

MOST_GIVEN_UP = 200
"""Reads of a whole site that were given up and have not come back: each of them holds a thread."""


Task = Callable[[], None] | Course


class Gate:
    """One word to all lanes of a site: that only last calls begin (closed), or none at all (shut)."""

    is_closed = False
    is_shut = False


class Strands:
    """The strands of a site, one for each link and purpose.

    A link that ``never_waits``, such as one to a broker, has one for both: where a call costs nothing but time of the
    interpreter, reads beside the writes would only take it from them. So has one whose calls go in steps: no read that
    comes between two writes delays the second.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[Hashable, CallKind | None], Strand] = {}
        self._stepped: dict[Hashable, SteppedStrand] = {}

    def of(self, link: Hashable, kind: CallKind) -> Strand:
        """The strand of this link for this purpose, with one member more."""
        key = (link, None if getattr(link, "never_waits", False) else kind)
        with self._lock:
            strand = self._known.setdefault(key, Strand())
            strand.members += 1
            return strand

    def of_steps(self, link: Any) -> SteppedStrand:  # noqa: ANN401 - any link whose calls go in steps
        """The strand of this link for both purposes."""
        with self._lock:
            if link not in self._stepped:
                strand = self._stepped[link] = SteppedStrand()
                link.urgent = strand.urgent
            return self._stepped[link]


class GivenUpReads:
    """How many reads of the site's devices hang beside those that took their place."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0

    def take(self) -> bool:
        """Count one more, if there may be one more."""
        with self._lock:
            if self._count >= MOST_GIVEN_UP:
                return False
            self._count += 1
            return True

    def came_back(self) -> None:
        """Count one less."""
        with self._lock:
            self._count -= 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """What all devices of a site share.

    ``settle_s`` after a new target a device may still follow the one before. ``astray`` are the devices whose targets
    do not arrive or that do not do what they are told; a call that hangs is not seen there.
    """

    statuses: StatusRepository
    gate: Gate
    strands: Strands
    given_up: GivenUpReads
    astray: set[AssetId]
    pool: ElasticPool
    multiplexer: Multiplexer
    clock: Clock
    journal: Journal
    watts_per_step: int
    settle_s: float
    read_deadline_s: float

    def run(self, tasks: Iterable[Task | None], *, go_first: bool = False) -> None:
        """Have these run, those in steps on the one thread that makes such calls; returns at once."""
        blocking: list[Callable[[], None]] = []
        stepped: list[Course] = []
        for task in tasks:
            if isinstance(task, Course):
                stepped.append(task)
            elif task is not None:
                blocking.append(task)
        self.multiplexer.submit(stepped, go_first=go_first)
        self.pool.submit(blocking, go_first=go_first)
