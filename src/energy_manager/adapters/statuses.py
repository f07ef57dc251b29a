"""The latest good statuses, in memory: they are of use only as long as they are young."""

from __future__ import annotations

import threading

from energy_manager.domain.dispatch import AssetStatus
from energy_manager.domain.quantities import AssetId


class InMemoryStatuses:
    """The ``StatusRepository`` of one site. Readers take no lock: they copy a mapping whose values never change."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: dict[AssetId, AssetStatus] = {}

    def put(self, asset_id: AssetId, status: AssetStatus) -> None:
        """Keep the status, unless one that was taken later is known."""
        with self._lock:
            known = self._latest.get(asset_id)
            if known is None or status.taken_at_s >= known.taken_at_s:
                self._latest[asset_id] = status

    def latest(self) -> dict[AssetId, AssetStatus]:
        """The latest good status of each asset that ever had one."""
        return self._latest.copy()

    def latest_of(self, asset_id: AssetId) -> AssetStatus | None:
        """The latest good status of this asset."""
        return self._latest.get(asset_id)
