"""Which cells are read together: one request for neighbours, and what a device refuses is remembered."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from energy_manager.adapters.devices.links.modbus.pdu import Read, Table

WIDEST_GAP = 16
"""Unwanted cells between two wanted ones that are cheaper to read along than to ask twice."""
LONGEST_SPAN = 120
"""Cells in one request; the protocol allows 125 registers, some devices a few less."""
SHARED_FOR_S = 0.5
"""How old a value may be that another asset of the unit has read along: they are asked in the same moment."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Cells that belong together, such as the two registers of a number."""

    table: Table
    address: int
    count: int

    def __hash__(self) -> int:
        return self.address

    @property
    def end(self) -> int:
        """The address behind the last cell."""
        return self.address + self.count


@dataclass(frozen=True, slots=True)
class Block:
    """One request and the spans that it serves."""

    spans: tuple[Span, ...]
    request: Read = field(init=False, compare=False)
    """Everything from the first cell to the last."""

    def __post_init__(self) -> None:
        first, end = self.spans[0], max(span.end for span in self.spans)
        object.__setattr__(self, "request", Read(first.table, first.address, end - first.address))

    def cells_of(self, span: Span, cells: list[int]) -> list[int]:
        """The span's part of what was read."""
        begin = span.address - self.spans[0].address
        return cells[begin : begin + span.count]


class BlockPlan:
    """The blocks of one unit. What it refused as a whole is asked for span by span from then on."""

    def __init__(self) -> None:
        self._alone: set[Span] = set()

    def blocks(self, spans: Iterable[Span]) -> list[Block]:
        """As few requests as serve all spans, each span once."""
        blocks: list[Block] = []
        open_block: list[Span] = []
        for span in sorted(set(spans)):
            if open_block and not self._joins(open_block, span):
                blocks.append(Block(tuple(open_block)))
                open_block = []
            open_block.append(span)
        if open_block:
            blocks.append(Block(tuple(open_block)))
        return blocks

    def split(self, block: Block) -> list[Block]:
        """The spans of a refused block one by one, now and in every later plan."""
        self._alone.update(block.spans)
        return [Block((span,)) for span in block.spans]

    def without_others(self, block: Block, wanted: Collection[Span]) -> list[Block]:
        """What to ask in place of a refused block: first without the spans that others want, then span by span."""
        others = tuple(span for span in block.spans if span not in wanted)
        if not others:
            return self.split(block)
        self.split(Block(others))
        return self.blocks(span for span in block.spans if span in wanted)

    def _joins(self, spans: list[Span], span: Span) -> bool:
        end = max(before.end for before in spans)
        return (
            span.table is spans[0].table
            and span not in self._alone
            and spans[-1] not in self._alone
            and span.address - end <= WIDEST_GAP
            and max(end, span.end) - spans[0].address <= LONGEST_SPAN
        )


@dataclass(frozen=True, slots=True)
class SpanReading:
    """The cells of one span, None = the device has no such cells; and when the request for them went out."""

    cells: list[int] | None
    taken_at_s: float


class SharedBlocks:
    """What the readers of one unit ask for, and what one of them has read along for the others."""

    def __init__(self) -> None:
        self._plan = BlockPlan()
        self._known: frozenset[Span] = frozenset()
        self._planned: tuple[frozenset[Span], list[Block]] = (self._known, [])
        self._left: dict[Span, SpanReading] = {}

    def take(self, spans: frozenset[Span], *, now_s: float) -> dict[Span, SpanReading]:
        """Those of the spans that were read along a moment ago; then they are gone, and a second look is a new one."""
        if not spans <= self._known:
            self._known = self._known | spans
        if not self._left:
            return {}
        left = {span: reading for span in spans if (reading := self._left.pop(span, None)) is not None}
        return {span: reading for span, reading in left.items() if now_s - reading.taken_at_s <= SHARED_FOR_S}

    def blocks(self) -> list[Block]:
        """The requests that serve all that is known to be asked for."""
        known, planned = self._known, self._planned
        if planned[0] is not known:
            planned = self._planned = (known, self._plan.blocks(known))
        return planned[1]

    def without_others(self, block: Block, wanted: frozenset[Span]) -> list[Block]:
        """As ``BlockPlan.without_others``."""
        instead = self._plan.without_others(block, wanted)
        self._planned = (frozenset(), [])
        return instead

    def leave(self, span: Span, reading: SpanReading) -> None:
        """Keep this for the others."""
        self._left[span] = reading

    def forget(self) -> None:
        """The unit is being written: what was read before may be different now."""
        if self._left:
            self._left = {}
