"""Where the latest good status of each asset is kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from energy_manager.domain.dispatch import AssetStatus
from energy_manager.domain.quantities import AssetId


class StatusRepository(Protocol):
    """The latest good status of each asset of one site; any thread may write and read at any time, and nobody waits.

    The gateway writes what it reads, links what is pushed to them; the loop, the page and the metrics read.
    """

    def put(self, asset_id: AssetId, status: AssetStatus) -> None:
        """Keep the status, unless one that was taken later is known; of two taken at once the one put last."""
        ...

    def latest(self) -> Mapping[AssetId, AssetStatus]:
        """The latest good status of each asset that ever had one, however old; later ones do not change it."""
        ...

    def latest_of(self, asset_id: AssetId) -> AssetStatus | None:
        """The latest good status of this asset; None when there never was one."""
        ...
