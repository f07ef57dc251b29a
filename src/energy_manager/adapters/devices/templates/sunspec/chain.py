"""The models of one device: a chain of blocks, each with its number and length before it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from energy_manager.adapters.devices.links.errors import MalformedAnswer, ModbusException
from energy_manager.adapters.devices.templates.codec import Encoding
from energy_manager.adapters.devices.templates.sunspec.definitions import PointDefinition, model_definition

BASES = (40000, 0, 50000)
"""Where the chain may begin (SunSpec Device Information Model Specification, 3.1)."""
_MARK = [0x5375, 0x6E53]
"""``SunS``."""
_END = 0xFFFF
_MOST_MODELS = 100

ReadRegisters = Callable[[int, int], list[int]]
"""Holding registers from an address on, by their number; raises ``ModbusException``."""


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the chain; ``address`` is that of its number, ``length`` what follows number and length."""

    model_id: int
    address: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Where a point stands in this device, and the register with its power of ten, if that is not fixed."""

    address: int
    encoding: Encoding
    power_of_ten: int | None
    power_of_ten_address: int | None


@dataclass(frozen=True, slots=True)
class Chain:
    """The models in their order."""

    models: tuple[Model, ...]

    def locate(self, points: Iterable[str]) -> Located | None:
        """The first of the points that this device has, such as ``103.W``, or ``160.3.DCW`` in the third block."""
        for point in points:
            model_text, *block, name = point.split(".")
            for model in self.models:
                if model.model_id == int(model_text):
                    located = _locate(model, name, int(block[0]) if block else None)
                    if located is not None:
                        return located
        return None


def walk(read: ReadRegisters) -> Chain:
    """Find the chain and follow it to its end.

    Raises:
        MalformedAnswer: there is no chain, or it does not end.
        LinkError: the device does not answer.
    """
    address = _beginning(read)
    models: list[Model] = []
    for _ in range(_MOST_MODELS):
        model_id, length = read(address, 2) if address <= 65533 else (_END, 0)
        if model_id == _END:
            return Chain(tuple(models))
        models.append(Model(model_id, address, length))
        address += 2 + length
    raise MalformedAnswer(f"the chain of SunSpec models has no end within {_MOST_MODELS} models")


def _beginning(read: ReadRegisters) -> int:
    for base in BASES:
        try:
            if read(base, 2) == _MARK:
                return base + 2
        except ModbusException as refusal:
            if not refusal.is_address_error:
                raise
    raise MalformedAnswer(f"no SunSpec device: no mark at {', '.join(map(str, BASES))}")


def _locate(model: Model, name: str, block: int | None) -> Located | None:
    definition = model_definition(model.model_id)
    if definition is None:
        return None
    points, begin = (definition.fixed, 0)
    if block is not None:
        points, begin = definition.repeating, definition.fixed_length + (block - 1) * definition.block_length
    point = points.get(name)
    if point is None or begin + point.offset + point.count > model.length + 2:
        return None
    power, power_address = _power_of_ten(model, point, definition.fixed)
    return Located(
        address=model.address + begin + point.offset,
        encoding=Encoding(type=point.type, length=point.count),
        power_of_ten=power,
        power_of_ten_address=power_address,
    )


def _power_of_ten(
    model: Model, point: PointDefinition, fixed: Mapping[str, PointDefinition]
) -> tuple[int | None, int | None]:
    if point.scale_factor is None:
        return 0, None
    if isinstance(point.scale_factor, int):
        return point.scale_factor, None
    return None, model.address + fixed[point.scale_factor].offset
