"""Where a site's store is: as the settings say, else a file of the user's for each site.

``store.db`` is what there was before sites had files of their own; it stays with the site that it belongs to.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from energy_manager.adapters.storage import IN_MEMORY, default_path
from energy_manager.entrypoints.settings import StoreSettings

FILE = "sqlite:///"
IN_CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))
"""Docker and Podman leave these."""

CURRENT = "current"
"""This file beside the stores has the name of the one that was run last: commands without a site look into it."""


def url_of(settings: StoreSettings, site: str | None) -> str:
    """The store of a site; None: of the one that ran last."""
    if settings.url:
        return settings.url
    return f"{FILE}{_of_last_run() if site is None else _of_site(site)}"


def place_of(settings: StoreSettings, site: str | None) -> str | None:
    """Where that is, without a password; None: in the memory of the process."""
    url = url_of(settings, site)
    if url == IN_MEMORY:
        return None
    if not url.startswith("postgres"):
        return url
    from sqlalchemy.engine import make_url  # noqa: PLC0415 - a third of a second, and seldom needed

    from energy_manager.adapters.storage.sql.databases.secrets import without_secrets  # noqa: PLC0415

    return without_secrets(make_url(url))


def may_be_filled(settings: StoreSettings, site: str) -> bool:
    """Whether something may be kept there already; where not, the database is not loaded to say so."""
    if settings.url:
        return settings.url != IN_MEMORY
    return _of_site(site).exists()


def warning_of_place(settings: StoreSettings, site: str) -> str:
    """Why what is stored would be lost, or not be stored at all; or empty. Of servers nothing is known."""
    url = url_of(settings, site)
    if not url.startswith(FILE):
        return ""
    folder = Path(url.removeprefix(FILE)).resolve().parent
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        return f"{there} cannot be written, so nothing is kept: set ENERGY_MANAGER_STORE__URL, or mount a volume"
    if any(mark.exists() for mark in IN_CONTAINER) and not any(os.path.ismount(path) for path in _below_root(there)):
        return f"{folder} is inside the container and goes with it: mount a volume there"
    return ""


def _below_root(path: Path) -> tuple[Path, ...]:
    return (path, *path.parents)[:-1]


def remember_as_last_run(settings: StoreSettings, site: str) -> None:
    """Let commands that name no site find this one's store; a service has one store only."""
    if settings.url or "STATE_DIRECTORY" in os.environ:
        return
    place = _of_site(site)
    with suppress(OSError):
        fresh = place.with_name(f"{CURRENT}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(place.name)
        fresh.replace(place.with_name(CURRENT))


def _of_last_run() -> Path:
    first = default_path()
    with suppress(OSError, ValueError):
        named = first.with_name(first.with_name(CURRENT).read_text())
        if named.exists():
            return named
    return first


def _of_site(site: str) -> Path:
    first = default_path()
    if "STATE_DIRECTORY" in os.environ:
        return first
    own = first.with_name(f"{re.sub('[^a-z0-9]+', '-', site.lower()).strip('-') or 'site'}.db")
    return own if own.exists() or not first.exists() or not _may_belong(first, site) else first


def _may_belong(path: Path, site: str) -> bool:
    """Whether no other site has run on the store; one that cannot be read is told of when it is opened."""
    from energy_manager.adapters.storage import store_at  # noqa: PLC0415 - with the database
    from energy_manager.application.mastership import OtherSite, leases_of, refuse_other_site  # noqa: PLC0415
    from energy_manager.application.ports.schedules.durability import StoreUnavailable  # noqa: PLC0415

    store = store_at(f"sqlite:///{path}")
    try:
        if store.look():
            refuse_other_site(leases_of(store.repository), site)
    except OtherSite:
        return False
    except StoreUnavailable:
        return True
    finally:
        store.close()
    return True
