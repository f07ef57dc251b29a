"""What planners produce and dispatch consumes: power targets of assets over time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeBlock:
    """The power targets for ``[start, end)``, in whole power steps, positive = production.

    Raises:
        Refused: ``start`` or ``end`` has no time zone, or the block does not last.
    """

    start: datetime
    end: datetime
    targets: Mapping[AssetId, int]

    def __post_init__(self) -> None:
        for field in ("start", "end"):
            instant: datetime = getattr(self, field)
            if instant.utcoffset() is None:
                raise Refused([Fault(field=field, message=f"{instant.isoformat()} has no time zone")])
        if self.end <= self.start:
            sentence = f"{self.end.isoformat()} is not after the start, {self.start.isoformat()}"
            raise Refused([Fault(field="end", message=sentence)])

    def covers(self, instant: datetime) -> bool:
        """Whether the instant lies in the half-open interval."""
        return self.start <= instant < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Time blocks in order of time, without overlap; between two blocks the schedule says nothing.

    Raises:
        Refused: a block begins before the one ahead of it ends.
    """

    id: str
    source: str
    blocks: tuple[TimeBlock, ...]

    def __post_init__(self) -> None:
        for index, (earlier, later) in enumerate(pairwise(self.blocks)):
            if later.start < earlier.end:
                sentence = f"{later.start.isoformat()} is before {earlier.end.isoformat()}, where the block ahead ends"
                raise Refused([Fault(field=f"blocks[{index + 1}].start", message=sentence)])

    def block_at(self, instant: datetime) -> TimeBlock | None:
        """The block that covers the instant, or None where the schedule says nothing."""
        index = bisect_right(self.blocks, instant, key=lambda block: block.start) - 1
        if index < 0 or not self.blocks[index].covers(instant):
            return None
        return self.blocks[index]
