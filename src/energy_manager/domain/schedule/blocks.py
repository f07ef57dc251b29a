"""Power targets of assets over time: a schedule and its time blocks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from energy_manager.domain.errors import Fault, Refused, refuse
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule.sources import Source

SCHEDULED = tuple(source for source in Source if source.is_of_schedules)

LONGEST_ID = 200
"""Characters; an id is a name that people type, and a key in databases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeBlock:
    """The power targets for ``[start, end)``, in whole power steps, positive = production.

    Times are kept in UTC: two local times of one zone do not compare by instant where the clocks change.

    Raises:
        Refused: ``start`` or ``end`` has no time zone, the block does not last, or a target is no whole number.
    """

    start: datetime
    end: datetime
    targets: Mapping[AssetId, int]

    def __post_init__(self) -> None:
        for field in ("start", "end"):
            instant: datetime = getattr(self, field)
            if instant.utcoffset() is None:
                raise Refused([Fault(field=field, message=f"{instant.isoformat()} has no time zone")])
            object.__setattr__(self, field, _in_utc(instant, field))
        if self.end <= self.start:
            sentence = f"{self.end.isoformat()} is not after the start, {self.start.isoformat()}"
            raise Refused([Fault(field="end", message=sentence)])
        faults = [
            Fault(field=f"targets.{asset_id}", message=f"{target!r} is not a whole number of power steps")
            for asset_id, target in self.targets.items()
            if type(target) is not int
        ]
        refuse(faults)
        object.__setattr__(self, "targets", dict(self.targets))

    def covers(self, instant: datetime) -> bool:
        """Whether the instant lies in the half-open interval."""
        return self.start <= instant < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Time blocks in order of time, without overlap; between two blocks the schedule says nothing.

    It speaks for the assets that its blocks name, each in the blocks that name it.

    Raises:
        Refused: the id is not 1 to ``LONGEST_ID`` printable characters, there is no such source, or a block begins
            before the one ahead of it ends; all faults are listed.
    """

    id: str
    source: Source
    blocks: tuple[TimeBlock, ...]

    def __post_init__(self) -> None:
        refuse(self._faults())
        object.__setattr__(self, "source", Source(self.source))
        object.__setattr__(self, "blocks", tuple(self.blocks))

    def _faults(self) -> Iterator[Fault]:
        if not self.id or len(self.id) > LONGEST_ID or not self.id.isprintable():
            yield Fault(field="id", message=f"{self.id[:LONGEST_ID]!r} is not 1 to {LONGEST_ID} printable characters")
        if self.source not in SCHEDULED:
            yield Fault(field="source", message=f"{self.source!r} is none of {', '.join(SCHEDULED)}")
        for index, (earlier, later) in enumerate(pairwise(self.blocks)):
            if later.start < earlier.end:
                sentence = f"{later.start.isoformat()} is before {earlier.end.isoformat()}, where the block ahead ends"
                yield Fault(field=f"blocks[{index + 1}].start", message=sentence)

    @property
    def start(self) -> datetime | None:
        """Where the first block begins; None for a schedule without blocks."""
        return self.blocks[0].start if self.blocks else None

    @property
    def end(self) -> datetime | None:
        """Where the last block ends; None for a schedule without blocks."""
        return self.blocks[-1].end if self.blocks else None

    @property
    def assets(self) -> tuple[AssetId, ...]:
        """The assets it speaks for, in the order in which the blocks name them."""
        return tuple(dict.fromkeys(asset_id for block in self.blocks for asset_id in block.targets))

    def block_at(self, instant: datetime) -> TimeBlock | None:
        """The block that covers the instant, or None where the schedule says nothing."""
        index = bisect_right(self.blocks, instant, key=lambda block: block.start) - 1
        if index < 0 or not self.blocks[index].covers(instant):
            return None
        return self.blocks[index]


def _in_utc(instant: datetime, field: str) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        sentence = f"{instant.isoformat()} is outside the years 1 to 9999 in UTC"
        raise Refused([Fault(field=field, message=sentence)]) from None
