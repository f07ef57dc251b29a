"""A templated device behind a Modbus link, its registers named or found by SunSpec."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import partial

from energy_manager.adapters.devices.links.modbus import ModbusLink, Read, Span, SpanReading, Table, Turn, Write
from energy_manager.adapters.devices.templated.channels.channel import Channel, Session, Snapshot
from energy_manager.adapters.devices.templated.channels.decoding import PointValue, as_text, checked, worded
from energy_manager.adapters.devices.templated.channels.places import Place, places_of
from energy_manager.adapters.devices.templated.control.values import NotControllable, Written
from energy_manager.adapters.devices.templates.codec import times_scale
from energy_manager.adapters.devices.templates.sources import ReadPoint, Source, WriteStep
from energy_manager.adapters.devices.templates.sunspec import Chain, walk
from energy_manager.adapters.lanes.steps import Blocking, Steps, complete


class SunSpecUnit:
    """The chain of models of one unit, walked when it is first needed; shared by all usages of the unit."""

    def __init__(self, link: ModbusLink, unit: int) -> None:
        self._link = link
        self._unit = unit
        self._chain: Chain | None = None

    @property
    def is_walked(self) -> bool:
        """Whether the chain is known."""
        return self._chain is not None

    def chain(self, turn: Turn | None = None) -> Chain:
        """The chain; walked in the turn that there is, or in turns of its own.

        Raises:
            LinkError: there is none, or no answer.
        """
        if self._chain is None:
            self._chain = walk(self._registers if turn is None else lambda at, count: _holding(turn, at, count))
        return self._chain

    def forget(self) -> None:
        """Walk again the next time: the device was changed."""
        self._chain = None

    def _registers(self, address: int, count: int) -> list[int]:
        with self._link.turn(self._unit, is_write=False) as turn:
            return _holding(turn, address, count)


def _holding(turn: Turn, address: int, count: int) -> list[int]:
    return complete(turn.reading(Read(Table.HOLDING, address, count)))


class ModbusChannel(Channel):
    """One unit of a link."""

    publishes = False
    link: ModbusLink

    def __init__(self, link: ModbusLink, unit: int, *, sunspec: SunSpecUnit | None = None) -> None:
        self.link = link
        self._unit = unit
        self._sunspec = SunSpecUnit(link, unit) if sunspec is None else sunspec
        self._fixed: dict[int, list[Place]] = {}
        super().__init__(link.users)

    @property
    def peer(self) -> str:
        return f"unit {self._unit} at {self.link.peer}"

    @property
    def connection(self) -> int:
        return self.link.connections

    @property
    def rests_for_s(self) -> float:
        return self.link.rests_for_s(self._unit)

    def reading(
        self, points: Mapping[str, ReadPoint], *, read_back: Collection[WriteStep], serial: ReadPoint | None
    ) -> Steps[Snapshot]:
        if not self._sunspec.is_walked:
            yield from self.walking((*points.values(), *read_back, *(() if serial is None else (serial,))))
        places = {name: self.places(point) for name, point in points.items()}
        expected = [(place, step) for step in read_back for place in self.places(step)]
        named = [] if serial is None else self.places(serial)
        wanted = [place for found in places.values() for place in found] + [place for place, _ in expected] + named
        spans = {span for place in wanted for span in place.spans}
        readings = {}
        if spans:
            readings = yield from self.link.reading(self._unit, spans)
        if any(point.point is not None and not _is_there(places[name], readings) for name, point in points.items()):
            self._sunspec.forget()
        is_lost = any(_reads_differently(place, step, readings) for place, step in expected)
        values = {name: _value(point, places[name], readings) for name, point in points.items()}
        who = _text_of(named[0], readings[named[0].span].cells) if named else None
        return Snapshot(points=values, is_mode_lost=is_lost, serial=who)

    def lacks(self, step: WriteStep) -> bool:
        return not self.places(step)

    def writing(self) -> Steps[Session]:
        session = _ModbusSession(self, self.link, self._unit)
        yield from session.beginning()
        return session

    def walking(self, sources: Iterable[Source], turn: Turn | None = None) -> Steps[None]:
        """Have the device's chain of models where it takes that to know where these are; ``turn``: as in ``places``.

        Raises:
            LinkError: it cannot be read.
        """
        if not self._sunspec.is_walked and any(source.point is not None for source in sources):
            yield Blocking(partial(self._sunspec.chain, turn))

    def places(self, source: Source, turn: Turn | None = None) -> list[Place]:
        """All the addresses of a source; none where SunSpec has it not in this device. ``turn``: with the link in hand.

        Raises:
            LinkError: it takes the device's chain of models to know, and that cannot be read.
        """
        if source.point is not None:
            return places_of(source, lambda: self._sunspec.chain(turn))
        fixed = self._fixed.get(id(source))
        if fixed is None:
            fixed = self._fixed[id(source)] = places_of(source, self._sunspec.chain)
        return fixed


class _ModbusSession(Turn):
    """The link while it is this unit's; everything goes through one connection, or fails."""

    __slots__ = ("_channel", "_connection")

    def __init__(self, channel: ModbusChannel, link: ModbusLink, unit: int) -> None:
        super().__init__(link, unit, is_write=True)
        self._channel = channel
        self._connection: int | None = None

    def connecting(self) -> Steps[int]:
        self._connection = yield from super().connecting()
        return self._connection

    def identifying(self, point: ReadPoint) -> Steps[str | None]:
        if point.point is not None:
            yield from self._channel.walking((point,), self)
        places = self._channel.places(point, self)
        if not places:
            return None
        span = places[0].span
        cells = yield from self.reading(Read(span.table, span.address, span.count), on=self._connection)
        return _text_of(places[0], cells)

    def performing(self, step: WriteStep, value: Written) -> Steps[None]:
        if step.point is not None:
            yield from self._channel.walking((step,), self)
        places = self._channel.places(step, self)
        if not places:
            raise NotControllable(f"the device has none of {', '.join(step.sunspec_points)}")
        place = places[0]
        power = None
        if place.power is not None:
            power = yield from self.reading(Read(Table.HOLDING, place.power.address, 1), on=self._connection)
        encoding = place.encoding_by(power)
        if encoding is None:
            raise NotControllable(f"the device says no scale for {', '.join(step.sunspec_points)}")
        if step.point is not None and not isinstance(value, str):
            value = value / step.scale
        cells = encoding.cells(value)
        is_single = step.function in {5, 6} or (place.span.table is Table.COIL and step.function is None)
        request = Write(place.span.table, place.span.address, cells, single=is_single)
        yield from self.writing(request, on=self._connection)


def _text_of(place: Place, cells: list[int] | None) -> str | None:
    raw = None if cells is None else place.encoding.raw(cells)
    return None if raw is None else as_text(raw)


def _is_there(places: list[Place], readings: Mapping[Span, SpanReading]) -> bool:
    return all(readings[place.span].cells is not None for place in places)


def _value(point: ReadPoint, places: list[Place], readings: Mapping[Span, SpanReading]) -> PointValue:
    taken_at_s = min((readings[place.span].taken_at_s for place in places), default=0.0)
    total: float | None = 0.0 if places else None
    for place in places:
        part = _number(point, place, readings)
        total = None if part is None or total is None else total + part
    return PointValue(value=checked(point, total), taken_at_s=taken_at_s)


def _number(point: ReadPoint, place: Place, readings: Mapping[Span, SpanReading]) -> float | None:
    cells = readings[place.span].cells
    encoding = place.encoding_by(None if place.power is None else readings[place.power].cells)
    if cells is None or encoding is None:
        return None
    if point.words is not None:
        raw = encoding.raw(cells)
        return None if raw is None else worded(point, raw)
    value = encoding.value(cells)
    return value if value is None or point.point is None else times_scale(value, point.scale)


def _reads_differently(place: Place, step: WriteStep, readings: Mapping[Span, SpanReading]) -> bool:
    cells = readings[place.span].cells
    encoding = place.encoding_by(None if place.power is None else readings[place.power].cells)
    return cells is not None and encoding is not None and tuple(cells) != encoding.cells(step.value)
