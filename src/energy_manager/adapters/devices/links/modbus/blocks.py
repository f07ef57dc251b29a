"""Which cells are read together: one request for neighbours, and what a device refuses is remembered."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from energy_manager.adapters.devices.links.modbus.pdu import Read, Table

WIDEST_GAP = 16
"""Unwanted cells between two wanted ones that are cheaper to read along than to ask twice."""
LONGEST_SPAN = 120
"""Cells in one request; the protocol allows 125 registers, some devices a few less."""


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
