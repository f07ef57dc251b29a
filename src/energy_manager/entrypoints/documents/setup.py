"""How the product is set up, as JSON without any secret: the site file as it was read, and the settings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from energy_manager.entrypoints.settings import PREFIX, Settings
from energy_manager.entrypoints.site_file import SiteFile

HIDDEN = "hidden"

_SECRET = re.compile(r"(?!.*_env$).*(password|secret|token|credential|(^|_)key$)", re.IGNORECASE)
"""Names of what is told to nobody; what ends in ``_env`` names the variable that has it."""


def site_file_document(site: SiteFile) -> dict[str, Any]:
    """The tables of the file with the keys that it states; what is unstated has its default."""
    document: dict[str, Any] = site.model_dump(mode="json", exclude_unset=True, fallback=str)
    options = {
        "assets": [asset.options for asset in site.assets],
        "connections": [connection.options for connection in site.connections],
    }
    for name, stated in options.items():
        for table, own in zip(document.get(name, []), stated, strict=False):
            table.update(own.model_dump(mode="json", exclude_unset=True, fallback=str))
    return dict(without_secrets(document))


def without_secrets(value: Any, name: str = "") -> Any:  # noqa: ANN401 - JSON-ready
    """The same, where nothing under the name of a secret, and no password or query of an address, is told."""
    if isinstance(value, Mapping):
        return {key: without_secrets(inner, str(key)) for key, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [without_secrets(inner, name) for inner in value]
    if value and isinstance(value, str | SecretStr) and (isinstance(value, SecretStr) or _SECRET.match(name)):
        return HIDDEN
    return _address(value) if isinstance(value, str) and "://" in value else value


def _address(text: str) -> str:
    """Without user, password and query."""
    parts = urlsplit(text)
    host = parts.netloc.rpartition("@")[2]
    # Put together by hand: urlunsplit takes away the slashes of sqlite:////folder/file.
    return f"{parts.scheme}://{host}{parts.path}" + (f"?{HIDDEN}" if parts.query else "")


def settings_document(settings: Settings) -> list[dict[str, Any]]:
    """Every setting with its value, and whether it is another than the default."""
    return list(_variables(PREFIX, settings, Settings.model_construct()))


def _variables(prefix: str, section: BaseModel, usual: BaseModel) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in type(section).model_fields:
        value, default = getattr(section, name), getattr(usual, name)
        if isinstance(value, BaseModel):
            found += _variables(f"{prefix}{name.upper()}__", value, default)
            continue
        is_secret = isinstance(value, SecretStr)
        shown = (HIDDEN if value.get_secret_value() else "") if is_secret else without_secrets(value, name)
        plain = shown if isinstance(shown, str | int | float | bool | None) else str(shown)
        found.append({"name": f"{prefix}{name.upper()}", "value": plain, "is_default": value == default})
    return found
