"""Where the episodes of a drill are played: each on a plant, a store and a clock of its own."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from energy_manager.adapters.drill.devices import simulated
from energy_manager.adapters.drill.prices import losses_of_prices
from energy_manager.adapters.drill.store import BEGAN
from energy_manager.domain.drill import DrillSite, Episode, Observation, Port
from energy_manager.domain.quantities import AssetId
from energy_manager.entrypoints.container.drill.performance import Performance
from energy_manager.entrypoints.settings import DispatchSettings, Settings
from energy_manager.entrypoints.site_file import SiteFile


class DrillStage:
    """Plays episodes at one site; each on a plant, a store and a clock of its own.

    The dispatch periods are the default ones, since the bounds of the drill are for those.
    """

    def __init__(self, settings: Settings, site: SiteFile) -> None:
        periods = DispatchSettings()
        dispatch = periods.model_copy(update={"policy": settings.dispatch.policy})
        self._settings = settings.model_copy(update={"dispatch": dispatch})
        self._site_file = site
        self.site = _drill_site(site, carries=settings.dispatch.policy == "proportional")

    def play(self, episode: Episode) -> Observation:
        """Let the site run through the episode, and tell what was seen."""
        if episode.kind.port is Port.PRICES:
            at = BEGAN + timedelta(days=episode.seed % 365, hours=episode.hour)
            zone = ZoneInfo(self._site_file.site.time_zone)
            losses = losses_of_prices(episode.kind.name, at=at, zone=zone, seed=episode.seed)
            return Observation(moments=(), losses=tuple(losses))
        return Performance(self._settings, self._site_file, self.site, episode).play()


def _drill_site(site: SiteFile, *, carries: bool) -> DrillSite:
    described = site.described
    grid = described.grid_connection
    held = frozenset[AssetId]() if grid is None else frozenset({grid.meter, grid.storage})
    step_w = described.watts_per_step
    plays = {asset.id: simulated(asset, watts_per_step=step_w) for asset in described.assets}
    return DrillSite(
        most={
            asset_id: int(asset.most_w // step_w)
            for asset_id, asset in plays.items()
            if asset_id in described.controllable and asset_id not in held and asset.most_w >= step_w
        },
        told=tuple(described.controllable),
        ramps={asset.id: asset.ramp for asset in described.assets if asset.ramp is not None},
        connections={entry.id: entry.connection or entry.id for entry in site.assets},
        carries=carries,
        held=held,
        import_limit_kw=None if grid is None else grid.import_limit_kw,
        export_limit_kw=None if grid is None else grid.export_limit_kw,
    )
