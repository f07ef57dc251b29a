"""From what each asset does for itself to the time blocks of a schedule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule.blocks import TimeBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetPeriod:
    """One asset's target during ``[start, end)``, in whole power steps; start and end are in UTC."""

    asset: AssetId
    start: datetime
    end: datetime
    target: int


def blocks_of(pieces: Iterable[TargetPeriod]) -> Iterator[TimeBlock]:
    """The time blocks that say the same as the pieces, of which no two of one asset overlap.

    Time is cut wherever a piece begins or ends; a cut at which nothing changes is left out.
    """
    waiting = sorted(pieces, key=lambda piece: (piece.start, piece.asset), reverse=True)
    instants = sorted({instant for piece in waiting for instant in (piece.start, piece.end)})
    running: list[TargetPeriod] = []
    grown: TimeBlock | None = None
    for start, end in pairwise(instants):
        running = [piece for piece in running if piece.end > start]
        while waiting and waiting[-1].start <= start:
            running.append(waiting.pop())
        targets = {piece.asset: piece.target for piece in running}
        assert len(targets) == len(running), "pieces of one asset do not overlap"
        if grown is not None and grown.end == start and grown.targets == targets:
            grown = TimeBlock(start=grown.start, end=end, targets=targets)
            continue
        if grown is not None:
            yield grown
        grown = TimeBlock(start=start, end=end, targets=targets) if targets else None
    if grown is not None:
        yield grown
