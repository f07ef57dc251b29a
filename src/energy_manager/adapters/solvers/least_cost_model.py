"""The program of a site in HiGHS: first relaxed, then branched on, one stage after the other."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import highspy
import numpy as np
from numpy.typing import NDArray

from energy_manager.adapters.solvers.highs_model import INF, Floats, HighsInstance, Places
from energy_manager.adapters.solvers.least_cost_program import SiteProgram, StorageColumns
from energy_manager.domain.quantities import AssetId

# What a later stage may give back of an earlier one's value: HiGHS keeps rows within 1e-7, and has been seen to
# find tighter ones to contradict each other, or to prove what is wrong.
_SLACK = 3e-7
# More than this is no rounding error any more.
_MOST_SLACK = 1e-4
# Energies (kWh) closer than this are equally good.
_TIE_KWH = 1e-6
# A stage closer to its bound than this (kWh or EUR) is done: a tenth of what a plan may cost too much.
_GAP = 1e-5
# Powers (kW) below this are the solver's dust.
_DUST_KW = 1e-6
_CONTRADICTIONS = (highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a stage found: the columns' values, if any, and what the stage cannot be less than."""

    values: Floats | None
    bound: float


class _Pair(NamedTuple):
    """Columns of which no step may use both, and the most of each (kW)."""

    one: Places
    other: Places
    most_one: Floats
    most_other: Floats

    def at_once(self, values: Floats) -> NDArray[np.bool_]:
        """The steps that use both."""
        return np.minimum(values[self.one], values[self.other]) > _DUST_KW


def _pair_of(own: StorageColumns) -> _Pair:
    return _Pair(own.charge, own.discharge, own.most_charge_kw, own.most_discharge_kw)


class StagedModel(HighsInstance):
    """The program in one HiGHS instance; all its runs together end at the deadline."""

    def __init__(self, program: SiteProgram, *, deadline_s: float) -> None:
        super().__init__(program.gathered.programme(), mip_abs_gap=_GAP, mip_feasibility_tolerance=1e-9)
        self._program = program
        self._deadline_s = deadline_s
        self.stages = program.stages()
        self.reached: dict[str, float] = {}
        """What the relaxation reached, by stage."""
        self.prices: Floats = np.zeros(program.site.steps)
        """EUR/kWh at the balance, from the relaxation's last stage."""
        self.peak_prices: Sequence[float] = ()
        """EUR for a kW of each clock quarter's mean import, from the relaxation's last stage."""
        self.relaxed_in_s = 0.0
        self._apart: set[tuple[int, int]] = set()
        self._kept: dict[str, int] = {}
        self._values_kept: dict[str, float] = {}

    @property
    def left_s(self) -> float:
        """How much time is left."""
        return self._deadline_s - time.perf_counter()

    def relax(self) -> bool:
        """Solve the relaxation stage by stage, noting how long it took; False where the time did not suffice."""
        began_s = time.perf_counter()
        reached = self._staged()
        if reached is None:
            return False
        self.reached, self.relaxed_in_s = reached, time.perf_counter() - began_s
        duals = np.array(self._highs.getSolution().row_dual)
        self.prices = duals[self._program.balance] / self._program.exchange.hours
        self.peak_prices = (-duals[self._program.quarter_rows]).tolist()
        return True

    def _staged(self) -> dict[str, float] | None:
        """Minimise stage by stage, each held to what it reached; None where that was not done in time."""
        hard = [name for name in self.stages if name != "money"]
        reached = {}
        if hard:
            # All are 0 where their sum is, which is usual.
            together = self._run(np.sum([self.stages[name] for name in hard], axis=0))
            if together is None:
                return None
            for name in hard:
                least = self._run(self.stages[name]) if together > _TIE_KWH else 0.0
                if least is None:
                    return None
                reached[name] = least
                self.keep(name, least)
        money = self._run(self.stages["money"])
        return None if money is None else reached | {"money": money}

    def with_whole(self, whole: Mapping[int, float]) -> Floats | None:
        """The best values of all other columns while those in ``whole`` are fixed; None where there was no time.

        To be asked before columns are branched on; the relaxation is as before afterwards.
        """
        places = np.array(list(whole), dtype=np.int64)
        fixed = np.array(list(whole.values()))
        self._loosen(self.stages)
        self.bound_columns(places, fixed, fixed)
        values = None if self._staged() is None else self.values()
        self.bound_columns(places, 0.0, 1.0)
        for name, value in self.reached.items():
            if name != "money":
                self.keep(name, value)
        return values

    def money(self) -> float | None:
        """The least money of the relaxation as it is bounded now; None where there is none, or no time."""
        return self._run(self.stages["money"])

    def reduced_costs(self, columns: Places) -> Floats:
        """What a unit more of each column would cost, after the last run of a relaxation."""
        return np.array(self._highs.getSolution().col_dual)[columns]

    def _loosen(self, names: Iterable[str]) -> None:
        """Hold these stages to nothing: what the relaxation reached may be out of reach for whole numbers."""
        for name in names:
            if name in self._kept:
                self._values_kept[name] = INF
                self.bound_row(self._kept[name], -INF, INF)

    def _run(self, costs: Floats) -> float | None:
        """The least cost of the program as it is, if that was found in time."""
        if not self._start(costs):
            return None
        if self._highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return float(self._highs.getInfo().objective_function_value)

    def _start(self, costs: Floats, *, share: float = 1.0) -> bool:
        left_s = share * self.left_s
        if left_s <= 0.0:
            return False
        self.charge(costs, within_s=left_s)
        self._highs.run()
        return True

    def keep(self, name: str, value: float) -> None:
        """Hold a stage to what it has reached."""
        self._values_kept[name] = value
        if name in self._kept:
            self.bound_row(self._kept[name], -INF, value + _SLACK)
            return
        costs = self.stages[name]
        used = np.flatnonzero(costs)
        self._kept[name] = self.add_row(-INF, used, costs[used], value + _SLACK)

    def branch_on(self, *, whole: bool = True) -> None:
        """Make the program's whole numbers such, or relaxed ones again."""
        kind = highspy.HighsVarType.kInteger if whole else highspy.HighsVarType.kContinuous
        for places in self._program.whole:
            self.is_mixed = whole
            self._highs.changeColsIntegrality(len(places), places.astype(np.int32), np.full(len(places), kind))

    def improve(self, name: str, *, at_least: float, at_most: float, begin: Mapping[int, float], share: float) -> Found:
        """Minimise a stage over whole numbers, from a plan that has reached ``at_most``.

        ``begin`` is the plan, as far as it is whole numbers; ``at_least`` is known to be a bound; it may take a
        ``share`` of the time that is left.
        """
        bound = at_least
        if at_most - bound <= (_GAP if name == "money" else _TIE_KWH):
            return Found(values=None, bound=bound)
        order = list(self.stages)
        self._loosen(order[order.index(name) :])
        # Before money the bound is what takes long, and HiGHS' search near the relaxation doubled that (1.15).
        self._highs.setOptionValue("mip_heuristic_run_rins", name == "money")
        self.begin_at(begin)
        if not self._start(self.stages[name], share=share) or not self._loosened(self.stages[name]):
            return Found(values=None, bound=bound)
        info = self._highs.getInfo()
        has_values = info.primal_solution_status == 2
        has_whole = bool(self._program.whole) or bool(self._apart)
        own = info.mip_dual_bound if has_whole else info.objective_function_value
        if np.isfinite(own):
            bound = max(bound, float(own))
        return Found(
            values=self.values() if has_values else None,
            bound=bound,
        )

    def earliest(self, charges: Iterable[Places], *, begin: Mapping[int, float], share: float) -> Floats | None:
        """The values that charge as early as can be while every stage keeps what it is held to; None if none was found.

        ``charges``: columns of power by step; ``begin`` is a plan, as far as it is whole numbers.
        """
        costs = np.zeros(self._program.gathered.columns)
        for places in charges:
            costs[places] = np.arange(len(places)) / max(len(places), 1)
        self.begin_at(begin)
        is_found = self._start(costs, share=share) and self._highs.getInfo().primal_solution_status == 2
        return self.values() if is_found else None

    def _loosened(self, costs: Floats) -> bool:
        """Give the stages before a little more slack where the solver finds that they contradict each other."""
        slack = _SLACK
        self._highs.setOptionValue("presolve", "choose")
        while self._highs.getModelStatus() in _CONTRADICTIONS:
            slack *= 10.0
            if slack > _MOST_SLACK:
                return False
            # Presolve has been seen to find tight rows to contradict each other (1.15).
            self._highs.setOptionValue("presolve", "off")
            for name, row in self._kept.items():
                self.bound_row(row, -INF, self._values_kept[name] + slack)
            if not self._start(costs):
                return False
        self._highs.setOptionValue("presolve", "choose")
        return True

    def keep_apart(self, values: Floats, *, everywhere: bool) -> bool:
        """Let no step charge and discharge, or import and export, at once where ``values`` do; whether any did.

        ``everywhere``: in no step of a storage that does so in any, lest it does so in another one next.
        """
        found = False
        for pair in self._pairs():
            both = pair.at_once(values)
            if not both.any():
                continue
            found = True
            steps = (pair.most_one > 0.0) & (pair.most_other > 0.0) if everywhere else both
            for step in np.flatnonzero(steps).tolist():
                self._add_side(
                    (int(pair.one[step]), float(pair.most_one[step])),
                    (int(pair.other[step]), float(pair.most_other[step])),
                )
        return found

    def is_at_once(self, values: Floats) -> bool:
        """Whether any step charges and discharges, or imports and exports, at once."""
        return any(pair.at_once(values).any() for pair in self._pairs())

    def storages_at_once(self, values: Floats) -> frozenset[AssetId]:
        """The storages that charge and discharge at once in any step."""
        storages = (own for own in self._program.storages if len(own.discharge))
        return frozenset(own.terms.storage.id for own in storages if _pair_of(own).at_once(values).any())

    def _pairs(self) -> Iterator[_Pair]:
        program = self._program
        for own in program.storages:
            if len(own.discharge):
                yield _pair_of(own)
        yield _Pair(program.bought, program.sold, program.most_import_kw, program.most_export_kw)

    def _add_side(self, one: tuple[int, float], other: tuple[int, float]) -> None:
        """A binary that lets only one of two columns be more than 0, if there is none yet."""
        if (one[0], other[0]) in self._apart:
            return
        self._apart.add((one[0], other[0]))
        side = self.add_binary()
        for column, weight, upper in ((one[0], -one[1], 0.0), (other[0], other[1], other[1])):
            self.add_row(-INF, (column, side), (1.0, weight), upper)
