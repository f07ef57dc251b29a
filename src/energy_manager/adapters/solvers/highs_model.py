"""A linear or mixed integer programme, gathered in arrays and solved by HiGHS stage by stage."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import highspy
import numpy as np
import numpy.typing as npt

from energy_manager.domain.errors import EnergyManagerError, OutOfTime

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
INF = highspy.kHighsInf

# What a later stage may give back of an earlier stage's value: HiGHS keeps rows within 1e-7.
STAGE_SLACK = 1e-7
# The same where columns are whole numbers: those are kept a little less well.
MIXED_SLACK = 1e-6
# More than this is no rounding error any more.
MOST_SLACK = 1e-4


_ANSWERS = (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kTimeLimit)


class NoSolution(EnergyManagerError):
    """No values of the columns satisfy all rows."""

    code = "no_solution"


class Gathered:
    """Columns, rows and entries as they are thought of, in blocks; HiGHS takes them in one call."""

    def __init__(self) -> None:
        self._column_bounds: list[tuple[Floats, Floats]] = []
        self._row_bounds: list[tuple[Floats, Floats]] = []
        self._entries: list[tuple[Places, Places, Floats]] = []
        self.columns = 0
        self.rows = 0

    def add_columns(self, lower: Floats, upper: Floats) -> Places:
        """A block of continuous columns; the places of its members."""
        self._column_bounds.append((lower, upper))
        self.columns += len(lower)
        return np.arange(self.columns - len(lower), self.columns)

    def add_rows(self, lower: Floats, upper: Floats) -> Places:
        """A block of rows, still empty; the places of its members."""
        self._row_bounds.append((lower, upper))
        self.rows += len(lower)
        return np.arange(self.rows - len(lower), self.rows)

    def set(self, rows: Places, columns: Places, values: Floats | float) -> None:
        """Entries, one for each pair of a row and a column; a pair may be set once only."""
        self._entries.append((rows, columns, np.broadcast_to(np.asarray(values, dtype=float), rows.shape)))

    def programme(self) -> highspy.HighsLp:
        """The programme in HiGHS' own form, columns first."""
        rows = np.concatenate([entry[0] for entry in self._entries])
        columns = np.concatenate([entry[1] for entry in self._entries])
        values = np.concatenate([entry[2] for entry in self._entries])
        order = np.lexsort((rows, columns))
        programme = highspy.HighsLp()
        programme.num_col_, programme.num_row_ = self.columns, self.rows
        programme.col_cost_ = np.zeros(self.columns)
        programme.col_lower_ = np.concatenate([lower for lower, _ in self._column_bounds])
        programme.col_upper_ = np.concatenate([upper for _, upper in self._column_bounds])
        programme.row_lower_ = np.concatenate([lower for lower, _ in self._row_bounds])
        programme.row_upper_ = np.concatenate([upper for _, upper in self._row_bounds])
        programme.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        starts = np.concatenate([[0], np.cumsum(np.bincount(columns, minlength=self.columns))])
        programme.a_matrix_.start_ = starts.astype(np.int32)
        programme.a_matrix_.index_ = rows[order].astype(np.int32)
        programme.a_matrix_.value_ = values[order]
        return programme


class HighsInstance:
    """One HiGHS instance: deterministic (one thread) and silent; ``options`` by HiGHS' own names."""

    def __init__(self, programme: highspy.HighsLp, **options: float) -> None:
        self._highs = highspy.Highs()
        for option, value in {"output_flag": False, "threads": 1, "mip_rel_gap": 0.0, **options}.items():
            self._highs.setOptionValue(option, value)
        self._highs.passModel(programme)
        self.is_mixed = False

    def add_binary(self) -> int:
        """A column that is 0 or 1; its place."""
        place = int(self._highs.getNumCol())
        self._highs.addVar(0.0, 1.0)
        self._highs.changeColIntegrality(place, highspy.HighsVarType.kInteger)
        self.is_mixed = True
        return place

    def add_row(
        self, lower: float, columns: Sequence[int] | Places, values: Sequence[float] | Floats, upper: float
    ) -> int:
        """One more row; its place."""
        places = np.asarray(columns, dtype=np.int32)
        self._highs.addRow(lower, upper, len(places), places, np.asarray(values, dtype=float))
        return int(self._highs.getNumRow()) - 1

    def bound_row(self, row: int, lower: float, upper: float) -> None:
        """Set a row's bounds."""
        self._highs.changeRowBounds(row, lower, upper)

    def bound_columns(self, columns: Places, lower: Floats | float, upper: Floats | float) -> None:
        """Hold columns between two values each, or all between the same two."""
        count = len(columns)
        self._highs.changeColsBounds(count, columns.astype(np.int32), np.full(count, lower), np.full(count, upper))

    def begin_at(self, begin: Mapping[int, float]) -> None:
        """Let the next run start from a plan, as far as it is known, by column."""
        if begin:
            places = np.array(list(begin), dtype=np.int32)
            self._highs.setSolution(len(places), places, np.array(list(begin.values())))

    def charge(self, costs: Floats, *, within_s: float) -> None:
        """Set what the next run makes least, and how long it may take; columns beyond ``costs`` cost nothing."""
        # HiGHS (1.15) counts the time of linear programs over all runs of an instance, that of others anew each time.
        before_s = 0.0 if self.is_mixed else self._highs.getRunTime()
        self._highs.setOptionValue("time_limit", before_s + within_s)
        all_costs = np.zeros(self._highs.getNumCol())
        all_costs[: len(costs)] = costs
        self._highs.changeColsCost(len(all_costs), np.arange(len(all_costs), dtype=np.int32), all_costs)

    def values(self) -> Floats:
        """The values of the columns after the last run."""
        return np.array(self._highs.getSolution().col_value)


class HighsModel(HighsInstance):
    """An instance that is bounded by a deadline over all its runs."""

    def __init__(self, gathered: Gathered, *, deadline_s: float) -> None:
        super().__init__(gathered.programme(), mip_abs_gap=STAGE_SLACK, mip_feasibility_tolerance=1e-9)
        self._deadline_s = deadline_s

    def remove_rows(self, rows: Sequence[int]) -> None:
        """Take rows away again; rows after them move up."""
        if rows:
            self._highs.deleteRows(len(rows), np.asarray(sorted(rows), dtype=np.int32))

    def least(self, costs: Floats) -> Floats:
        """The columns' values at the least cost; columns beyond ``costs`` cost nothing.

        Raises:
            NoSolution: the rows contradict each other.
            OutOfTime: the deadline passed before the optimum was proved.
        """
        left_s = self._deadline_s - time.perf_counter()
        if left_s <= 0.0:
            raise OutOfTime("the time for planning is over")
        self.charge(costs, within_s=left_s)
        self._highs.run()
        status = self._highs.getModelStatus()
        if status not in _ANSWERS:
            # Numerical trouble on the way from the last basis, or a presolve that found tight rows to contradict each
            # other (seen with 1.15): begin anew, without presolve.
            self._highs.clearSolver()
            self._highs.setOptionValue("presolve", "off")
            self._highs.run()
            self._highs.setOptionValue("presolve", "choose")
            status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            return self.values()
        if status == highspy.HighsModelStatus.kTimeLimit:
            raise OutOfTime("the time for planning is over")
        raise NoSolution(f"the solver found no solution: {self._highs.modelStatusToString(status)}")
