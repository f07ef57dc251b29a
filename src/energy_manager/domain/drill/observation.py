"""What was seen while an episode was played: the truth beside what the loop believed and said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The site half a period after a tick; times in seconds from the begin of the episode, which is its first look.

    Powers in whole power steps, positive = production. ``outputs`` is what each asset really delivers, ``capable`` the
    most that it really could; nobody in the loop knows these. ``import_kw`` is the true exchange at the grid
    connection, None where there is none; ``can_help`` whether its storage could still do something about it.
    """

    at_s: float
    scheduled: Mapping[AssetId, int]
    targets: Mapping[AssetId, int | None]
    outputs: Mapping[AssetId, float]
    capable: Mapping[AssetId, float]
    import_kw: float | None = None
    can_help: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that was said for people: in the log, at a tick or as an asset's state (then ``asset`` is its id)."""

    at_s: float
    sentence: str
    asset: AssetId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Everything that an episode is judged by.

    Args:
        moments: one a tick, in order.
        happenings: in order of time.
        skipped: ticks that were given up.
        unsafe: a sentence for each target that no device may be told.
        losses: a sentence for each thing that is not as it was before, such as a schedule that the store has lost.
    """

    moments: tuple[Moment, ...]
    happenings: tuple[Happening, ...] = ()
    skipped: int = 0
    unsafe: tuple[str, ...] = ()
    losses: tuple[str, ...] = ()
