"""From what stands in a register or a JSON text to the number of a point; pure."""

from __future__ import annotations

import json
from dataclasses import dataclass

from energy_manager.adapters.devices.links.json_paths import JsonPath, parse_json
from energy_manager.adapters.devices.templates.codec import times_scale
from energy_manager.adapters.devices.templates.sources import ReadPoint
from energy_manager.domain.quantities import finite


@dataclass(frozen=True, slots=True, kw_only=True)
class PointValue:
    """The value of a point, None = missing, and when it was true."""

    value: float | None
    taken_at_s: float


def checked(point: ReadPoint, value: float | None) -> float | None:
    """The scaled value, or None where it is out of the range that is possible."""
    if value is None or point.within is None:
        return value
    lowest, highest = point.within
    return value if lowest <= value <= highest else None


def worded(point: ReadPoint, raw: object) -> float | None:
    """What the raw value means by the point's words; None for one that is no word."""
    meaning = (point.words or {}).get(as_text(raw))
    return None if meaning is None else float(meaning)


def as_text(raw: object) -> str:
    """A raw value as words and identities are compared: a whole number without a point, JSON's true and false."""
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return raw.strip() if isinstance(raw, str) else json.dumps(raw)


def value_in_json(point: ReadPoint, document: object) -> float | None:
    """The point's number in a document; None where there is none, a text is there, or it is out of its range."""
    raw = document if point.json_path is None else JsonPath.parse(point.json_path).find(document)
    if point.words is not None:
        return checked(point, worded(point, raw))
    number = finite(raw)
    if number is None or number in (point.missing_values or ()):
        return None
    return checked(point, times_scale(number, point.scale))


def text_in_json(point: ReadPoint, document: object) -> str | None:
    """What stands there as a text, for identities."""
    raw = document if point.json_path is None else JsonPath.parse(point.json_path).find(document)
    return None if raw is None else as_text(raw)


def document_of(payload: bytes) -> object:
    """An MQTT payload as JSON; what is none is a text."""
    try:
        return parse_json(payload)
    except ValueError:
        return payload.decode("utf-8", errors="replace").strip()
