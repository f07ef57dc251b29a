"""A simulated day: which faults come when, upon whom, and what is scheduled meanwhile; all from one seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from energy_manager.domain.drill.kinds import KINDS, FaultKind, Port
from energy_manager.domain.quantities import AssetId

LEAD_S = 21.0
"""A fault begins when two rounds of statuses are in, and just before the schedule changes."""

AFTER_S = 60.0
"""And the site is watched for so long after it: all must be as before by then."""

LEVEL_S = 22.0
"""How often the schedule changes: within each fault at least twice, between two rounds of statuses."""

MOST_SCHEDULED_SHARE = 0.6
"""Of what an asset can deliver, so that the others have room to carry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillSite:
    """The site as the drill sees it; powers in whole steps.

    Args:
        most: what each asset that carries for others can deliver at best (producers, and storages without a law).
        told: all assets that may be told a power; each may be hit.
        ramps: how much a target may change in a tick, for assets that have a ramp.
        connections: the connection of every asset, meters included; assets of one connection fail together.
        carries: whether the policy lets others carry what an asset does not deliver.
        held: the assets of the grid connection: its storage has a law of its own.
        import_limit_kw, export_limit_kw: of the grid connection, None without one.
    """

    most: Mapping[AssetId, int]
    told: tuple[AssetId, ...]
    ramps: Mapping[AssetId, int]
    connections: Mapping[AssetId, str]
    carries: bool = True
    held: frozenset[AssetId] = frozenset()
    import_limit_kw: float | None = None
    export_limit_kw: float | None = None

    @property
    def ramp_s(self) -> float:
        """The longest time that an asset needs from 0 to its most."""
        return max((2.0 * self.most.get(asset_id, 0) / ramp for asset_id, ramp in self.ramps.items()), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One fault at one site; times in seconds from its first look at the schedule.

    Args:
        kind: of the fault, which lasts from ``begins_s`` to ``ends_s``; the episode goes on to ``over_s``.
        day: the seed of the day it belongs to.
        number: of the episode in its day.
        hour: the time of day at which it is played, in hours.
        hit: the assets that are hit.
        levels: what is scheduled, one after the other, ``LEVEL_S`` each.
        seed: for everything else that is left to chance.
    """

    kind: FaultKind
    day: int
    number: int
    hour: float
    hit: tuple[AssetId, ...]
    levels: tuple[Mapping[AssetId, int], ...]
    seed: int

    @property
    def begins_s(self) -> float:
        """When the fault begins."""
        return LEAD_S

    @property
    def ends_s(self) -> float:
        """When the fault is over."""
        return LEAD_S + self.kind.lasts_s

    @property
    def over_s(self) -> float:
        """When the episode is over."""
        return self.ends_s + AFTER_S

    def level_at(self, at_s: float) -> int:
        """Which of the levels is scheduled then."""
        return min(int(at_s // LEVEL_S), len(self.levels) - 1)


def day_of(seed: int, site: DrillSite) -> Iterator[Episode]:
    """Every kind that the site can meet, once, in an order of its own, spread over the day."""
    chance = Random(seed)  # noqa: S311 - no secret: the same seed is to give the same day
    kinds = [kind for kind in KINDS if _can_meet(kind, site)]
    chance.shuffle(kinds)
    for number, kind in enumerate(kinds):
        count = int((LEAD_S + kind.lasts_s + AFTER_S) / LEVEL_S) + 1
        yield Episode(
            kind=kind,
            day=seed,
            number=number,
            hour=24.0 * (number + chance.random()) / len(kinds),
            hit=_hit(kind, site, chance),
            levels=tuple(_level(site, chance) for _ in range(count)),
            seed=chance.getrandbits(32),
        )


def _can_meet(kind: FaultKind, site: DrillSite) -> bool:
    if kind.name == "answers swapped":
        return len(site.told) > 1
    if kind.name in _OF_A_SCHEDULED_POWER:
        return bool(site.most)
    return kind.port is Port.PRICES or bool(site.told)


_OF_A_SCHEDULED_POWER = frozenset({"not finite", "absurd", "jumps"})


def _hit(kind: FaultKind, site: DrillSite, chance: Random) -> tuple[AssetId, ...]:
    if kind.port is Port.DEVICE:
        return (chance.choice(site.told),)
    if kind.port is Port.NETWORK:
        return tuple(site.connections)
    if kind.port is not Port.LINK:
        return ()
    if kind.name == "answers swapped":
        return tuple(chance.sample(site.told, 2))
    connection = chance.choice(sorted({site.connections[asset_id] for asset_id in site.told}))
    return tuple(asset_id for asset_id, own in site.connections.items() if own == connection)


def _level(site: DrillSite, chance: Random) -> dict[AssetId, int]:
    return {asset_id: round(most * MOST_SCHEDULED_SHARE * chance.random()) for asset_id, most in site.most.items()}
