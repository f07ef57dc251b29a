"""Several schedules, one target per asset: highest authority, then newest; gaps fall through to the next.

The idea: what the accepted schedules say together changes only where a block begins or ends. So they are sorted once
(``ScheduleIndex``), laid over one another once per such stretch of time, weakest first so that the stronger overwrite
(``Stretch``), and a tick only lays the stretch over the base schedule (``Stretch.over``).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule.acceptance import AcceptedSchedule, Decider
from energy_manager.domain.schedule.blocks import TimeBlock
from energy_manager.domain.schedule.sources import Source

BASE = Decider(source=Source.SHARED)
"""Decides where only the base schedule speaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedTargets:
    """What is scheduled for each asset at an instant, in whole power steps, and whose word that is.

    Both name the same assets, in the same order: those of the base schedule first.
    """

    targets: dict[AssetId, int]
    decided_by: dict[AssetId, Decider]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What the accepted schedules say together for ``[start, end)``; None = without limit on that side."""

    start: datetime | None
    end: datetime | None
    merged: MergedTargets

    def covers(self, instant: datetime) -> bool:
        """Whether the stretch still holds at the instant."""
        return (self.start is None or self.start <= instant) and (self.end is None or instant < self.end)

    def over(self, base: Mapping[AssetId, int]) -> MergedTargets:
        """Lay the stretch over the base schedule: every asset it names is its own, the others are the base's."""
        return MergedTargets(
            targets={**base, **self.merged.targets},
            decided_by={**dict.fromkeys(base, BASE), **self.merged.decided_by},
        )


class ScheduleIndex:
    """Accepted schedules, sorted for looking up instants; never changes."""

    def __init__(self, accepted: Iterable[AcceptedSchedule]) -> None:
        self._layers = [_Layer(entry) for entry in sorted(accepted, key=lambda entry: entry.precedence)]

    def at(self, instant: datetime) -> Stretch:
        """What holds at the instant, and from when until when exactly that holds.

        One binary search per schedule, and one step per target that speaks.
        """
        start: datetime | None = None
        end: datetime | None = None
        targets: dict[AssetId, int] = {}
        decided_by: dict[AssetId, Decider] = {}
        for layer in self._layers:
            since, until, said = layer.at(instant)
            if since is not None and (start is None or since > start):
                start = since
            if until is not None and (end is None or until < end):
                end = until
            targets.update(said)
            decided_by.update(dict.fromkeys(said, layer.decider))
        return Stretch(start=start, end=end, merged=MergedTargets(targets=targets, decided_by=decided_by))


class _Layer:
    """One accepted schedule with the starts of its blocks at hand."""

    __slots__ = ("_blocks", "_starts", "decider")

    def __init__(self, accepted: AcceptedSchedule) -> None:
        self.decider = accepted.decider
        self._blocks: tuple[TimeBlock, ...] = accepted.schedule.blocks
        self._starts = [block.start for block in self._blocks]

    def at(self, instant: datetime) -> tuple[datetime | None, datetime | None, Mapping[AssetId, int]]:
        """From when until when what it says around an instant holds: a block's targets, or nothing in a gap."""
        following = bisect_right(self._starts, instant)
        latest = self._blocks[following - 1] if following else None
        if latest is not None and instant < latest.end:
            return latest.start, latest.end, latest.targets
        next_start = self._starts[following] if following < len(self._starts) else None
        return None if latest is None else latest.end, next_start, {}
