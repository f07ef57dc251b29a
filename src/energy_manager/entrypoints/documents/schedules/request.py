"""What may be put as a schedule: ``{"source": "manual", "blocks": [{"start", "end", "targets": {"asset_1": 5}}]}``."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema, model_validator

from energy_manager.application.planner_result import PlannerResult, run_planner
from energy_manager.domain.errors import Fault, Refused, shown
from energy_manager.domain.schedule import Schedule, Source, TimeBlock, refuse_unfit
from energy_manager.domain.site import PlanningSite
from energy_manager.entrypoints.jobs.exact import ExactModel, FaultsFound, Instant, LenientModel, Number, RequestModel

MOST_FAULTS = 1_000
"""So many faults are told; nobody reads more, and they must be carried to whoever asked."""

_OF_THE_STORE = frozenset({"accepted_at", "number", "start", "end", "assets"})
"""What ``full_document`` says of a schedule can be put again: the store's own words in it are passed over."""

_SOURCES = {str(source): source for source in Source if source.is_of_schedules}
Target: TypeAlias = Annotated[int, Number()]


def _source(value: object) -> Source:
    source = _SOURCES.get(value) if isinstance(value, str) else None
    if source is None:
        raise ValueError(f"must be one of {', '.join(_SOURCES)}, not {shown(value)}")
    return source


SourceEntry: TypeAlias = Annotated[Source, PlainValidator(_source), WithJsonSchema({"enum": list(_SOURCES)})]


class BlockEntry(ExactModel):
    """The targets of a span of time, ``[start, end)``."""

    start: Instant
    end: Instant
    targets: Annotated[
        dict[str, Target], Field(min_length=1, description="power steps by asset, positive = production")
    ]


def _time_block(entry: BlockEntry) -> TimeBlock:
    try:
        return TimeBlock(start=entry.start, end=entry.end, targets=entry.targets)
    except Refused as refused:
        raise FaultsFound(refused.faults) from None


Block: TypeAlias = Annotated[BlockEntry, AfterValidator(_time_block)]


class ScheduleDocument(LenientModel):
    """A schedule; its blocks may come in any order and must not overlap."""

    id: Annotated[str | None, Field(description="that of the address, if it is stated")] = None
    source: SourceEntry = Source.MANUAL
    blocks: Annotated[list[Block], Field(min_length=1)]

    @model_validator(mode="before")
    @classmethod
    def _without_words_of_the_store(cls, stated: Any) -> Any:  # noqa: ANN401 - pydantic's
        if not isinstance(stated, dict) or _OF_THE_STORE.isdisjoint(stated):
            return stated
        return {name: value for name, value in stated.items() if name not in _OF_THE_STORE}


SCHEDULE: RequestModel[ScheduleDocument] = RequestModel(ScheduleDocument, most_faults=MOST_FAULTS)


def read_schedule_document(text: bytes, schedule_id: str, site: PlanningSite) -> PlannerResult[Schedule]:
    """The schedule that a JSON text states for the site; in a worker, as a year of quarter hours takes a while."""

    def read() -> Schedule:
        schedule = schedule_from_json(text, schedule_id)
        refuse_unfit(schedule, site)
        return schedule

    return run_planner(read)


def schedule_from_json(text: bytes, schedule_id: str) -> Schedule:
    """The schedule that a JSON text states.

    Raises:
        NotJson: the text is no JSON.
        Refused: with every fault by its place.
    """
    document = SCHEDULE.read(text)
    if document.id not in {None, schedule_id}:
        raise Refused.at("id", f"must be {schedule_id!r}, where it is put, not {shown(document.id)}")
    blocks: list[TimeBlock] = document.blocks  # type: ignore[assignment]  # entries have become blocks
    placed = sorted(enumerate(blocks), key=lambda entry: (entry[1].start, entry[0]))
    overlaps = [
        Fault(field=f"blocks[{later}].start", message=f"{block.start.isoformat()} is inside blocks[{earlier}]")
        for (earlier, before), (later, block) in pairwise(placed)
        if block.start < before.end
    ]
    if overlaps:
        raise Refused(overlaps[:MOST_FAULTS])
    return Schedule(id=schedule_id, source=document.source, blocks=tuple(block for _, block in placed))
