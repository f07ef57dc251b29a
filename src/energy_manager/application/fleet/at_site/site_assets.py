"""What a site's assets can do for the portfolio now, and what they do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from energy_manager.domain.fleet import Direction
from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetNow:
    """An asset at this moment, in power steps: what it delivers, and what it could be told, both ways at least 0.

    ``deliver_kw`` None: not known. An asset that is late, fails or does not follow has no room.
    """

    deliver_kw: float | None
    up: int
    down: int

    def room(self, direction: Direction) -> int:
        """What it could deliver (up) or take (down)."""
        return self.up if direction is Direction.UP else self.down


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNow:
    """A site at this moment; ``import_kw`` None: not measured."""

    assets: Mapping[AssetId, AssetNow]
    tick: int | None = None
    is_on_time: bool = True
    import_kw: float | None = None
    alarms: int = 0
    alarm: str = ""
    acknowledged: int = 0
    up_eur_per_mwh: float | None = None
    down_eur_per_mwh: float | None = None

    @property
    def deliver_kw(self) -> float | None:
        """What its assets deliver together; None: of one that is not known, or it has none."""
        powers = [asset.deliver_kw for asset in self.assets.values()]
        known = [power for power in powers if power is not None]
        return sum(known) if powers and len(known) == len(powers) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetAssets:
    """The assets that orders of the centre are for.

    Args:
        read: how they are now, and nothing else of the site.
        steps_per_kw: power steps in a kW.
        set_by_hand: the assets that a person has set at an instant: they are not the centre's then.
    """

    read: Callable[[], SiteNow]
    steps_per_kw: int
    set_by_hand: Callable[[datetime], Collection[AssetId]]

    def rooms(self, direction: Direction, now: datetime, seen: SiteNow | None = None) -> dict[AssetId, int]:
        """What each could deliver (up) or take (down), in power steps, at least 0."""
        by_hand = self.set_by_hand(now)
        assets = (self.read() if seen is None else seen).assets
        return {name: 0 if name in by_hand else asset.room(direction) for name, asset in assets.items()}

    def room_kw(self, direction: Direction, now: datetime, seen: SiteNow) -> int:
        """All of them together, whole kW."""
        return sum(self.rooms(direction, now, seen).values()) // self.steps_per_kw
