"""What every store asks of a change before it keeps it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from energy_manager.application.ports.schedules.durability import (
    LONGEST_KIND,
    AppendLog,
    Change,
    DeleteDocument,
    JsonObject,
    PutActivation,
    PutDocument,
    PutSchedule,
)
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.schedule import LONGEST_ID, Schedule, Source, TimeBlock

MOST_SCHEDULES = 1_000
"""Kept at once of what people and planners put; one that has ended makes room."""

MOST_RUNS = 10_000
"""Kept at once of runs of appliances and plans of their batteries, of which each home has several."""

MOST_OCTETS = 64_000_000
"""Kept at once of the targets of large schedules: of those that are larger than their share, were there as many as may
be. The small ones are not counted, and add as much again at most."""

BLOCK_OCTETS = 32
"""What a block takes beside its targets."""

GREATEST_TARGET = 2**63 - 1
"""Greater numbers of power steps are no powers; databases and files hold these."""


def json_text(body: JsonObject) -> str:
    """The body as text; equal bodies whose keys are in the same order give equal texts.

    Raises:
        TypeError, ValueError, RecursionError: it is not JSON.
    """
    return json.dumps(body, allow_nan=False, separators=(",", ":"))


def check_changes(changes: Sequence[Change]) -> None:
    """Accept changes that can be kept.

    Raises:
        Refused: with every fault of every change, by its place.
    """
    faults = [
        Fault(field=f"changes[{index}].{field}" if len(changes) > 1 else field, message=message)
        for index, change in enumerate(changes)
        for field, message in _faults(change)
    ]
    if faults:
        raise Refused(faults)


def _faults(change: Change) -> Iterator[tuple[str, str]]:
    if isinstance(change, PutDocument | DeleteDocument):
        for field, text, longest in (("kind", change.kind, LONGEST_KIND), ("id", change.id, LONGEST_ID)):
            if not text or len(text) > longest or not text.isprintable():
                yield field, f"{text[:longest]!r} is not 1 to {longest} printable characters"
    if isinstance(change, AppendLog):
        yield from _faults_of_body("entry", {"before": change.entry.before, "after": change.entry.after})
    if isinstance(change, PutDocument):
        yield from _faults_of_body("body", change.body)
    if isinstance(change, PutSchedule):
        yield from _faults_of_targets(change.schedule)
    if isinstance(change, PutActivation):
        yield from _faults_of_targets(change.activation.schedule)
        yield from _faults_of_body("terms", change.activation.terms)


def most_kept(source: Source) -> int:
    """How many schedules of this kind are kept at once."""
    return MOST_RUNS if source is Source.APPLIANCES else MOST_SCHEDULES


def targets_text(block: TimeBlock) -> str:
    """A block's targets as they are kept."""
    return json.dumps(block.targets, separators=(",", ":"))


def octets_of(texts: Iterable[str]) -> int:
    """How much a schedule takes in a store, by the texts of its blocks' targets."""
    return sum(len(text) + BLOCK_OCTETS for text in texts)


def is_large(octets: int, source: Source) -> bool:
    """Whether as many of this size as may be kept would be too much."""
    return octets * most_kept(source) > MOST_OCTETS


def fits(octets: int) -> bool:
    """Whether large schedules that take so much in all may be kept."""
    return octets <= MOST_OCTETS


def too_much(octets: int) -> Refused:
    """What whoever puts another large schedule is told, when none of those kept has ended."""
    message = (
        f"it takes {octets / 1e6:.1f} MB, and of the {MOST_OCTETS / 1e6:g} MB for all schedules too little is left: "
        "none of them has ended; delete some first"
    )
    return Refused([Fault(field="schedule", message=message)])


def too_many(source: Source) -> Refused:
    """What whoever puts one more is told, when none of those kept has ended."""
    message = f"{most_kept(source)} schedules are kept already and none of them has ended: delete some first"
    return Refused([Fault(field="schedule", message=message)])


def _faults_of_targets(schedule: Schedule) -> Iterator[tuple[str, str]]:
    for asset_id in schedule.assets:
        if not asset_id or len(asset_id) > LONGEST_ID or not asset_id.isprintable():
            yield "targets", f"{asset_id[:LONGEST_ID]!a} is not 1 to {LONGEST_ID} printable characters"
    for index, block in enumerate(schedule.blocks):
        for asset_id, target in block.targets.items():
            if abs(target) > GREATEST_TARGET:
                yield f"blocks[{index}].targets.{asset_id}", f"it is beyond ±{GREATEST_TARGET}"


def _faults_of_body(field: str, body: JsonObject) -> Iterator[tuple[str, str]]:
    try:
        is_read_back = json.loads(json_text(body)) == body
    except (TypeError, ValueError, RecursionError) as error:
        yield field, f"it is not JSON: {error}"
        return
    if not isinstance(body, dict) or not is_read_back:
        yield field, "it is no JSON object that reads back as it was: text keys, lists and no tuples"
