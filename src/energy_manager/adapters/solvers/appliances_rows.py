"""The programme of appliance runs as columns and rows, with the meaning of its columns."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from energy_manager.domain.appliances.optimisation.problem import PlanProblem

INF = math.inf


@dataclass(slots=True)
class Rows:
    """A programme under construction: columns with bounds, rows with entries."""

    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    is_whole: list[bool] = field(default_factory=list)
    row_lower: list[float] = field(default_factory=list)
    row_upper: list[float] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    indices: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def column(self, lower: float, upper: float, *, is_whole: bool = False) -> int:
        """One more column; its place."""
        self.lower.append(lower)
        self.upper.append(upper)
        self.is_whole.append(is_whole)
        return len(self.lower) - 1

    def row(self, lower: float, entries: Iterable[tuple[int, float]], upper: float) -> None:
        """One more row: ``lower <= sum of value x column <= upper``."""
        for column, value in entries:
            self.indices.append(column)
            self.values.append(value)
        self.starts.append(len(self.indices))
        self.row_lower.append(lower)
        self.row_upper.append(upper)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplianceProgram:
    """The programme with the meaning of its columns.

    Args:
        axis_us: the instants that cut time; piece ``k`` is ``[axis_us[k], axis_us[k + 1])``.
        starts: for each job that may not pause, its starts and their columns.
        blocks: for each job that may pause, the beginnings of the blocks of time in which it may be on, and columns.
        ends: for those jobs, when they are over, in hours after the earliest.
        switches: for those jobs, how often they are switched on.
        left_out: the column that is 1 when a job is left out.
        peak: the column of the greatest net load, kW (excess above the target counts from there); None for cost.
        imports: for the aim cost, each piece's import in kW.
        exports: each piece's feed-in in kW, where it earns or costs something.
        charges: each home's battery power by piece, kW.
        stored: each home's battery energy at the end of each piece, kWh.
        above_floor: whether batteries that begin below their floor are above it at the end of a piece, one column each.
    """

    problem: PlanProblem
    grid_us: int
    axis_us: tuple[int, ...]
    rows: Rows = field(default_factory=Rows)
    starts: dict[str, dict[int, int]] = field(default_factory=dict)
    blocks: dict[str, dict[int, int]] = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    switches: dict[str, int] = field(default_factory=dict)
    peak: int | None = None
    imports: dict[int, int] = field(default_factory=dict)
    exports: dict[int, int] = field(default_factory=dict)
    charges: dict[str, list[int]] = field(default_factory=dict)
    stored: dict[str, list[int]] = field(default_factory=dict)
    above_floor: list[int] = field(default_factory=list)
