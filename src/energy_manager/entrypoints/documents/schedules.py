"""The JSON and the CSV of schedules: what people put, and what they get back."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from energy_manager.adapters.csv_series import Line, LocalClock, candidates, read_table
from energy_manager.adapters.json_text import read_json
from energy_manager.application.planner_result import PlannerResult, run_planner
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.schedule import AcceptedSchedule, Schedule, Source, TimeBlock, refuse_unfit
from energy_manager.domain.site import PlanningSite

CSV_COLUMNS = ("start", "end", "asset", "target")
_TARGETS: dict[str, int | None] = {"target": None, "target_kw": 1_000, "target_w": 1}
"""What the column of targets may be called, and its unit in watts; None: the site's power steps."""

# What ``full_document`` says of a schedule can be put again: the store's own words in it are passed over.
_FIELDS = frozenset({"id", "source", "blocks", "accepted_at", "number", "start", "end", "assets"})
_LONGEST_SHOWN = 80
_MOST_FAULTS = 1_000


def read_schedule_document(text: bytes, schedule_id: str, site: PlanningSite) -> PlannerResult[Schedule]:
    """The schedule that a JSON text states for the site; in a worker, as a year of quarter hours takes a while to read.

    ``{"source": "manual", "blocks": [{"start", "end", "targets": {"asset_1": 120}}]}``, blocks in any order.
    """

    def read() -> Schedule:
        schedule = schedule_from_json(text, schedule_id)
        refuse_unfit(schedule, site)
        return schedule

    return run_planner(read)


def schedule_from_json(text: bytes, schedule_id: str) -> Schedule:
    """As ``read_schedule_document``.

    Raises:
        NotJson: the text is no JSON.
        Refused: with every fault by its place.
    """
    document = read_json(text)
    if not isinstance(document, dict):
        raise Refused([Fault(field="schedule", message=f"{_shown(document)} is not an object")])
    faults = [
        Fault(field=str(key), message="there is no such field; a schedule has source and blocks")
        for key in document
        if key not in _FIELDS
    ]
    if document.get("id", schedule_id) != schedule_id:
        faults.append(Fault(field="id", message=f"{_shown(document['id'])} is not {schedule_id!r}, where it is put"))
    source = document.get("source", Source.MANUAL)
    if not isinstance(source, str):
        faults.append(Fault(field="source", message=f"{_shown(source)} is none of {', '.join(Source)}"))
        source = Source.MANUAL
    blocks = document.get("blocks")
    if not isinstance(blocks, list):
        stated = "is missing" if blocks is None else f"{_shown(blocks)} is not a list"
        raise _refused([*faults, Fault(field="blocks", message=stated)])
    placed = list(_blocks(blocks, faults))
    placed.sort(key=lambda entry: (entry[1].start, entry[0]))
    faults += [
        Fault(field=f"blocks[{later}].start", message=f"{block.start.isoformat()} is inside blocks[{earlier}]")
        for (earlier, before), (later, block) in pairwise(placed)
        if block.start < before.end
    ]
    return _schedule(schedule_id, source, [block for _, block in placed], faults)


def schedule_from_csv(
    text: bytes, schedule_id: str, *, clock: LocalClock | None = None, steps_per_kw: int | None = None
) -> Schedule:
    """The schedule that lines of ``start,end,asset,target`` state, in any order; each asset has its own times.

    Cells between commas, ``;`` or tabs; ``clock`` tells local times. ``target`` counts the site's power steps, with
    ``target_kw`` or ``target_w`` in its place ``steps_per_kw`` make steps of it.

    Raises:
        Refused: with every fault by its line.
    """
    table = read_table(text, label="")
    header = tuple(name.lower() for name in table.lines[0].cells) if table.lines else ()
    measure = next((name for name in header if name in _TARGETS), None)
    if measure is None or sorted(header) != sorted((*CSV_COLUMNS[:3], measure)):
        message = f"{','.join(header)[:_LONGEST_SHOWN]!r} must be {','.join(CSV_COLUMNS)}, or target_kw instead"
        raise Refused([Fault(field="line 1", message=message)])
    if _TARGETS[measure] is not None and steps_per_kw is None:
        message = f"{measure} needs a site that has run on this store, which says how large a power step is"
        raise Refused([Fault(field="line 1", message=message)])
    factor = None if (watts := _TARGETS[measure]) is None else Fraction(watts * (steps_per_kw or 0), 1000)
    faults: list[Fault] = []
    stated = [_Cells.of(line, header, measure) for line in table.lines[1:]]
    rows = [row for cells in _dated(stated, clock or LocalClock(), faults) for row in _rows(*cells, factor, faults)]
    if faults:
        raise _refused(faults)
    return _schedule(schedule_id, Source.MANUAL, list(_cut_into_blocks(rows, faults)), faults)


def schedule_csv(accepted: AcceptedSchedule, *, clock: LocalClock) -> bytes:
    """A schedule as lines of ``start,end,asset,target``, in local times with a clock; it can be put again."""

    def written(instant: datetime) -> str:
        return utc_text(instant) if clock.zone is None else instant.astimezone(clock.zone).isoformat()

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for block in accepted.schedule.blocks:
        for asset, target in block.targets.items():
            writer.writerow([written(block.start), written(block.end), asset, target])
    return text.getvalue().removesuffix("\n").encode()


def full_document(accepted: AcceptedSchedule) -> dict[str, Any]:
    """A schedule with all its blocks; what was put reads back."""
    return summary(accepted) | {
        "blocks": [
            {"start": utc_text(block.start), "end": utc_text(block.end), "targets": dict(block.targets)}
            for block in accepted.schedule.blocks
        ]
    }


def summary(accepted: AcceptedSchedule) -> dict[str, Any]:
    """In a few words: ``number`` grows with each acceptance; ``start`` and ``end`` are None without blocks."""
    schedule = accepted.schedule
    return {
        "id": schedule.id,
        "source": str(schedule.source),
        "accepted_at": utc_text(accepted.accepted_at),
        "number": accepted.number,
        "start": None if schedule.start is None else utc_text(schedule.start),
        "end": None if schedule.end is None else utc_text(schedule.end),
        "assets": list(schedule.assets),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells:
    """One line of a CSV file as it is written."""

    number: int
    count: int
    start: str
    end: str
    asset: str
    target: str

    @classmethod
    def of(cls, line: Line, header: tuple[str, ...], measure: str) -> _Cells:
        said = dict(zip(header, line.cells, strict=False))
        return cls(
            number=line.number,
            count=len(line.cells),
            start=said.get("start", ""),
            end=said.get("end", ""),
            asset=said.get("asset", ""),
            target=said.get(measure, ""),
        )


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of a CSV file."""

    number: int
    start: datetime
    end: datetime
    asset: str
    target: int


def _blocks(entries: list[Any], faults: list[Fault]) -> Iterator[tuple[int, TimeBlock]]:
    """Each block that can be read, with its place."""
    for index, entry in enumerate(entries):
        place = f"blocks[{index}]"
        if not isinstance(entry, dict):
            faults.append(Fault(field=place, message=f"{_shown(entry)} is not an object"))
            continue
        found = len(faults)
        faults += [
            Fault(field=f"{place}.{key}", message="there is no such field; a block has start, end and targets")
            for key in entry
            if key not in {"start", "end", "targets"}
        ]
        start = _instant(entry.get("start"), f"{place}.start", faults)
        end = _instant(entry.get("end"), f"{place}.end", faults)
        targets = entry.get("targets")
        if not isinstance(targets, dict) or not targets:
            message = f"{_shown(targets)} is not an object of at least one asset and its target"
            faults.append(Fault(field=f"{place}.targets", message=message))
            continue
        whole = {asset: _whole(target, f"{place}.targets.{asset}", faults) for asset, target in targets.items()}
        if len(faults) > found or start is None or end is None:
            continue
        try:
            yield index, TimeBlock(start=start, end=end, targets=whole)
        except Refused as refused:
            faults += [Fault(field=f"{place}.{fault.field}", message=fault.message) for fault in refused.faults]


def _dated(
    stated: list[_Cells], clock: LocalClock, faults: list[Fault]
) -> Iterator[tuple[_Cells, datetime | None, datetime | None]]:
    """Each line with its instants: starts in the order of the asset's lines, ends the first ones after their starts."""
    starts: dict[int, datetime | str] = {}
    for asset in dict.fromkeys(cells.asset for cells in stated):
        own = [cells for cells in stated if cells.asset == asset and cells.start]
        starts |= dict(
            zip((cells.number for cells in own), clock.instants([cells.start for cells in own]), strict=True)
        )
    for cells in stated:
        place = f"line {cells.number}"
        start = starts.get(cells.number, "is missing")
        ends = candidates(cells.end, clock.zone) if cells.end else "is missing"
        for name, instant in (("start", start), ("end", ends)):
            if isinstance(instant, str):
                faults.append(Fault(field=f"{place}, {name}", message=instant))
        if isinstance(start, str) or isinstance(ends, str):
            yield cells, None, None
        else:
            yield cells, start, next((end for end in ends if end > start), ends[-1])


def _rows(
    cells: _Cells, start: datetime | None, end: datetime | None, factor: Fraction | None, faults: list[Fault]
) -> Iterator[_Row]:
    """The line as a row, if it can be read."""
    place = f"line {cells.number}"
    if cells.count != len(CSV_COLUMNS):
        faults.append(Fault(field=place, message=f"has {cells.count} values, not {len(CSV_COLUMNS)}"))
        return
    found = len(faults)
    if not cells.asset:
        faults.append(Fault(field=f"{place}, asset", message="is empty"))
    target = _target(cells.target, factor)
    if target is None:
        unit = "a whole number of steps" if factor is None else "a power in whole steps of the site"
        faults.append(Fault(field=f"{place}, target", message=f"{_shown(cells.target)} is not {unit}"))
    if len(faults) > found or start is None or end is None or target is None:
        return
    try:
        block = TimeBlock(start=start, end=end, targets={cells.asset: target})
    except Refused as refused:
        faults += [Fault(field=f"{place}, {fault.field}", message=fault.message) for fault in refused.faults]
        return
    yield _Row(cells.number, block.start, block.end, cells.asset, target)


def _target(text: str, factor: Fraction | None) -> int | None:
    """A whole number of power steps; None where the text is none."""
    if re.fullmatch(r"[+-]?\d{1,18}([.,]\d{1,9})?", text, re.ASCII) is None:
        return None
    steps = Fraction(text.replace(",", ".")) * (1 if factor is None else factor)
    return int(steps) if steps.denominator == 1 and (factor is not None or text.lstrip("+-").isdigit()) else None


def _cut_into_blocks(rows: list[_Row], faults: list[Fault]) -> Iterator[TimeBlock]:
    """Blocks without overlap: time is cut wherever a row begins or ends."""
    instants = sorted({instant for row in rows for instant in (row.start, row.end)})
    waiting = sorted(rows, key=lambda row: (row.start, row.number), reverse=True)
    open_rows: list[_Row] = []
    clashes: set[tuple[int, int]] = set()
    for start, end in pairwise(instants):
        open_rows = [row for row in open_rows if row.end > start]
        while waiting and waiting[-1].start <= start:
            open_rows.append(waiting.pop())
        by_asset: dict[str, _Row] = {}
        for row in open_rows:
            earlier = by_asset.setdefault(row.asset, row)
            if earlier is not row and (earlier.number, row.number) not in clashes:
                clashes.add((earlier.number, row.number))
                message = f"overlaps line {earlier.number}, which speaks for {row.asset!r} too"
                faults.append(Fault(field=f"line {row.number}", message=message))
        if by_asset:
            yield TimeBlock(start=start, end=end, targets={asset: row.target for asset, row in by_asset.items()})


def _schedule(schedule_id: str, source: str, blocks: list[TimeBlock], faults: list[Fault]) -> Schedule:
    """The schedule, or every fault together."""
    if not blocks and not faults:
        faults.append(Fault(field="blocks", message="there is none, so the schedule would say nothing"))
    if faults:
        raise _refused(faults)
    return Schedule(id=schedule_id, source=source, blocks=tuple(blocks))  # type: ignore[arg-type]  # it is checked there


def _refused(faults: list[Fault]) -> Refused:
    """With the first faults of a million: nobody reads more, and they must be carried to whoever asked."""
    return Refused(faults[:_MOST_FAULTS])


def _instant(value: object, field: str, faults: list[Fault]) -> datetime | None:
    if value is None or value == "":
        faults.append(Fault(field=field, message="is missing"))
        return None
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None:
        message = f"{_shown(value)} is no time in ISO 8601, such as 2026-03-02T12:00:00Z"
        faults.append(Fault(field=field, message=message))
    return instant


def _whole(value: object, field: str, faults: list[Fault]) -> int:
    """A whole number of power steps; 0 with a fault."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, Decimal) and value.is_finite() and abs(value) < 10**19 and value == int(value):
        return int(value)
    faults.append(Fault(field=field, message=f"{_shown(value)} is not a whole number of power steps"))
    return 0


def utc_text(instant: datetime) -> str:
    """A UTC time as people and programs write it: 2026-03-02T00:00:00Z."""
    return instant.isoformat().replace("+00:00", "Z")


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, Decimal) else repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
