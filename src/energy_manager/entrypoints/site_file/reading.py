"""Read a site file, or say what is wrong with it and where."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.site_file.model import (
    SharedAsset,
    SimulatedAppliance,
    SimulatedMeter,
    SimulatedStorage,
    SiteFile,
)
from energy_manager.entrypoints.site_file.places import line_of

DEMO_SITE = Path(__file__).parent.parent / "demo_site.toml"

DRIVERS: dict[str, type[BaseModel]] = {
    "shared": SharedAsset,
    "simulated_storage": SimulatedStorage,
    "simulated_meter": SimulatedMeter,
    "simulated_appliance": SimulatedAppliance,
}


def read_site_file(path: Path) -> SiteFile:
    """Read and check a site file.

    Raises:
        Refused: the file cannot be read, is no TOML, or says something that cannot be; every fault with its line.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Refused([Fault(field=str(path), message=f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError as error:
        raise Refused([Fault(field=str(path), message=f"is not UTF-8 text: byte {error.start}")]) from None
    try:
        return SiteFile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Refused([Fault(field=str(path), message=f"is no TOML: {error}")]) from None
    except ValidationError as error:
        raise Refused([_fault(path, text, found) for found in error.errors()]) from None


def _fault(path: Path, text: str, found: Any) -> Fault:  # noqa: ANN401 - pydantic's own record of an error
    place = tuple(part for part in found["loc"] if part not in {*DRIVERS, "[key]"})
    if found["type"].startswith("union_tag"):
        place = (*place, "driver")
    line = line_of(text, place)
    where = f"{path}:{line}" if line else str(path)
    return Fault(field=f"{where}: {_dotted(place)}", message=_sentence(found, place))


def _known_keys(place: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand beside the last part of ``place``, a path with the driver in it where there is one."""
    table: type[BaseModel] = SiteFile
    for part in place[:-1]:
        if part in DRIVERS:
            table = DRIVERS[str(part)]
        elif part in table.model_fields:
            table = next(_tables_in(table.model_fields[str(part)].annotation), table)
    return list(table.model_fields)


def _tables_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - whatever a field may be
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _tables_in(part)


def _dotted(place: tuple[str | int, ...]) -> str:
    """``assets[2].potential``, as a person would write it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def _sentence(found: Any, place: tuple[str | int, ...]) -> str:  # noqa: ANN401 - as above
    if found["type"] == "extra_forbidden":
        known = _known_keys(found["loc"])
        near = difflib.get_close_matches(str(place[-1]), known, n=1)
        return "there is no such key" + (f"; did you mean {near[0]}?" if near else "")
    if found["type"] == "union_tag_invalid":
        return f"{found['ctx']['tag']!r} is no driver; there are {', '.join(DRIVERS)}"
    if found["type"] == "union_tag_not_found":
        misspelt = difflib.get_close_matches("driver", found["input"], n=1)
        return "is missing" + (f"; there is {misspelt[0]}, did you mean driver?" if misspelt else "")
    if found["type"] == "missing":
        return "is missing"
    if found["input"] is None:
        return str(found["msg"])
    return f"{found['input']!r}: {found['msg'][0].lower()}{found['msg'][1:]}"
