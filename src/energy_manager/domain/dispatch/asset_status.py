"""The last good word of an asset, how long it may be believed, and how the asset stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetStatus:
    """What an asset delivers, could be told and holds; None = that is not known, which is never 0.

    ``output`` is signed and in whole power steps: + = it delivers, − = it takes (a meter: import is below 0);
    ``output_w`` is the same in W, as fine as it is measured. ``lowest`` and ``highest`` are the range of power, in
    steps, that it could be told now. ``stored_wh`` is what a storage holds. ``taken_at_s`` is the monotonic time of the
    measurement: that of the device's own stamp, or the begin of the read. A value is never younger than it claims.
    ``follows`` is the driver's own word on whether the device does what it was told; None = it does not judge that.
    """

    taken_at_s: float
    output: int | None = None
    lowest: int | None = None
    highest: int | None = None
    output_w: float | None = None
    stored_wh: float | None = None
    follows: bool | None = None

    @property
    def potential(self) -> int:
        """What it counts as able to deliver, in steps: nothing where that is not known, and never less than 0."""
        return max(0, self.highest or 0)

    def age_s(self, now_s: float) -> float:
        """Seconds since it was measured."""
        return now_s - self.taken_at_s


Said = TypeVar("Said")


class OfStatuses(Mapping[AssetId, Said]):
    """Something about each of the statuses, worked out by whoever looks: the loop has other things to do."""

    __slots__ = ("_read", "_statuses")

    def __init__(self, statuses: Mapping[AssetId, AssetStatus], read: Callable[[AssetStatus], Said]) -> None:
        self._statuses = statuses
        self._read = read

    def __getitem__(self, asset_id: AssetId) -> Said:
        return self._read(self._statuses[asset_id])

    def __iter__(self) -> Iterator[AssetId]:
        return iter(self._statuses)

    def __len__(self) -> int:
        return len(self._statuses)


def usable_potentials(statuses: Mapping[AssetId, AssetStatus], *, now_s: float, max_age_s: float) -> dict[AssetId, int]:
    """The potentials that are young enough to build on; an asset that is left out counts as able to deliver nothing."""
    return {asset_id: status.potential for asset_id, status in statuses.items() if status.age_s(now_s) <= max_age_s}


class AssetState(StrEnum):
    """The first of these that is true of an asset, causes before effects; ``OK`` when none is.

    ``LATE``: a call has not come back in nine tenths of its period. ``FAILED``: of the targets or of the status
    reads, the last call that came back failed. ``ABSENT``: there was never a good status, or there is no such device;
    one that is known to be away is absent before its calls have failed.
    ``STALE``: the last good status is older than may be believed, so the asset counts as able to deliver nothing.
    ``DISOBEYS``: its calls end well, but it does not do what it is told, so it counts as what it measures.
    """

    LATE = "late"
    FAILED = "failed"
    ABSENT = "absent"
    STALE = "stale"
    DISOBEYS = "disobeys"
    OK = "ok"


def asset_state(
    status: AssetStatus | None,
    *,
    is_overdue: bool,
    is_failing: bool,
    now_s: float,
    max_age_s: float,
    disobeys: bool = False,
    is_away: bool = False,
) -> AssetState:
    """The state at ``now_s`` of an asset whose last good status is ``status``."""
    if is_overdue:
        return AssetState.LATE
    if is_away:
        return AssetState.ABSENT
    if is_failing:
        return AssetState.FAILED
    if status is None:
        return AssetState.ABSENT
    if status.age_s(now_s) > max_age_s:
        return AssetState.STALE
    return AssetState.DISOBEYS if disobeys else AssetState.OK
