"""Recordings: ticks in a file, to be replayed elsewhere.

JSON lines in UTF-8. The first line is ``{"recording": "energy_manager", "version": 1}``; each further line is a tick
with the fields of ``TickRecord`` (``at`` in ISO 8601). ``number`` and ``at`` stand in every line, any other field only
where it is not as in the line before, which makes a recording a fraction as long.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NoReturn

from energy_manager.application.ports.history import HoldRecord, TickRecord
from energy_manager.domain.dispatch import Bounds
from energy_manager.domain.errors import Fault, Refused

HEAD: Final = {"recording": "energy_manager", "version": 1}

ALWAYS: Final = frozenset({"number", "at"})
"""What every line says."""

_SHOWN = 60


def write_recording(path: Path, ticks: Iterable[TickRecord]) -> int:
    """Write the ticks to a file, in place of what is there once all are written; how many they were.

    Raises:
        Refused: the file cannot be written; nothing was changed.
    """
    beside = path.parent / f"{path.name}.part"
    count = 0
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(_line(HEAD))
            before: dict[str, Any] = {}
            for tick in ticks:
                said = _said(tick)
                news = {
                    name: value for name, value in said.items() if name in ALWAYS or not _is_as(before, name, value)
                }
                file.write(_line(news))
                before = said
                count += 1
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Refused([Fault(field=str(path), message=f"cannot be written: {error.strerror}")]) from None
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    return count


def _line(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False) + "\n"


def _said(tick: TickRecord) -> dict[str, Any]:
    return {
        "number": tick.number,
        "at": tick.at.isoformat(),
        "lag_s": tick.lag_s,
        "scheduled": dict(tick.scheduled),
        "potentials": dict(tick.potentials),
        "targets": dict(tick.targets),
        "shortfall": tick.shortfall,
        "decided_by": dict(tick.decided_by),
        "fault": tick.fault,
        "policy": tick.policy,
        "hold": None if tick.hold is None else asdict(tick.hold),
        "bounds": {asset_id: [own.lowest, own.highest] for asset_id, own in tick.bounds.items()},
        "status_ages_s": dict(tick.status_ages_s),
        "untold": list(tick.untold),
        "unreadable": list(tick.unreadable),
        "failure": tick.failure,
        "power_unit": tick.power_unit,
    }


def _is_as(before: Mapping[str, Any], name: str, value: object) -> bool:
    """Whether the line before said the same; the order of a schedule matters."""
    said = before.get(name)
    return name in before and said == value and (not isinstance(value, dict) or list(said or {}) == list(value))


def read_recording(path: Path) -> Iterator[TickRecord]:
    """The ticks of a recording, one by one.

    Raises:
        Refused: the file cannot be read, or is no recording; with the line.
    """
    number = 1
    try:
        with path.open("rb") as file:
            _check_head(file.readline())
            fields: dict[str, Any] = {"bounds": {}}  # older recordings do not tell of limits
            for number, line in enumerate(file, start=2):  # noqa: B007 - told when something is wrong
                fields = {**fields, **_fields(_parsed(line))}
                yield _tick(fields)
    except OSError as error:
        raise Refused([Fault(field=str(path), message=f"cannot be read: {error.strerror}")]) from None
    except _Wrong as error:
        raise Refused([Fault(field=f"{path}:{number}", message=str(error))]) from None


class _Wrong(Exception):
    """A line that is not as it should be."""


def _parsed(line: bytes) -> Any:  # noqa: ANN401 - whatever the JSON holds
    """Without the care that texts of people need: a recording has millions of numbers."""
    try:
        return json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise _Wrong(f"this is no JSON: {error}") from None


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number")


def _check_head(line: bytes) -> None:
    if _parsed(line) != HEAD:
        raise _Wrong(f"this is no recording of this version, which begins with {_line(HEAD).strip()}")


def _fields(said: object) -> dict[str, Any]:
    """What a line says, read.

    Raises:
        _Wrong: it is no tick.
    """
    if not isinstance(said, dict) or not said.keys() >= ALWAYS:
        raise _Wrong("is no tick, which is an object with number and at")
    fields = {}
    for name, value in said.items():
        if name not in _READ:
            raise _Wrong(f"{str(name)[:_SHOWN]!r} is no field of a tick")
        try:
            fields[name] = _READ[name](value)
        except (TypeError, ValueError):
            raise _Wrong(f"{name}: {str(value)[:_SHOWN]!r} is not acceptable") from None
    return fields


def _tick(fields: dict[str, Any]) -> TickRecord:
    missing = [name for name in _READ if name not in fields]
    if missing:
        raise _Wrong(f"lacks {', '.join(missing)}, and so do the lines before")
    return TickRecord(**fields)


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError(value)
    return value


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(value)
    return float(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _instant(value: object) -> datetime:
    instant = datetime.fromisoformat(_text(value))
    if instant.utcoffset() is None:
        raise ValueError(value)
    return instant.astimezone(UTC)


def _by_asset(*kinds: type) -> Callable[[object], dict[str, Any]]:
    """Reads an object whose values are all of these kinds; looked at together, because there are many."""

    def read(value: object) -> dict[str, Any]:
        if not isinstance(value, dict) or not set(map(type, value.values())) <= set(kinds):
            raise TypeError(value)
        return value

    return read


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(map(_text, value))


def _hold(value: object) -> HoldRecord | None:
    if value is None:
        return None
    if not isinstance(value, dict) or value.keys() != set(HoldRecord.__slots__):
        raise TypeError(value)
    powers_kw = {
        name: None if value[name] is None else _number(value[name])
        for name in ("import_kw", "import_limit_kw", "export_limit_kw")
    }
    return HoldRecord(
        storage=_text(value["storage"]),
        target=_whole(value["target"]),
        reason=_text(value["reason"]),
        shortfall_kw=_number(value["shortfall_kw"]),
        **powers_kw,
    )


def _bounds(value: object) -> dict[str, Bounds]:
    if not isinstance(value, dict):
        raise TypeError(value)
    bounds = {}
    for asset_id, own in value.items():
        lowest, highest = (None if bound is None else _whole(bound) for bound in own)
        bounds[asset_id] = Bounds(lowest=lowest, highest=highest)
    return bounds


_READ: Final[Mapping[str, Callable[[object], Any]]] = {
    "number": _whole,
    "at": _instant,
    "lag_s": _number,
    "scheduled": _by_asset(int),
    "potentials": _by_asset(int),
    "targets": _by_asset(int),
    "shortfall": _whole,
    "decided_by": _by_asset(str),
    "fault": _text,
    "policy": _text,
    "hold": _hold,
    "bounds": _bounds,
    "status_ages_s": _by_asset(int, float),
    "untold": _names,
    "unreadable": _names,
    "failure": _text,
    "power_unit": _text,
}
