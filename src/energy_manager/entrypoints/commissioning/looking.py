"""Look at the devices of a site, or at one of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loguru import logger

from energy_manager.application.commissioning import Survey
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.container.devices.commissioning import inspection_of
from energy_manager.entrypoints.site_file import AssetEntry, SiteFile, chosen_site


@contextmanager
def silent_log() -> Iterator[None]:
    """What devices would tell the log is told by the command itself."""
    logger.disable("energy_manager")
    try:
        yield
    finally:
        logger.enable("energy_manager")


def look(site_path: Path | None, asset_id: str | None = None) -> tuple[Survey, SiteFile]:
    """What was found of all devices of the site, or of one.

    Raises:
        Refused: the site file is not acceptable, or has no such asset.
    """
    site = chosen_site(site_path)
    if asset_id is not None:
        entry_of(asset_id, site)
    with silent_log():
        return inspection_of(site, only=asset_id)(), site


def entry_of(asset_id: str, site: SiteFile) -> AssetEntry:
    """The asset of this id.

    Raises:
        Refused: the site has none.
    """
    for entry in site.assets:
        if entry.id == asset_id:
            return entry
    known = [entry.id for entry in site.assets]
    near = difflib.get_close_matches(asset_id, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    raise Refused.at("ASSET", f"the site has no asset {asset_id!r}; {hint}")
