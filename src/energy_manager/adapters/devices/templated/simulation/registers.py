"""The registers of a simulated Modbus device, with SunSpec models where its template names some."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import cast

from energy_manager.adapters.devices.links.modbus import Span, Table
from energy_manager.adapters.devices.templated.channels.places import Place, places_of
from energy_manager.adapters.devices.templated.control.values import Written
from energy_manager.adapters.devices.templated.simulation.behaviour import SimulatedDevice, SimulatedUsage
from energy_manager.adapters.devices.templates.codec import Encoding, times_scale
from energy_manager.adapters.devices.templates.model import Template
from energy_manager.adapters.devices.templates.points import PointName
from energy_manager.adapters.devices.templates.sources import ReadPoint, Source, WriteStep
from energy_manager.adapters.devices.templates.sunspec import Chain, model_definition, walk
from energy_manager.application.ports.clock import Clock
from energy_manager.domain.site import Ratings

SUNSPEC_BASE = 40000
_SHARE_POWERS = ("Pct", "SoC", "Rte", "ChaState")


class SimulatedUnit(SimulatedDevice):
    """The cells of a Modbus device behind any unit id; follows what is written to it until that expires.

    ``usages`` leaves out those that would say other things in the same registers; ``ratings`` turn shares back into
    powers. Cells between those that the template names exist and hold 0, unless
    ``has_gaps``: then they do not exist, as in devices that refuse to read across.
    """

    def __init__(
        self,
        template: Template,
        *,
        clock: Clock,
        usages: Collection[str] | None = None,
        ratings: Ratings | None = None,
        has_gaps: bool = False,
    ) -> None:
        super().__init__(template, clock=clock, usages=usages, ratings=ratings)
        self._has_gaps = has_gaps
        self.writes: list[tuple[Table, int, tuple[int, ...]]] = []
        self._cells: dict[tuple[Table, int], int] = {}
        self._lay_out_sunspec()
        self._chain = walk(self._holding) if self._cells else Chain(())
        self._lay_out_named()
        for usage in self.usages.values():
            self.refresh(usage)

    def read(self, unit: int, table: Table, address: int, count: int) -> list[int] | None:  # noqa: ARG002
        """As ``Cells`` of a server."""
        self.live()
        for usage in self.usages.values():
            self.refresh(usage)
        wanted = [(table, address + place) for place in range(count)]
        known = [place for place in wanted if place in self._cells]
        if not known or (self._has_gaps and len(known) < count):
            return None
        return [self._cells.get(place, 0) for place in wanted]

    def write(self, unit: int, table: Table, address: int, values: list[int]) -> bool:  # noqa: ARG002
        """As ``Cells`` of a server."""
        wanted = [(table, address + place) for place in range(len(values))]
        if any(place not in self._cells for place in wanted):
            return False
        self._cells.update(zip(wanted, values, strict=True))
        self.writes.append((table, address, tuple(values)))
        for usage in self.usages.values():
            targets = {place for step in usage.usage.target for place in self._cells_of(step)}
            if targets & set(wanted):
                usage.told_at_s = self._clock.now_s()
        self.live()
        return True

    @property
    def contested(self) -> tuple[str, ...]:
        """The usages, in pairs of words, that read different numbers of the same registers: one unit cannot be both."""
        places = {name: list(self._named_places(usage.usage.read.values())) for name, usage in self.usages.items()}
        return tuple(
            f"{first} and {second}"
            for first, second in combinations(places, 2)
            if any(_contradict(one, other) for one in places[first] for other in places[second])
        )

    def _named_places(self, points: Iterable[ReadPoint]) -> Iterator[Place]:
        for point in points:
            if point.cells is not None:
                yield from places_of(point, lambda: self._chain)

    def refresh(self, usage: SimulatedUsage) -> None:
        """Show the present state in the registers."""
        name = next(name for name, known in self.usages.items() if known is usage)
        for point, value in self.values(name):
            self._show(usage.usage.read[cast("PointName", point)], value)
        if usage.usage.identity.serial is not None:
            self._show_text(usage.usage.identity.serial, usage.serial)

    def _show(self, how: ReadPoint, value: float | None) -> None:
        for index, place in enumerate(places_of(how, lambda: self._chain)):
            part = value if index == 0 or value is None else 0.0
            encoding = self._scaled(place, how)
            if part is None:
                self._put(place.span, encoding.missing_cells())
            elif how.words is not None:
                meant = next((text for text, meaning in how.words.items() if float(meaning) == part), None)
                if meant is not None:
                    self._put(place.span, replace(encoding, missing=()).cells(int(meant)))
            else:
                self._put(place.span, encoding.cells(part))

    def _show_text(self, how: ReadPoint, text: str) -> None:
        for place in places_of(how, lambda: self._chain):
            self._put(place.span, place.encoding.cells(text if place.encoding.type == "string" else float(text)))

    def _value_of(self, step: WriteStep) -> float:
        place = places_of(step, lambda: self._chain)[0]
        value = self._scaled(place, step).value(self._get(place.span))
        return 0.0 if value is None else value

    def _holds(self, step: WriteStep, value: Written) -> bool:
        places = places_of(step, lambda: self._chain)
        if not places:
            return True
        return tuple(self._get(places[0].span)) == self._scaled(places[0], step).cells(value)

    def _scaled(self, place: Place, source: Source) -> Encoding:
        power = None if place.power is None else self._get(place.power)
        encoding = place.encoding_by(power) or place.encoding
        if source.point is not None:
            encoding = replace(encoding, scale=times_scale(encoding.scale, source.scale))
        return replace(encoding, missing=()) if isinstance(source, WriteStep) else encoding

    def _cells_of(self, source: Source) -> Iterator[tuple[Table, int]]:
        for place in places_of(source, lambda: self._chain):
            for address in range(place.span.address, place.span.end):
                yield place.span.table, address

    def _put(self, span: Span, cells: tuple[int, ...]) -> None:
        for offset, cell in enumerate(cells):
            self._cells[span.table, span.address + offset] = cell

    def _get(self, span: Span) -> list[int]:
        return [self._cells[span.table, address] for address in range(span.address, span.end)]

    def _holding(self, address: int, count: int) -> list[int]:
        return [self._cells.get((Table.HOLDING, address + place), 0) for place in range(count)]

    def _sources(self) -> Iterator[Source]:
        for simulated in self.usages.values():
            usage = simulated.usage
            yield from usage.read.values()
            yield from (step for phase in (usage.begin, usage.target, usage.release) for step in phase)
            yield from (point for point in (usage.identity.serial, usage.identity.model) if point is not None)

    def _lay_out_named(self) -> None:
        for source in self._sources():
            for table, address in self._cells_of(source) if source.cells is not None else ():
                self._cells.setdefault((table, address), 0)

    def _lay_out_sunspec(self) -> None:
        """A chain with the first model that each point may come from; shares have a scale of a tenth."""
        points = [source.sunspec_points[0].split(".") for source in self._sources() if source.point is not None]
        if not points:
            return
        blocks = max((int(parts[1]) for parts in points if len(parts) == 3), default=0)
        cells = [0x5375, 0x6E53]
        for model_id in sorted({1} | {int(parts[0]) for parts in points}):
            cells += _model_cells(model_id, blocks)
        cells += [0xFFFF, 0]
        for offset, cell in enumerate(cells):
            self._cells[Table.HOLDING, SUNSPEC_BASE + offset] = cell


def _contradict(one: Place, other: Place) -> bool:
    """Whether they share cells, and are not the same number."""
    overlap = one.span.address < other.span.end and other.span.address < one.span.end
    return one.span.table is other.span.table and overlap and one != other


def _model_cells(model_id: int, blocks: int) -> list[int]:
    definition = model_definition(model_id)
    assert definition is not None, "the template's rules have checked it"
    cells = [0] * (definition.fixed_length + blocks * definition.block_length)
    cells[0], cells[1] = model_id, len(cells) - 2
    for name, point in definition.fixed.items():
        if name.endswith("_SF"):
            cells[point.offset] = 0xFFFF if any(share in name for share in _SHARE_POWERS) else 0
    return cells
