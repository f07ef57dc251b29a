"""Where the values of a template stand in one device's registers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from energy_manager.adapters.devices.links.modbus import Span, Table
from energy_manager.adapters.devices.templates.codec import Encoding
from energy_manager.adapters.devices.templates.sources import Source
from energy_manager.adapters.devices.templates.sunspec import Chain


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands; ``power`` is the register with its power of ten, of SunSpec."""

    span: Span
    encoding: Encoding
    power: Span | None = None

    @property
    def spans(self) -> tuple[Span, ...]:
        """What is to be read for the value."""
        return (self.span,) if self.power is None else (self.span, self.power)

    def encoding_by(self, power_cells: list[int] | None) -> Encoding | None:
        """The encoding with the scale that the device says; None where it says none."""
        if self.power is None:
            return self.encoding
        raw = None if power_cells is None else Encoding(type="int16").value(power_cells)
        if raw is None or abs(raw) > 10:
            return None
        return replace(self.encoding, scale=float(f"1e{int(raw)}"))


def places_of(source: Source, chain: Callable[[], Chain]) -> list[Place]:
    """All the addresses of a source; none where SunSpec has it not in the device of this chain."""
    if source.cells is not None:
        table, addresses = source.cells
        return [Place(Span(Table(table), address, source.encoding.count), source.encoding) for address in addresses]
    located = chain().locate(source.sunspec_points)
    if located is None:
        return []
    encoding, power = located.encoding, None
    if located.power_of_ten_address is not None:
        power = Span(Table.HOLDING, located.power_of_ten_address, 1)
    elif located.power_of_ten:
        encoding = replace(encoding, scale=float(f"1e{located.power_of_ten}"))
    return [Place(Span(Table.HOLDING, located.address, encoding.count), encoding, power)]
