"""A device that its own template describes, simulated: its registers, and what it does with what is written there."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from energy_manager.adapters.devices.links.modbus import Span, Table
from energy_manager.adapters.devices.templated.channels.places import Place, places_of
from energy_manager.adapters.devices.templates.codec import Encoding, times_scale
from energy_manager.adapters.devices.templates.model import ReadPoint, Source, Template, Usage, WriteStep
from energy_manager.adapters.devices.templates.points import DELIVERS
from energy_manager.adapters.devices.templates.sunspec import Chain, model_definition, walk
from energy_manager.application.ports.clock import Clock
from energy_manager.domain.site import Ratings

SUNSPEC_BASE = 40000
_SHARE_POWERS = ("Pct", "SoC", "Rte", "ChaState")
_SHARES = {
    "output_percent": ("rated_w", 1),
    "discharge_percent": ("max_discharge_w", 1),
    "charge_percent": ("max_charge_w", -1),
}


@dataclass(slots=True)
class SimulatedUsage:
    """One use of the device: what it delivers by itself (W, + = delivers), and its other points by their names."""

    usage: Usage
    own_w: float = 0.0
    points: dict[str, float | None] = field(default_factory=dict)
    told_at_s: float = float("-inf")
    obeys: bool = True
    serial: str = "1234567"


class SimulatedUnit:
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
        self._clock = clock
        self._ratings = Ratings(rated_w=5000.0, max_charge_w=5000.0, max_discharge_w=5000.0)
        if ratings is not None:
            self._ratings = ratings
        self._has_gaps = has_gaps
        self.usages = {
            name: SimulatedUsage(usage) for name, usage in template.usages.items() if not usages or name in usages
        }
        self.writes: list[tuple[Table, int, tuple[int, ...]]] = []
        self._cells: dict[tuple[Table, int], int] = {}
        self._lay_out_sunspec()
        self._chain = walk(self._holding) if self._cells else Chain(())
        self._lay_out_named()
        for usage in self.usages.values():
            self.refresh(usage)

    def read(self, unit: int, table: Table, address: int, count: int) -> list[int] | None:  # noqa: ARG002
        """As ``Cells`` of a server."""
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
        return True

    def setpoint_w(self, name: str) -> float | None:
        """What the device is told to deliver now; None while it runs by itself."""
        usage = self.usages[name]
        expires_s = usage.usage.expires_s
        if usage.told_at_s == float("-inf"):
            return None
        if expires_s is not None and self._clock.now_s() - usage.told_at_s >= expires_s:
            return None
        if not all(self._holds(step) for step in self._constants(usage.usage)):
            return None
        return self._decoded(usage.usage)

    def power_w(self, name: str) -> float:
        """What the device delivers now."""
        usage = self.usages[name]
        told_w = self.setpoint_w(name) if usage.obeys else None
        if told_w is None:
            return usage.own_w
        return min(told_w, usage.own_w) if usage.usage.control == "limit" else told_w

    def refresh(self, usage: SimulatedUsage) -> None:
        """Show the present state in the registers."""
        name = next(name for name, known in self.usages.items() if known is usage)
        power_w = self.power_w(name)
        powers = [point for point in usage.usage.read if point in DELIVERS]
        signs = {DELIVERS[point] for point in powers}
        for point, how in usage.usage.read.items():
            if point in DELIVERS:
                share_w = DELIVERS[point] * power_w
                value: float | None = max(0.0, share_w) if len(signs) > 1 else share_w
                value = value if point == powers[0] or len(signs) > 1 else 0.0
            else:
                value = usage.points.get(point, self._default(point, told_w=power_w))
            self._show(how, value)
        if usage.usage.identity.serial is not None:
            self._show_text(usage.usage.identity.serial, usage.serial)

    def _default(self, point: str, *, told_w: float) -> float | None:
        if point == "on":
            return float(told_w != 0)
        rated: Mapping[str, float | None] = {
            "soc_percent": 50.0,
            "rated_w": self._ratings.rated_w,
            "max_charge_w": self._ratings.max_charge_w,
            "max_discharge_w": self._ratings.max_discharge_w,
        }
        return rated.get(point, 0.0)

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

    def _decoded(self, usage: Usage) -> float | None:
        """The set-point in the registers of the target's steps."""
        values = {str(step.value): (step, self._value_of(step)) for step in usage.target if isinstance(step.value, str)}
        powers = {name: value for name, (_, value) in values.items() if name in DELIVERS}
        if powers:
            return sum(DELIVERS[name] * value for name, value in powers.items())
        shares = {name: value for name, (_, value) in values.items() if name in _SHARES}
        for name, percent in shares.items():
            rating, direction = _SHARES[name]
            return direction * percent / 100.0 * (getattr(self._ratings, rating) or 0.0)
        magnitude_w = self._magnitude_w(usage, values)
        if "direction" not in values:
            return None if magnitude_w is None else 0.0 - magnitude_w
        step, value = values["direction"]
        words = [word for word, raw in (step.words or {}).items() if raw == value]
        return {"charge": -1.0, "discharge": 1.0}.get(words[0], 0.0) * (magnitude_w or 0.0) if words else None

    def _magnitude_w(self, usage: Usage, values: Mapping[str, tuple[WriteStep, float]]) -> float | None:
        if "magnitude_w" in values:
            return values["magnitude_w"][1]
        if "amps" in values:
            return values["amps"][1] * usage.voltage_v * usage.phases
        if "step" in values:
            steps = [step for step in usage.target if step.value == "step"]
            found = [index for index in range(len(usage.steps_w or [])) if self._are_at(steps, index)]
            return (usage.steps_w or [0.0])[found[0] if found else 0]
        if "on" in values:
            step, value = values["on"]
            return (self._ratings.rated_w or 0.0) if value == (step.words or {}).get("on", 1) else 0.0
        return None

    def _are_at(self, steps: Collection[WriteStep], index: int) -> bool:
        return all(self._value_of(step) == (step.words or {}).get(str(index), index) for step in steps)

    def _value_of(self, step: WriteStep) -> float:
        place = places_of(step, lambda: self._chain)[0]
        value = self._scaled(place, step).value(self._get(place.span))
        return 0.0 if value is None else value

    def _holds(self, step: WriteStep) -> bool:
        places = places_of(step, lambda: self._chain)
        if not places or isinstance(step.value, str):
            return True
        return tuple(self._get(places[0].span)) == self._scaled(places[0], step).cells(step.value)

    @staticmethod
    def _constants(usage: Usage) -> Iterator[WriteStep]:
        """The steps that say the same whatever the target."""
        last: dict[object, WriteStep] = {}
        for step in (*usage.begin, *usage.target):
            last[step.cells or step.sunspec_points] = step
        yield from (step for step in last.values() if not isinstance(step.value, str))

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


def _model_cells(model_id: int, blocks: int) -> list[int]:
    definition = model_definition(model_id)
    assert definition is not None, "the template's rules have checked it"
    cells = [0] * (definition.fixed_length + blocks * definition.block_length)
    cells[0], cells[1] = model_id, len(cells) - 2
    for name, point in definition.fixed.items():
        if name.endswith("_SF"):
            cells[point.offset] = 0xFFFF if any(share in name for share in _SHARE_POWERS) else 0
    return cells
