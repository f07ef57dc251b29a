"""What an asset is used for, and what it must be for that: of which kind and with which ratings, never which driver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site.asset import Asset, AssetKind


class Use(StrEnum):
    """What assets are used for, in the words of a sentence."""

    GRID_METER = "the meter of the grid connection"
    GRID_STORAGE = "the storage that keeps the limits of the grid connection"
    PLANNED_CAR = "a car that is planned"
    PLANNED_RUN = "a run that is planned"
    HOME_METER = "the meter of a household"
    HOME_BATTERY = "the battery of a household"
    HOME_APPLIANCE = "an appliance of a household"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Needs:
    """The ratings that an asset needs by its kind."""

    ratings: Mapping[AssetKind, tuple[str, ...]]
    kind_may_be_unsaid: bool = False

    def of(self, asset: Asset) -> tuple[str, ...] | None:
        """The ratings that this asset needs; None: it is of the wrong kind."""
        if asset.kind is None and self.kind_may_be_unsaid:
            (ratings,) = self.ratings.values()
            return ratings
        return None if asset.kind is None else self.ratings.get(asset.kind)


_NEEDS: Mapping[Use, _Needs] = {
    Use.GRID_METER: _Needs(ratings={AssetKind.METER: ()}),
    Use.GRID_STORAGE: _Needs(ratings={AssetKind.STORAGE: ("capacity_wh", "max_charge_w", "max_discharge_w")}),
    # A car's charger is a load: it takes power, and what the car holds is the car's.
    Use.PLANNED_CAR: _Needs(
        ratings={AssetKind.STORAGE: ("capacity_wh", "max_charge_w"), AssetKind.LOAD: ("capacity_wh", "rated_w")}
    ),
    Use.PLANNED_RUN: _Needs(ratings={AssetKind.LOAD: ()}),
    Use.HOME_METER: _Needs(ratings={AssetKind.METER: ()}),
    Use.HOME_BATTERY: _Needs(ratings={AssetKind.STORAGE: ()}, kind_may_be_unsaid=True),
    Use.HOME_APPLIANCE: _Needs(ratings={AssetKind.LOAD: ("rated_w",)}, kind_may_be_unsaid=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """An asset in a use; ``household`` is whose it is, empty for the grid connection's."""

    asset: AssetId
    use: Use
    household: str = ""

    def fault(self, assets: Mapping[AssetId, Asset]) -> str | None:
        """Why none of these assets can have this role, as a sentence; None when one can."""
        needs, asset = _NEEDS[self.use], assets.get(self.asset)
        ratings = None if asset is None else needs.of(asset)
        if asset is None or ratings is None:
            return f"there must be an asset of this id of kind {' or '.join(needs.ratings)}, for it is {self.use}"
        missing = [name for name in ratings if name not in asset.ratings.given]
        if missing:
            return f"this asset needs {' and '.join(missing)}, for it is {self.use}"
        return None
