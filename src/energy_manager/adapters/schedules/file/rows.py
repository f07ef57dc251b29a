"""The lines of a schedule file, CSV or JSON: from when to when which asset is told what, as it is written."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from energy_manager.adapters.texts.json_text import NotJson, read_json
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId

COLUMNS = ("start", "end", "asset", "target")


@dataclass(frozen=True, slots=True)
class Row:
    """One line: ``place`` says where it stands, ``start`` and ``end`` are times as they are written."""

    place: str
    start: str
    end: str
    asset: AssetId
    target: int


def rows_of(text: str, *, label: str) -> list[Row]:
    """The lines of a text, JSON if it begins as JSON does; ``label`` is its name in faults.

    Raises:
        Refused: with every fault by its place.
    """
    faults: list[Fault] = []
    said = _of_json(text, label, faults) if text.lstrip()[:1] in {"{", "["} else _of_csv(text, label, faults)
    rows = list(said)
    if not rows and not faults:
        faults.append(Fault(field=label, message="says nothing: there is no line beside the header"))
    if faults:
        raise Refused(faults)
    return rows


def _of_csv(text: str, label: str, faults: list[Fault]) -> Iterator[Row]:
    first = text.splitlines()[0] if text else ""
    delimiter = ";" if ";" in first else ","
    lines = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True)
    try:
        header = tuple(name.strip() for name in next(lines, []))
        if header != COLUMNS:
            message = f"{delimiter.join(header)[:80]!r} must be {delimiter.join(COLUMNS)}"
            faults.append(Fault(field=f"{label}:1", message=message))
            return
        for cells in lines:
            place = f"{label}:{lines.line_num}"
            stripped = [cell.strip() for cell in cells]
            if not any(stripped):
                continue
            if len(cells) != len(COLUMNS):
                faults.append(Fault(field=place, message=f"has {len(cells)} values, not {len(COLUMNS)}"))
                continue
            said: dict[str, object] = dict(zip(COLUMNS, stripped, strict=True))
            if re.fullmatch(r"[+-]?\d{1,18}", stripped[-1], re.ASCII):
                said["target"] = int(stripped[-1])
            yield from _row(place, said, faults)
    except csv.Error as error:
        faults.append(Fault(field=f"{label}:{lines.line_num}", message=f"is no CSV: {error}"))


def _of_json(text: str, label: str, faults: list[Fault]) -> Iterator[Row]:
    try:
        document = read_json(text.encode("utf-8"))
    except NotJson as error:
        faults.append(Fault(field=label, message=str(error)))
        return
    blocks = document.get("blocks") if isinstance(document, dict) else document
    if not isinstance(blocks, list) or (isinstance(document, dict) and document.keys() != {"blocks"}):
        faults.append(Fault(field=label, message='must be {"blocks": [{"start": …, "end": …, "targets": {…}}, …]}'))
        return
    for index, block in enumerate(blocks):
        yield from _of_block(block, f"{label}: blocks[{index}]", faults)


def _of_block(block: Any, place: str, faults: list[Fault]) -> Iterator[Row]:  # noqa: ANN401 - whatever the JSON holds
    if not isinstance(block, dict) or block.keys() != {"start", "end", "targets"}:
        faults.append(Fault(field=place, message="must have start, end and targets, and nothing else"))
    elif not isinstance(block["targets"], dict) or not block["targets"]:
        faults.append(Fault(field=f"{place}.targets", message="must be an object of at least one asset and its target"))
    else:
        for asset, target in block["targets"].items():
            said = {"start": block["start"], "end": block["end"], "asset": asset, "target": target}
            yield from _row(place, said, faults)


def _row(place: str, said: Mapping[str, object], faults: list[Fault]) -> Iterator[Row]:
    """The line as a row, if it is one."""
    start, end, asset, target = (said[name] for name in COLUMNS)
    if type(target) is not int:
        faults.append(Fault(field=f"{place}, target", message=f"{target!r} is no whole number of power steps"))
    elif not isinstance(asset, str) or not asset:
        faults.append(Fault(field=f"{place}, asset", message="is empty"))
    elif not isinstance(start, str) or not isinstance(end, str) or not start or not end:
        faults.append(Fault(field=place, message="start and end must be times"))
    else:
        yield Row(place, start, end, asset, target)
