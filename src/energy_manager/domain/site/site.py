"""A site as a whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from energy_manager.domain.errors import Fault, refuse
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site.asset import Asset, AssetKind, Assumed, Bounds
from energy_manager.domain.site.planning_site import STEPS_PER_KW, PlanningSite, PowerUnit
from energy_manager.domain.site.roles import Role, Use


@dataclass(frozen=True, slots=True, kw_only=True)
class GridConnection:
    """The point of common coupling: the asset that measures it, the one that keeps its limits, and these, in kW."""

    meter: AssetId
    storage: AssetId
    import_limit_kw: float
    export_limit_kw: float
    margin_kw: float | None = None
    """The distance kept from both; None: as the control law finds it."""

    @property
    def roles(self) -> tuple[Role, Role]:
        """What it uses its two assets for."""
        return Role(asset=self.meter, use=Use.GRID_METER), Role(asset=self.storage, use=Use.GRID_STORAGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What stands at a site and what it is used for; how it is reached is the drivers' business.

    ``time_zone`` is an IANA name: in it views are shown and days begin. ``roles`` are the uses of assets beside those
    of the grid connection.

    Raises:
        Refused: two assets have one id, or an asset is not what its role needs.
    """

    name: str
    assets: tuple[Asset, ...]
    power_unit: PowerUnit = "kW"
    time_zone: str = "UTC"
    grid_connection: GridConnection | None = None
    roles: tuple[Role, ...] = ()

    def __post_init__(self) -> None:
        refuse(self._faults())

    def _faults(self) -> Iterator[Fault]:
        counts = Counter(asset.id for asset in self.assets)
        for asset_id, count in counts.items():
            if count > 1:
                yield Fault(field=asset_id, message=f"{count} assets have this id")
        by_id = {asset.id: asset for asset in self.assets}
        grid = () if self.grid_connection is None else self.grid_connection.roles
        for role in (*grid, *self.roles):
            sentence = role.fault(by_id)
            if sentence is not None:
                yield Fault(field=role.asset, message=sentence)

    def asset(self, asset_id: AssetId) -> Asset:
        """The asset of this id; KeyError when there is none."""
        for asset in self.assets:
            if asset.id == asset_id:
                return asset
        raise KeyError(asset_id)

    @property
    def watts_per_step(self) -> int:
        """The watts in a power step."""
        return 1000 // STEPS_PER_KW[self.power_unit]

    @property
    def kw_per_step(self) -> float:
        """A power step in kW."""
        return self.watts_per_step / 1000

    @property
    def controllable(self) -> tuple[AssetId, ...]:
        """The assets that take targets: all but meters."""
        return tuple(asset.id for asset in self.assets if asset.kind is not AssetKind.METER)

    @property
    def limited_assets(self) -> tuple[Asset, ...]:
        """The assets to which some targets must not be sent."""
        return tuple(asset for asset in self.assets if asset.is_limited)

    @property
    def unscheduled_targets(self) -> dict[AssetId, int | None]:
        """What holds for assets that no schedule covers, where that is not 0; None = released."""
        targets = {asset.id: asset.unscheduled_target for asset in self._told()}
        return {asset_id: target for asset_id, target in targets.items() if target != 0}

    @property
    def fallback_targets(self) -> dict[AssetId, int | None]:
        """What holds for assets whose target cannot be decided, where that is not 0; None = released."""
        targets = {asset.id: asset.fallback_target for asset in self._told()}
        return {asset_id: target for asset_id, target in targets.items() if target != 0}

    @property
    def assumed_unreachable(self) -> dict[AssetId, Assumed]:
        """What assets are assumed to deliver while they cannot be reached, where that is not nothing."""
        return {asset.id: asset.unreachable for asset in self._told() if asset.unreachable not in {"zero", 0}}

    @property
    def releasable(self) -> frozenset[AssetId]:
        """The assets that run by themselves when control ends: one of the two above releases them."""
        ends = (self.unscheduled_targets, self.fallback_targets)
        return frozenset(asset_id for targets in ends for asset_id, target in targets.items() if target is None)

    def _told(self) -> Iterator[Asset]:
        return (asset for asset in self.assets if asset.kind is not AssetKind.METER)

    @property
    def planning_site(self) -> PlanningSite:
        """What a plan must know of the site to become its schedule."""
        storage = None if self.grid_connection is None else self.grid_connection.storage
        ever = {asset.id: asset.ever(self.watts_per_step) for asset in self.assets}
        return PlanningSite(
            controllable=self.controllable,
            power_unit=self.power_unit,
            storage=storage,
            time_zone=self.time_zone,
            bounded={asset_id: bounds for asset_id, bounds in ever.items() if bounds != Bounds()},
            uncontrolled=tuple(asset.id for asset in self.assets if asset.id not in self.controllable),
        )

    def household_of(self, asset_id: AssetId, use: Use) -> str | None:
        """The household that uses the asset so; None when none does."""
        return next((role.household for role in self.roles if role.asset == asset_id and role.use is use), None)
