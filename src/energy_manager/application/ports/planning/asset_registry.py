"""Where the assets on offer for flexibility come from."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from energy_manager.domain.flexibility import Offer


class AssetRegistry(Protocol):
    """Knows the assets that may be activated; crosses to worker processes, so it is picklable."""

    def offer(self, today: date) -> Offer:
        """All assets, whatever their availability; ``today`` is the current day in UTC.

        Raises:
            Refused: the registry's source holds something that cannot be; every fault by name.
        """
        ...
