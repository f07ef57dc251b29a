"""What one asset of a unit reads along for the others."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.adapters.devices.links.modbus.blocks import Block, BlockPlan, Span

SHARED_FOR_S = 0.5
"""How old a value may be that another asset of the unit has read along: they are asked in the same moment."""


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
