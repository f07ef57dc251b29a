"""The model definitions of ``pysunspec2`` (the SunSpec Alliance's own files) as offsets, types and scale factors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from energy_manager.adapters.devices.templates.codec import NUMBER_TYPES, ValueType

_TYPES: dict[str, ValueType] = {
    **{kind: kind for kind in NUMBER_TYPES},
    "acc16": "uint16",
    "acc32": "uint32",
    "acc64": "uint64",
    "enum16": "uint16",
    "enum32": "uint32",
    "bitfield16": "uint16",
    "bitfield32": "uint32",
    "bitfield64": "uint64",
    "count": "uint16",
    "sunssf": "int16",
    "raw16": "uint16",
    "string": "string",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PointDefinition:
    """A point of a model: where it stands in its group, in registers, and what scales it.

    ``scale_factor`` is the name of the point with the power of ten, or the power itself.
    """

    offset: int
    count: int
    type: ValueType
    scale_factor: str | int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDefinition:
    """A model: its fixed points, then, in some, a block of points that repeats."""

    fixed: Mapping[str, PointDefinition]
    fixed_length: int
    repeating: Mapping[str, PointDefinition]
    block_length: int


@cache
def model_definition(model_id: int) -> ModelDefinition | None:
    """The model of that number; None = SunSpec has none."""
    file = resources.files("sunspec2") / "models" / "json" / f"model_{model_id}.json"
    if not file.is_file():
        return None
    group = json.loads(file.read_text(encoding="utf-8"))["group"]
    fixed, fixed_length = _points_of(_flat(group), offset=0)
    blocks = [inner for inner in group.get("groups", []) if _repeats(inner)]
    repeating, block_length = _points_of(blocks[0]["points"], offset=0) if blocks else ({}, 0)
    return ModelDefinition(fixed=fixed, fixed_length=fixed_length, repeating=repeating, block_length=block_length)


def has_point(point: str) -> bool:
    """Whether SunSpec knows the point, such as ``103.W`` or ``160.3.DCW``."""
    model_text, *block, name = point.split(".")
    definition = model_definition(int(model_text))
    if definition is None:
        return False
    return name in (definition.repeating if block else definition.fixed)


def _repeats(group: Mapping[str, Any]) -> bool:
    return bool(group.get("count", 1) != 1)


def _flat(group: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The group's own points, then those of groups that stand in it once, whose names get the group's before them."""
    yield from group["points"]
    for inner in group.get("groups", []):
        if not _repeats(inner):
            yield from ({**point, "name": f"{inner['name']}_{point['name']}"} for point in _flat(inner))


def _points_of(points: Any, *, offset: int) -> tuple[dict[str, PointDefinition], int]:  # noqa: ANN401 - JSON
    found: dict[str, PointDefinition] = {}
    for point in points:
        count = int(point.get("size", 1))
        if point["type"] in _TYPES:
            found[point["name"]] = PointDefinition(
                offset=offset,
                count=count,
                type=_TYPES[point["type"]],
                scale_factor=point.get("sf"),
            )
        offset += count
    return found, offset
