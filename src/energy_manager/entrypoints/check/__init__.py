"""The command ``check``: what would happen, line by line; or everything that is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.access_rules import try_certificate
from energy_manager.entrypoints.check.assets import describe_assets, describe_connections
from energy_manager.entrypoints.check.energy import describe_forecasts, describe_prices
from energy_manager.entrypoints.check.planning import (
    describe_fleet,
    describe_home_assistant,
    describe_homes,
    describe_planning,
)
from energy_manager.entrypoints.check.running import (
    describe_api,
    describe_authority,
    describe_dispatch,
    describe_schedule,
    describe_store,
)
from energy_manager.entrypoints.container.store.store import store_of
from energy_manager.entrypoints.container.store.store_place import may_be_filled
from energy_manager.entrypoints.settings import Settings, load_settings
from energy_manager.entrypoints.site_file import DEMO_SITE, SiteFile, chosen_path, read_site_file

Read = TypeVar("Read")


def describe(site_path: Path | None) -> Iterator[str]:
    """Say what ``run`` would do with these settings and this site file.

    Raises:
        Refused: a setting or the site file is not acceptable; with every fault of both.
    """
    found = _checked(site_path)
    settings, site, path = found.settings, found.site, found.path
    source = "the built-in demo" if path is None else path if site_path else f"{path} (ENERGY_MANAGER_SITE)"
    yield f"site {site.site.name!r} from {source}: {len(site.assets)} assets, in {site.site.power_unit}"
    yield from describe_assets(site)
    yield from describe_connections(site)
    yield from describe_authority(site)
    yield from describe_schedule(site, settings.dispatch)
    yield from describe_dispatch(settings.dispatch)
    yield from describe_homes(site)
    yield from describe_prices(site)
    yield from describe_forecasts(site)
    yield from describe_home_assistant(site)
    yield from found.fleet
    yield from describe_planning(site, settings)
    yield from describe_store(settings.store, site)
    if found.store_is_filled:
        from energy_manager.entrypoints.check.stored import describe_stored  # noqa: PLC0415 - with the database

        yield from (f"  {line}" for line in describe_stored(settings.store, site))
    yield from describe_api(settings.api)
    yield "all is well: energy-manager run would start"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """What is acceptable; ``path`` None: the site file is the built-in one."""

    settings: Settings
    site: SiteFile
    path: Path | None
    fleet: list[str]
    store_is_filled: bool


def _checked(site_path: Path | None) -> _Checked:
    """Settings and site file, tried with all that they name.

    Raises:
        Refused: with every fault.
    """
    faults: list[Fault] = []
    settings = _read(load_settings, faults)
    path = site_path
    if settings is not None:
        chosen = settings
        path = _read(lambda: chosen_path(site_path, chosen), faults)
    site = None if path is None and faults else _read(lambda: read_site_file(path or DEMO_SITE), faults)
    if settings is not None:
        _read(partial(try_certificate, settings.api.tls_certificate, settings.api.tls_key), faults)
    if settings is None or site is None:
        raise Refused(faults)
    is_filled = bool(_read(partial(may_be_filled, settings.store, site.site.name), faults))
    if is_filled:
        _read(partial(store_of, settings.store, site=site.site.name), faults)
    if site.tariff is not None:
        from energy_manager.entrypoints.container.planning.prices import prices_of  # noqa: PLC0415 - seldom needed

        _read(partial(prices_of, site, settings), faults)
    known, described = settings, site
    fleet = _read(lambda: list(describe_fleet(known, described)), faults)
    if fleet is None or faults:
        raise Refused(faults)
    return _Checked(settings=settings, site=site, path=path, fleet=fleet, store_is_filled=is_filled)


def _read(read: Callable[[], Read], faults: list[Fault]) -> Read | None:
    try:
        return read()
    except Refused as refused:
        faults += refused.faults
        return None
