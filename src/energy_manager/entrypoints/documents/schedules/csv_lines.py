"""Schedules as lines of CSV: ``start,end,asset,target``."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from energy_manager.adapters.texts.csv_series import Line, LocalClock, candidates, read_table
from energy_manager.domain.errors import Fault, Refused, shown
from energy_manager.domain.schedule import AcceptedSchedule, Schedule, Source, TimeBlock
from energy_manager.domain.series import utc_text
from energy_manager.entrypoints.documents.schedules.request import MOST_FAULTS

CSV_COLUMNS = ("start", "end", "asset", "target")
_TARGETS: dict[str, int | None] = {"target": None, "target_kw": 1_000, "target_w": 1}
"""What the column of targets may be called, and its unit in watts; None: the site's power steps."""

_LONGEST_SHOWN = 80


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
        raise Refused.at("line 1", message)
    if _TARGETS[measure] is not None and steps_per_kw is None:
        message = f"{measure} needs a site that has run on this store, which says how large a power step is"
        raise Refused.at("line 1", message)
    factor = None if (watts := _TARGETS[measure]) is None else Fraction(watts * (steps_per_kw or 0), 1000)
    faults: list[Fault] = []
    stated = [_Cells.of(line, header, measure) for line in table.lines[1:]]
    rows = [row for cells in _dated(stated, clock or LocalClock(), faults) for row in _rows(*cells, factor, faults)]
    blocks = [] if faults else list(_cut_into_blocks(rows, faults))
    if not blocks and not faults:
        faults.append(Fault(field="blocks", message="there is none, so the schedule would say nothing"))
    if faults:
        raise Refused(faults[:MOST_FAULTS])
    return Schedule(id=schedule_id, source=Source.MANUAL, blocks=tuple(blocks))


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
        of_row = {name: said.get(name, "") for name in ("start", "end", "asset")}
        return cls(number=line.number, count=len(line.cells), **of_row, target=said.get(measure, ""))


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of a CSV file."""

    number: int
    start: datetime
    end: datetime
    asset: str
    target: int


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
        faults.append(Fault(field=f"{place}, target", message=f"{shown(cells.target)} is not {unit}"))
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
