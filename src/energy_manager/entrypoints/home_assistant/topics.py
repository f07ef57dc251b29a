"""The topics of a site and its assets at a broker; pure."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from energy_manager.domain.quantities import AssetId


def in_topic(name: str) -> str:
    """The name with the characters that Home Assistant takes in an id; what is lost is told apart by a checksum."""
    kept = re.sub(r"[^a-zA-Z0-9_-]", "_", name)
    return kept if kept == name else f"{kept}_{zlib.crc32(name.encode()):08x}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topics:
    """Where a site speaks: its own topics under ``base``, and its entities' under Home Assistant's ``prefix``."""

    base: str
    prefix: str
    site: str

    @property
    def node(self) -> str:
        """The site in ids."""
        return f"energy_manager_{in_topic(self.site)}"

    @property
    def availability(self) -> str:
        """Where it says whether it is there."""
        return f"{self.base}/{in_topic(self.site)}/availability"

    def state(self, asset_id: AssetId) -> str:
        """Where an asset's state stands."""
        return f"{self._of(asset_id)}/state"

    def command(self, asset_id: AssetId) -> str:
        """Where a target is asked of an asset."""
        return f"{self._of(asset_id)}/target/set"

    def release(self, asset_id: AssetId) -> str:
        """Where it is asked that the target holds no longer."""
        return f"{self._of(asset_id)}/release"

    def config(self, component: str, asset_id: AssetId, key: str) -> str:
        """Where Home Assistant looks for the description of an entity."""
        return f"{self.prefix}/{component}/{self.node}/{in_topic(asset_id)}_{key}/config"

    def _of(self, asset_id: AssetId) -> str:
        return f"{self.base}/{in_topic(self.site)}/{in_topic(asset_id)}"
