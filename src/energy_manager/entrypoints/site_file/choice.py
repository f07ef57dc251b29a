"""Which site a command is about: the file that it names, else that of the settings, else the demo."""

from __future__ import annotations

import tomllib
from pathlib import Path

from energy_manager.adapters.texts.utf8_text import read_utf8_file
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.env_file import read_env_file
from energy_manager.entrypoints.settings import ENV_FILE, PREFIX, Settings, load_settings
from energy_manager.entrypoints.site_file.model import SiteFile
from energy_manager.entrypoints.site_file.reading import DEMO_SITE, read_site_file

SETTING = f"{PREFIX}SITE"


def chosen_path(stated: Path | None, settings: Settings | None = None) -> Path | None:
    """The file that was stated, else that of the setting; None: neither is, so that it is the demo.

    Raises:
        Refused: a setting is not acceptable, or names a file that is not there.
    """
    if stated is not None:
        return stated
    named = (load_settings() if settings is None else settings).site
    if not named:
        return None
    path = Path(named).expanduser()
    if not path.is_file():
        place = read_env_file(ENV_FILE, prefix=PREFIX).place_of(SETTING)
        raise Refused.at(place, f"there is no file {named!r} in {Path.cwd()}")
    return path


def chosen_site(stated: Path | None, settings: Settings | None = None) -> SiteFile:
    """What that file says, or the demo.

    Raises:
        Refused: as ``chosen_path``, or what the file says is not acceptable.
    """
    return read_site_file(chosen_path(stated, settings) or DEMO_SITE)


def chosen_name(settings: Settings) -> str | None:
    """The name of the site that the setting chooses, whatever else is wrong in its file; None: it chooses none.

    Raises:
        Refused: as ``chosen_path``, or the file tells no name.
    """
    path = chosen_path(None, settings)
    if path is None:
        return None
    try:
        name = tomllib.loads(read_utf8_file(path))["site"]["name"]
    except (tomllib.TOMLDecodeError, KeyError, TypeError):
        name = None
    return name if isinstance(name, str) else read_site_file(path).site.name
