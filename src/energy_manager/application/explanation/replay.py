"""Recorded ticks decided again: the record is right if the same inputs give the same targets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from energy_manager.application.explanation.wording import counted, moment, power, to_do
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.dispatch import POLICIES, Dispatch, DispatchPolicy, decide
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where a replay came to something else: an asset's target (None = released), or without an asset the shortfall.

    ``is_missing`` says that the record has no target of this asset.
    """

    tick: Tick
    asset_id: AssetId | None
    recorded: int | None
    replayed: int | None
    is_missing: bool = False

    def sentence(self) -> str:
        """The difference in words."""
        what = "the shortfall" if self.asset_id is None else self.asset_id
        said = power if self.asset_id is None else to_do
        recorded, replayed = (
            "released" if value is None else said(value, self.tick.power_unit)
            for value in (self.recorded, self.replayed)
        )
        recorded = "nothing" if self.is_missing else recorded
        return f"tick {self.tick.number}, {moment(self.tick.at)}: {what} was {recorded}, replayed it is {replayed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay found: ticks looked at (up to the difference), and the first difference if there is one.

    ``undecided`` of them had failed to be decided, so that each asset was told its fallback and nothing can be decided
    again; ``has_fallbacks`` says that some fallback was not 0.
    """

    ticks: int
    undecided: int
    difference: Difference | None
    has_fallbacks: bool = False

    def sentence(self) -> str:
        """``no difference in 10,000 ticks``, or the first difference."""
        if self.difference is not None:
            return f"{self.difference.sentence()} ({counted(self.ticks - 1, 'tick')} before without a difference)"
        held = "fallbacks held" if self.has_fallbacks else "all were told 0"
        failed = f"; {self.undecided:,} of them could not be decided, and {held}" if self.undecided else ""
        return f"no difference in {counted(self.ticks, 'tick')}{failed}"


@dataclass(slots=True)
class Decisions:
    """Decides recorded ticks again, as the loop did; the policy is the tick's own unless another is given.

    A decision is a function of its inputs, so ticks in a row that say the same are decided once. ``limits`` caps what
    assets can deliver, in power steps, and what a storage is told for the sake of the grid connection.
    """

    policy: str | None = None
    limits: Mapping[AssetId, int] = field(default_factory=dict)
    _latest: Tick | None = field(default=None, init=False)
    _dispatch: Dispatch | None = field(default=None, init=False)

    def again(self, tick: Tick) -> Dispatch:
        """The tick's dispatch.

        Raises:
            Refused: the record names no policy of this product, and none was given.
        """
        latest, dispatch = self._latest, self._dispatch
        if latest is None or dispatch is None or not _is_same_question(tick, latest):
            potentials, policy = self.potentials(tick), self._policy_of(tick)
            held = {asset_id: self._at_most(asset_id, power) for asset_id, power in tick.held.items()}
            dispatch = decide(
                policy,
                tick.scheduled,
                potentials,
                held,
                tick.bounds,
                unscheduled=tick.unscheduled,
                counted=tick.counted,
                lowest=tick.lowest,
                least=tick.least,
            )
            self._latest, self._dispatch = tick, dispatch
        return dispatch

    def potentials(self, tick: Tick) -> Mapping[AssetId, int]:
        """What the assets can deliver under the limits."""
        if not self.limits:
            return tick.potentials
        limited = {
            asset_id: min(tick.potentials[asset_id], most)
            for asset_id, most in self.limits.items()
            if asset_id in tick.potentials
        }
        return {**tick.potentials, **limited}

    def _at_most(self, asset_id: AssetId, power: int | None) -> int | None:
        return power if power is None or asset_id not in self.limits else min(power, self.limits[asset_id])

    def _policy_of(self, tick: Tick) -> DispatchPolicy:
        name = self.policy or tick.policy
        if name not in POLICIES:
            said = f"was decided by {name!r}, which is none of {', '.join(POLICIES)}" if name else "names no policy"
            sentence = f"tick {tick.number}, {moment(tick.at)}, {said}; say which with --policy"
            raise Refused([Fault(field="policy", message=sentence)])
        return POLICIES[name]


def replay(ticks: Iterable[Tick]) -> Replayed:
    """Decide the ticks again and compare, up to the first difference.

    Raises:
        Refused: a tick names no policy of this product.
    """
    count = undecided = 0
    has_fallbacks = False
    decisions = Decisions()
    for tick in ticks:
        count += 1
        undecided += bool(tick.failure)
        has_fallbacks |= bool(tick.failure and tick.unscheduled)
        difference = _difference(tick, _fallbacks(tick) if tick.failure else decisions.again(tick))
        if difference is not None:
            break
    else:
        difference = None
    return Replayed(ticks=count, undecided=undecided, has_fallbacks=has_fallbacks, difference=difference)


def _fallbacks(tick: Tick) -> Dispatch:
    """What is told when nothing can be decided."""
    return Dispatch(targets=tick.unscheduled, shortfall=0)


def _is_same_question(tick: Tick, latest: Tick) -> bool:
    """Whether both ticks were decided from the same; the order of the schedule decides ties."""
    return (
        tick.scheduled == latest.scheduled
        and tick.potentials == latest.potentials
        and tick.policy == latest.policy
        and tick.held == latest.held
        and tick.bounds == latest.bounds
        and tick.unscheduled == latest.unscheduled
        and tick.counted == latest.counted
        and tick.lowest == latest.lowest
        and tick.least == latest.least
        and list(tick.scheduled) == list(latest.scheduled)
    )


def _difference(tick: Tick, dispatch: Dispatch) -> Difference | None:
    """The first difference; devices that were not decided about were told 0."""
    targets = dispatch.targets
    if tick.targets != targets:
        for asset_id in dict.fromkeys([*targets, *tick.targets]):
            recorded, replayed = tick.targets.get(asset_id), targets.get(asset_id, 0)
            is_missing = asset_id not in tick.targets
            if recorded != replayed or is_missing:
                return Difference(
                    tick=tick, asset_id=asset_id, recorded=recorded, replayed=replayed, is_missing=is_missing
                )
    if tick.shortfall != dispatch.shortfall:
        return Difference(tick=tick, asset_id=None, recorded=tick.shortfall, replayed=dispatch.shortfall)
    return None
