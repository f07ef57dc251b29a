"""What planners must know of the site that is to follow their plans."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from energy_manager.domain.errors import Fault, refuse
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site.asset import Bounds

PowerUnit = Literal["kW", "W"]
"""The power step of a site: dispatch counts in whole steps, so that sums are exact."""

STEPS_PER_KW: dict[PowerUnit, int] = {"kW": 1, "W": 1000}

ANY = Bounds()
"""Without limits."""

MOST_FAULTS = 20
"""A registry of thousands of assets is a stranger as a whole; nobody reads more names than these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningSite:
    """What a plan must know of the site before it can be its schedule.

    ``controllable`` are the assets that take targets, ``storage`` is the one that keeps the limits of the grid
    connection. Days begin in ``time_zone``. ``bounded`` says between which targets each asset can ever be, where that
    is known. ``uncontrolled`` are the other assets: plans know them not, questions may be about them.
    """

    controllable: tuple[AssetId, ...]
    power_unit: PowerUnit = "kW"
    storage: AssetId | None = None
    time_zone: str = "UTC"
    bounded: Mapping[AssetId, Bounds] = field(default_factory=dict)
    uncontrolled: tuple[AssetId, ...] = ()

    @property
    def limits(self) -> dict[AssetId, Bounds]:
        """What each asset that takes targets can ever be told."""
        return {asset_id: self.bounded.get(asset_id, ANY) for asset_id in self.controllable}

    @property
    def steps_per_kw(self) -> int:
        """Power steps in a kW."""
        return STEPS_PER_KW[self.power_unit]

    def refuse_strangers(self, assets: Iterable[AssetId]) -> None:
        """Make sure that the site has all these assets.

        The loop would take a target for an asset that is not there as power that the others have to carry.

        Raises:
            Refused: with every asset that the site has not, and the name that may have been meant.
        """
        strangers = sorted(set(assets).difference(self.controllable))
        faults = [Fault(field=stranger, message=self.about_stranger(stranger)) for stranger in strangers[:MOST_FAULTS]]
        if len(strangers) > MOST_FAULTS:
            message = f"{len(strangers) - MOST_FAULTS} more are no assets of the site"
            faults.append(Fault(field="assets", message=message))
        refuse(faults)

    def about_stranger(self, stranger: AssetId) -> str:
        """That the site has it not, and what may have been meant."""
        near = difflib.get_close_matches(stranger, self.controllable, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        return f"the site has no asset of this name that takes targets{hint}"
