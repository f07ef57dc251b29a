"""A linear or mixed integer programme, gathered in arrays and solved by HiGHS stage by stage."""

from __future__ import annotations

import time
from collections.abc import Sequence

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


class HighsModel:
    """One HiGHS instance: deterministic (one thread), silent, and bounded by a deadline over all its runs."""

    def __init__(self, gathered: Gathered, *, deadline_s: float) -> None:
        self._deadline_s = deadline_s
        self._columns = gathered.columns
        self.is_mixed = False
        self._highs = highspy.Highs()
        self._set("output_flag", value=False)
        self._set("threads", value=1)
        self._set("mip_rel_gap", value=0.0)
        self._set("mip_abs_gap", value=STAGE_SLACK)
        self._set("mip_feasibility_tolerance", value=1e-9)
        self._highs.passModel(gathered.programme())

    def _set(self, option: str, *, value: object) -> None:
        self._highs.setOptionValue(option, value)

    def add_binary(self) -> int:
        """A column that is 0 or 1; its place."""
        self._highs.addVar(0.0, 1.0)
        self._highs.changeColIntegrality(self._columns, highspy.HighsVarType.kInteger)
        self._columns += 1
        self.is_mixed = True
        return self._columns - 1

    def add_row(
        self, lower: float, columns: Sequence[int] | Places, values: Sequence[float] | Floats, upper: float
    ) -> int:
        """One more row; its place."""
        places = np.asarray(columns, dtype=np.int32)
        self._highs.addRow(lower, upper, len(places), places, np.asarray(values, dtype=float))
        return int(self._highs.getNumRow()) - 1

    def remove_rows(self, rows: Sequence[int]) -> None:
        """Take rows away again; rows after them move up."""
        if rows:
            self._highs.deleteRows(len(rows), np.asarray(sorted(rows), dtype=np.int32))

    def bound_row(self, row: int, lower: float, upper: float) -> None:
        """Set a row's bounds."""
        self._highs.changeRowBounds(row, lower, upper)

    def bound_columns(self, columns: Places, lower: float, upper: float) -> None:
        """Set the same bounds for several columns."""
        places = columns.astype(np.int32)
        self._highs.changeColsBounds(len(places), places, np.full(len(places), lower), np.full(len(places), upper))

    def least(self, costs: Floats) -> Floats:
        """The columns' values at the least cost; columns beyond ``costs`` cost nothing.

        Raises:
            NoSolution: the rows contradict each other.
            OutOfTime: the deadline passed before the optimum was proved.
        """
        left_s = self._deadline_s - time.perf_counter()
        if left_s <= 0.0:
            raise OutOfTime("the time for planning is over")
        # HiGHS (1.15) counts the time of linear programs over all runs of an instance, that of others anew each time.
        before_s = 0.0 if self.is_mixed else self._highs.getRunTime()
        self._set("time_limit", value=before_s + left_s)
        all_costs = np.zeros(self._columns)
        all_costs[: len(costs)] = costs
        self._highs.changeColsCost(self._columns, np.arange(self._columns, dtype=np.int32), all_costs)
        self._highs.run()
        status = self._highs.getModelStatus()
        if status not in _ANSWERS:
            # Numerical trouble on the way from the last basis, or a presolve that found tight rows to contradict each
            # other (seen with 1.15): begin anew, without presolve.
            self._highs.clearSolver()
            self._set("presolve", value="off")
            self._highs.run()
            self._set("presolve", value="choose")
            status = self._highs.getModelStatus()
        if status == highspy.HighsModelStatus.kOptimal:
            return np.array(self._highs.getSolution().col_value)
        if status == highspy.HighsModelStatus.kTimeLimit:
            raise OutOfTime("the time for planning is over")
        raise NoSolution(f"the solver found no solution: {self._highs.modelStatusToString(status)}")
