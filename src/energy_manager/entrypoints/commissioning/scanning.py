"""Which units answer behind a host, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from energy_manager.application.ports.devices.unit_scan import FoundUnit, NobodyListens, UnitScan
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.container.devices.commissioning import scans_of
from energy_manager.entrypoints.site_file import SiteFile, chosen_site

PORTS = (502, 1502)
USUAL_UNITS = (*range(1, 11), 71, 100, 126, 180, 200, 240, 247, 255, 0)
"""Counted from 1, and the defaults of makers: Kostal, Victron, SunSpec, Phoenix, Fronius' meters, GoodWe, KEBA."""
MOST_UNITS = 256
_FRAMINGS: dict[str, Literal["tcp", "rtu_over_tcp"]] = {"tcp": "tcp", "rtu_over_tcp": "rtu_over_tcp"}


@dataclass(slots=True, kw_only=True)
class Scan:
    """As the command's options; ``found`` counts the units that answered so far."""

    host: str
    port: int | None
    units: str | None
    over: str | None
    timeout_s: float
    within_s: float
    site_path: Path | None
    found: int = field(default=0, init=False)

    def lines(self) -> Iterator[str]:
        """A line a unit, then what was asked.

        Raises:
            Refused: an option is not acceptable.
        """
        units = USUAL_UNITS if self.units is None else units_of(self.units)
        site = None if self.site_path is None else chosen_site(self.site_path)
        host, ports, over = self._where(site)
        scans = scans_of(host, units=units, over=over, timeout_s=self.timeout_s, within_s=self.within_s)
        for port in ports:
            scan = scans(port)
            found: list[FoundUnit] = []
            try:
                for unit in scan():
                    found.append(unit)
                    yield _line(host, port, unit, _assets(site, host, port, unit.unit))
            except NobodyListens as down:
                yield f"{host}:{port}: {down}"
                continue
            self.found += len(found)
            yield from _summary(f"{host}:{port}", scan, found)

    def _where(self, site: SiteFile | None) -> tuple[str, Sequence[int], Literal["tcp", "rtu_over_tcp"]]:
        """Host, ports and framing: as said, else as the connection of this name has them."""
        connections = () if site is None else site.connections
        options: Any = next((entry.options for entry in connections if entry.id == self.host), None)
        host, port, over = (getattr(options, name, None) for name in ("host", "port", "over"))
        if options is not None and host is None:
            raise Refused.at("HOST", f"the connection {self.host} has no host to scan")
        over = self.over or over or "tcp"
        if over not in _FRAMINGS:
            raise Refused.at("--over", f"{over!r} is none of {', '.join(_FRAMINGS)}")
        wanted = self.port or port
        return host or self.host, PORTS if wanted is None else (wanted,), _FRAMINGS[over]


def units_of(text: str) -> tuple[int, ...]:
    """``1-3,100`` as numbers.

    Raises:
        Refused: it is no such list, or a unit is none.
    """
    units: dict[int, None] = {}
    for part in text.split(","):
        first, _, last = part.partition("-")
        ends = [first, last or first]
        if not all(end.isdecimal() and int(end) < MOST_UNITS for end in ends) or int(ends[0]) > int(ends[1]):
            raise Refused.at("--units", f"{text!r} must be a list of units from 0 to 255, such as 1-10,71,100")
        units |= dict.fromkeys(range(int(ends[0]), int(ends[1]) + 1))
    return tuple(units)


def _line(host: str, port: int, found: FoundUnit, assets: list[str]) -> str:
    known = f"; {', '.join(assets)} of the site" if assets else ""
    sunspec = found.sunspec
    if sunspec is None:
        return f"{host}:{port} unit {found.unit}: answers, no SunSpec{known}"
    said = [text for text in (sunspec.manufacturer, sunspec.model) if text]
    serial = f", serial {sunspec.serial}" if sunspec.serial else ""
    models = ", ".join(str(model) for model in sunspec.models)
    templates = f"; template {' or '.join(sunspec.templates)}" if sunspec.templates else ""
    device = f"SunSpec {' '.join(said) or 'device'}{serial}, models {models}"
    return f"{host}:{port} unit {found.unit}: {device}{templates}{known}"


def _summary(where: str, scan: UnitScan, found: Sequence[FoundUnit]) -> Iterator[str]:
    if len(found) > 2 and len(found) == scan.tried and len({unit.sunspec for unit in found}) == 1:
        yield f"{where}: answers alike whatever the unit, it is probably one device"
    left = len(scan.units) - scan.tried
    rest = f"; {left} more were not asked, the time was up: --within" if left else ""
    yield f"{where}: {len(found)} of {scan.tried} units answer{rest}"


def _assets(site: SiteFile | None, host: str, port: int, unit: int) -> list[str]:
    """The assets of the site that are said to be this unit."""
    found = []
    for entry in () if site is None else site.assets:
        connection = site.connection_of(entry) if site is not None else None
        place: Any = entry.options if connection is None else connection.options
        is_there = getattr(place, "host", None) == host and (getattr(place, "port", None) or 502) == port
        if is_there and getattr(entry.options, "modbus_unit", None) == unit:
            found.append(entry.id)
    return found
