"""Read a site file, or say what is wrong with it and where."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from energy_manager.adapters.devices.registry import Registry
from energy_manager.adapters.texts.toml_faults import refused_value
from energy_manager.adapters.texts.toml_lines import line_of
from energy_manager.adapters.texts.utf8_text import read_utf8_file
from energy_manager.domain.errors import Fault, Refused, near_miss
from energy_manager.entrypoints.site_file.assets import AssetEntry
from energy_manager.entrypoints.site_file.connections import ConnectionEntry
from energy_manager.entrypoints.site_file.model import SiteFile

DEMO_SITE = Path(__file__).parent.parent / "demo_site.toml"

SCHEDULES = ("file", "shared")
"""The drivers of schedules."""

Tables = dict[str, Any]


def read_site_file(path: Path) -> SiteFile:
    """Read and check a site file.

    Raises:
        Refused: the file cannot be read, is no TOML, or says something that cannot be; every fault with its line.
    """
    text = read_utf8_file(path)
    registry = Registry()
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused.at(str(path), f"is no TOML: {error}") from None
    try:
        site = SiteFile.model_validate(tables, context={"registry": registry, "beside": path.parent})
    except ValidationError as error:
        keys = _KnownKeys(tables, registry)
        raise Refused([_fault(path, text, keys, found) for found in error.errors()]) from None
    site.schedule_content()
    return site


def _fault(path: Path, text: str, keys: _KnownKeys, found: Any) -> Fault:  # noqa: ANN401 - pydantic's own record of an error
    place = tuple(part for part in found["loc"] if part != "[key]")
    if place[0] == "schedule" and place[1:2] and place[1] in SCHEDULES:
        place = (place[0], *place[2:])
    if found["type"].startswith("union_tag"):
        place = (*place, "driver")
    line = line_of(text, place)
    where = f"{path}:{line}" if line else str(path)
    return Fault(field=f"{where}: {_dotted(place)}", message=_sentence(found, place, keys))


class _KnownKeys:
    """Which keys may stand where in this file; those of drivers depend on which driver the file names there."""

    def __init__(self, tables: Tables, registry: Registry) -> None:
        self._tables = tables
        self._registry = registry

    def beside(self, place: tuple[str | int, ...]) -> list[str]:
        """The keys that may stand beside the last part of ``place``."""
        models: list[type[BaseModel]] = [SiteFile]
        said: Any = self._tables
        for part in place[:-1]:
            said = _part_of(said, part)
            if isinstance(part, int):
                models += list(self._of_driver(models, said))
            else:
                models = [table for model in models for table in _tables_of_key(model, part)]
        fields = (field for model in models for field in model.model_fields.items())
        return [field.alias or name for name, field in fields if not field.exclude]

    def _of_driver(self, models: list[type[BaseModel]], said: object) -> Iterator[type[BaseModel]]:
        name = said.get("driver") if isinstance(said, dict) else None
        if not isinstance(name, str):
            return
        try:
            found = (
                self._registry.driver(name)
                if AssetEntry in models
                else self._registry.connection(name)
                if ConnectionEntry in models
                else None
            )
        except Refused:
            return
        if found is not None:
            yield found.options


def _part_of(said: object, part: str | int) -> object:
    try:
        return said[part]  # type: ignore[index]  # whatever the file says
    except (TypeError, LookupError):
        return None


def _tables_of_key(model: type[BaseModel], key: str) -> list[type[BaseModel]]:
    """The tables that may stand under a key."""
    return list(_tables_in(model.model_fields[key].annotation)) if key in model.model_fields else []


def _tables_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - whatever a field may be
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _tables_in(part)


def _dotted(place: tuple[str | int, ...]) -> str:
    """``assets[2].potential``, as a person would write it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def _sentence(found: Any, place: tuple[str | int, ...], keys: _KnownKeys) -> str:  # noqa: ANN401 - as above
    if found["type"] == "extra_forbidden":
        return f"there is no such key{near_miss(str(place[-1]), keys.beside(place))}"
    if found["type"] == "union_tag_invalid":
        return f"unknown driver {found['ctx']['tag']!r}; available: {', '.join(SCHEDULES)}"
    if found["type"] in {"missing", "union_tag_not_found"}:
        misspelt = difflib.get_close_matches(str(place[-1]), found["input"], n=1) if found["input"] else []
        return "is missing" + (f"; there is {misspelt[0]}, did you mean {place[-1]}?" if misspelt else "")
    return refused_value(found)
