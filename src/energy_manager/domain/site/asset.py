"""An asset of the site and the limits that no target may cross, whatever asks for it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from energy_manager.domain.errors import Fault, refuse
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site.ratings import NO_RATINGS, Ratings

Safe = Literal["release", "zero"]
"""What an asset may be left with: ``release`` = it runs by itself, ``zero`` = it is told 0, which is a command."""

Assumed = Literal["zero", "last"] | int
"""What an asset is assumed to deliver while it cannot be reached, in power steps."""

TOLERANCE_SHARE = 0.05
"""Where no tolerance is said, an output may differ from its target by a twentieth of it, and at least by a step."""

BEYOND_RATINGS = 1.25
"""What measures more than its rating by a quarter of it is not believed: inverters exceed theirs by a few percent."""

_SAFE_TARGETS: dict[str, int | None] = {"release": None, "zero": 0}


class AssetKind(StrEnum):
    """What an asset can do: only storages and loads take power, only meters take no targets."""

    PRODUCER = "producer"
    STORAGE = "storage"
    LOAD = "load"
    METER = "meter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The targets that an asset may be told at one tick, both ends included; None = without limit on that side."""

    lowest: int | None = None
    highest: int | None = None

    def within(self, target: int) -> int:
        """The target, or the bound that it would cross."""
        if self.lowest is not None and target < self.lowest:
            return self.lowest
        if self.highest is not None and target > self.highest:
            return self.highest
        return target


ANY_POWER = Bounds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One device of a site: what it is, what it is built for, and its safety limits, whatever its driver.

    Limits are in whole power steps, positive = production. ``min_power`` and ``max_power`` bound every target, ``ramp``
    how much it changes from one tick to the next. What is not said is not limited; but a producer takes no power, and a
    load delivers none. ``unscheduled`` is what holds where nobody speaks for the asset, ``fallback`` (also a power, in
    steps; None = as ``unscheduled``) where its target cannot be decided. ``tolerance`` is by how much it may differ
    from its target, in steps (None = ``tolerance_of``); ``unreachable`` is what it is assumed to deliver while it
    cannot be reached: nothing, what it measured ``last``, or a power in steps. ``plausible`` are the powers in steps
    that it can measure at all; an end that is not said follows from its ratings.

    Raises:
        Refused: limits contradict one another or the kind; fields are named as in the site file.
    """

    id: AssetId
    kind: AssetKind | None = None
    ratings: Ratings = NO_RATINGS
    min_power: int | None = None
    max_power: int | None = None
    ramp: int | None = None
    unscheduled: Safe = "zero"
    fallback: Safe | int | None = None
    tolerance: int | None = None
    unreachable: Assumed = "zero"
    plausible: Bounds = ANY_POWER

    def __post_init__(self) -> None:
        refuse(self._faults())

    def _faults(self) -> Iterator[Fault]:
        if not self.id:
            yield Fault(field="id", message="an asset needs an id of at least one character")
        if self.tolerance is not None and self.tolerance < 0:
            yield Fault(field="tolerance", message=f"{self.tolerance} is below 0")
        least, most = self.plausible.lowest, self.plausible.highest
        if least is not None and most is not None and least > most:
            yield Fault(field="plausible", message=f"{least} is above {most}")
        if self.kind is AssetKind.METER:
            limits = {"min": self.min_power, "max": self.max_power, "ramp": self.ramp}
            for name, limit in limits.items():
                if limit is not None:
                    yield Fault(field=name, message=f"{limit}: a meter is told nothing, so nothing can be limited")
            return
        takes_power = self.kind in {AssetKind.STORAGE, AssetKind.LOAD}
        if self.min_power is not None and self.min_power < 0 and not takes_power:
            yield Fault(field="min", message=f"{self.min_power} is below 0, which only a storage or a load may be told")
        if self.max_power is not None and self.max_power > 0 and self.kind is AssetKind.LOAD:
            yield Fault(field="max", message=f"{self.max_power} is above 0, but a load delivers nothing")
        lowest, highest = self._standing()
        if lowest is not None and highest is not None and lowest > highest:
            yield Fault(field="min", message=f"{lowest} is above the max, {highest}")
        if self.ramp is not None and self.ramp < 1:
            yield Fault(field="ramp", message=f"{self.ramp}: the target must be able to change by at least 1 a tick")
        if isinstance(self.fallback, int) and Bounds(lowest=lowest, highest=highest).within(self.fallback) != (
            self.fallback
        ):
            yield Fault(field="fallback", message=f"{self.fallback} is outside the limits of the asset")

    @property
    def unscheduled_target(self) -> int | None:
        """The target where nobody speaks for the asset; None = it is released."""
        return _SAFE_TARGETS[self.unscheduled]

    @property
    def fallback_target(self) -> int | None:
        """The target where nothing can be decided for the asset; None = it is released."""
        if self.fallback is None:
            return self.unscheduled_target
        return self.fallback if isinstance(self.fallback, int) else _SAFE_TARGETS[self.fallback]

    def tolerance_of(self, target: int) -> int:
        """By how many steps an output may differ from this target."""
        if self.tolerance is not None:
            return self.tolerance
        return max(1, int(TOLERANCE_SHARE * abs(target)))

    def plausible_powers(self, watts_per_step: int) -> Bounds:
        """The powers, in steps, that a reading of it may hold: as said, else by its ratings and what exceeds them.

        A producer takes a little at night, and a load may be measured as if it delivered: the one rating that is said
        bounds both sides. Without a rating nothing bounds them.
        """
        least_w, most_w = self.ratings.reach_w(is_load=self.kind is AssetKind.LOAD)
        known = [rated_w for rated_w in (least_w, most_w) if rated_w is not None]
        most = math.ceil(BEYOND_RATINGS * max(known) / watts_per_step) if known else None
        lowest, highest = self.plausible.lowest, self.plausible.highest
        if most is not None:
            lowest, highest = -most if lowest is None else lowest, most if highest is None else highest
        return Bounds(lowest=lowest, highest=highest)

    @property
    def is_limited(self) -> bool:
        """Whether some target is not allowed."""
        return self._standing() != (None, None) or self.ramp is not None

    def ever(self, watts_per_step: int) -> Bounds:
        """The targets that the asset can ever follow, by its limits and its ratings; a step that is begun counts."""
        lowest, highest = self._standing()
        least_w, most_w = self.ratings.reach_w(is_load=self.kind is AssetKind.LOAD)
        if least_w is not None:
            least = -math.ceil(least_w / watts_per_step)
            lowest = least if lowest is None else max(lowest, least)
        if most_w is not None:
            most = math.ceil(most_w / watts_per_step)
            highest = most if highest is None else min(highest, most)
        return Bounds(lowest=lowest, highest=highest)

    def bounds(self, last: int | None) -> Bounds:
        """The bounds of the tick after the one at which the target ``last`` was told; None = there was none.

        A target from outside min and max, which only a failed decision leaves behind, counts as the nearer of them.
        """
        lowest, highest = self._standing()
        if self.ramp is not None and last is not None:
            begun = Bounds(lowest=lowest, highest=highest).within(last)
            down, up = begun - self.ramp, begun + self.ramp
            lowest = down if lowest is None else max(lowest, down)
            highest = up if highest is None else min(highest, up)
        return Bounds(lowest=lowest, highest=highest)

    def _standing(self) -> tuple[int | None, int | None]:
        lowest = 0 if self.min_power is None and self.kind is AssetKind.PRODUCER else self.min_power
        highest = 0 if self.max_power is None and self.kind is AssetKind.LOAD else self.max_power
        return lowest, highest
