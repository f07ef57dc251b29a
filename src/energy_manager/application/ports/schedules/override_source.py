"""Where the tick learns what people have set by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Override


class OverrideSource(Protocol):
    """Knows overrides and holds as finished values; never waits, never raises."""

    def in_force(self, now: datetime) -> Mapping[AssetId, Override]:
        """By asset, the one that counts at this time of day; for the ticker's thread alone."""
        ...
