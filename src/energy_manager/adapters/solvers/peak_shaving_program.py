"""The peak shaving problem as columns and rows.

A storage's power is split into *branches* that begin at its schedule: more energy into the storage or less, each part
while it discharges or while it charges. A branch has a length (kWh stored), costs a change of 1 kWh a kWh, and moves
some energy at the terminals. With losses a branch must be used up before the next one begins; the programme leaves that
out (it is a relaxation), and ``keep_order`` brings it in with a binary where the solver made use of the omission.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from energy_manager.adapters.solvers.highs_model import INF, Floats, Gathered, HighsModel, Places
from energy_manager.domain.peak_shaving import PlanningProblem, Storage, energy_band, grid_room
from energy_manager.domain.series import Level
from energy_manager.domain.storage_value.reach import EnergyBand

# Powers further apart than this are no rounding error of the solver.
_WASTE_KW = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A part of a storage's power, in the steps where it exists; arrays have one value for each of these steps."""

    sign: float
    """+1 more energy into the storage than the schedule has, -1 less."""
    charging: bool
    """Whether the storage charges in this part, or discharges."""
    terminal_kw: Floats
    """The power at the terminals that 1 kWh of this branch stands for."""
    steps: Places
    lengths: Floats
    columns: Places


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageColumns:
    """Where one storage is in the programme."""

    storage: Storage
    band: EnergyBand
    scheduled_kwh: Floats
    begin_kwh: Floats
    """The scheduled energies brought inside the power: where the branches begin. ``begin_kw`` is at the terminals."""
    begin_kw: Floats
    fills: Floats
    """The power at the terminals that puts 1 kWh into the storage within the step; ``draws`` takes it out."""
    draws: Floats
    branches: tuple[Branch, ...]
    energy: Places
    ramp_excess: Places

    def wasteful(self, values: Floats) -> list[int]:
        """The steps in which the branches together take another power than the energy they move needs."""
        power, energy = self.begin_kw.copy(), self.begin_kwh.copy()
        for branch in self.branches:
            used = branch.sign * values[branch.columns]
            power[branch.steps] += branch.terminal_kw * used
            energy[branch.steps] += used
        needed = energy * np.where(energy > 0.0, self.fills, self.draws)
        return [int(step) for step in np.flatnonzero(np.abs(power - needed) > _WASTE_KW)]

    def keep_order(self, model: HighsModel, step: int) -> None:
        """A binary that is 1 while the storage charges in this step: only then may charging branches be used."""
        charges = model.add_binary()
        for branch in self.branches:
            place = int(np.searchsorted(branch.steps, step))
            if place == len(branch.steps) or branch.steps[place] != step:
                continue
            column, length = int(branch.columns[place]), float(branch.lengths[place])
            # Up to zero and away from zero: the former is used up before the latter begins.
            if branch.charging == (branch.sign > 0.0):
                bound = (-INF, (1.0, -length), 0.0) if branch.charging else (-INF, (1.0, length), length)
            else:
                bound = (length, (1.0, length), INF) if branch.charging else (0.0, (1.0, -length), INF)
            lower, weights, upper = bound
            model.add_row(lower, (column, charges), weights, upper)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramStage:
    """One cost to be minimised; a unit of it is worth ``worth_kwh`` kWh."""

    name: str
    costs: Floats
    worth_kwh: float = 1.0


class PeakShavingProgram:
    """The columns and rows of one problem, and the cost of each stage."""

    def __init__(self, problem: PlanningProblem) -> None:
        self.problem = problem
        self.gathered = Gathered()
        self.ramps_give_way = False
        steps = problem.steps
        base = np.asarray(problem.load_kw, dtype=float) - np.asarray(problem.production_kw, dtype=float)
        self.storages = tuple(self._add_storage(storage) for storage in problem.storages)
        self._base_kw: Floats = base + sum(storage.begin_kw for storage in self.storages)
        none, endless = np.zeros(steps), np.full(steps, INF)
        self.over_import = self.gathered.add_columns(none, endless)
        self.over_export = self.gathered.add_columns(none, endless)
        import_limit = np.broadcast_to(np.asarray(problem.pcc.import_limit_kw, dtype=float), base.shape)
        export_limit = np.broadcast_to(np.asarray(problem.pcc.export_limit_kw, dtype=float), base.shape)
        pcc = self.gathered.add_rows(-export_limit - self._base_kw, import_limit - self._base_kw)
        self._enter_charge(pcc)
        self.gathered.set(pcc, self.over_import, -1.0)
        self.gathered.set(pcc, self.over_export, 1.0)
        self.peak = self._add_peak() if problem.minimise == "peak" else None
        self.demand = self._add_demand() if problem.demand_charge is not None else None

    def _add_storage(self, storage: Storage) -> StorageColumns:
        steps, hours = self.problem.steps, np.asarray(self.problem.hours)
        draws, fills = storage.discharge_efficiency / hours, 1.0 / (storage.charge_efficiency * hours)
        least = -_per_step(storage.max_discharge_kw, steps) / draws
        most = _per_step(storage.max_charge_kw, steps) / fills
        scheduled = _per_step(storage.schedule_kw, steps)
        scheduled = scheduled / np.where(scheduled > 0.0, fills, draws)
        begin = np.clip(scheduled, least, most)
        if storage.is_lossless:
            spans = [(1.0, True, fills, most - begin), (-1.0, False, draws, begin - least)]
        else:
            spans = [
                (1.0, True, fills, most - np.maximum(begin, 0.0)),
                (1.0, False, draws, np.minimum(most, 0.0) - begin),
                (-1.0, True, fills, begin - np.maximum(least, 0.0)),
                (-1.0, False, draws, np.minimum(begin, 0.0) - least),
            ]
        branches = tuple(self._add_branch(*span) for span in spans)
        band = energy_band(storage, hours=self.problem.hours, room=grid_room(self.problem, storage))
        energy = self.gathered.add_columns(np.asarray(band.lower), np.asarray(band.upper))
        moved = begin.copy()
        moved[0] += storage.stored_kwh
        balance = self.gathered.add_rows(moved, moved)
        self.gathered.set(balance, energy, 1.0)
        self.gathered.set(balance[1:], energy[:-1], -1.0)
        for branch in branches:
            self.gathered.set(balance[branch.steps], branch.columns, -branch.sign)
        begin_kw = begin * np.where(begin > 0.0, fills, draws)
        return StorageColumns(
            storage=storage,
            band=band,
            scheduled_kwh=scheduled,
            begin_kwh=begin,
            begin_kw=begin_kw,
            fills=fills,
            draws=draws,
            branches=branches,
            energy=energy,
            ramp_excess=self._add_ramp(storage, branches, begin_kw),
        )

    def _add_branch(self, sign: float, charging: bool, terminal_kw: Floats, lengths: Floats) -> Branch:  # noqa: FBT001
        steps = np.flatnonzero(lengths > 0.0)
        lengths = lengths[steps]
        columns = self.gathered.add_columns(np.zeros(len(steps)), lengths)
        return Branch(
            sign=sign, charging=charging, terminal_kw=terminal_kw[steps], steps=steps, lengths=lengths, columns=columns
        )

    def _add_ramp(self, storage: Storage, branches: Sequence[Branch], begin_kw: Floats) -> Places:
        """Rows that bound the change of power from step to step; the columns for what is beyond, closed at first."""
        ramp = storage.ramp_kw_per_step
        changes = len(begin_kw) - 1
        if ramp is None or changes == 0:
            return np.zeros(0, dtype=np.int64)
        jumps = np.diff(begin_kw)
        excess = self.gathered.add_columns(np.zeros(changes), np.zeros(changes))
        for side in (1.0, -1.0):
            rows = self.gathered.add_rows(np.full(changes, -INF), ramp - side * jumps)
            for branch in branches:
                power = side * branch.sign * branch.terminal_kw
                arrives, leaves = branch.steps > 0, branch.steps < changes
                self.gathered.set(rows[branch.steps[arrives] - 1], branch.columns[arrives], power[arrives])
                self.gathered.set(rows[branch.steps[leaves]], branch.columns[leaves], -power[leaves])
            self.gathered.set(rows, excess, -1.0)
        return excess

    def _enter_charge(self, rows: Places) -> None:
        """What the branches of all storages add to the import, into one row a step."""
        for storage in self.storages:
            for branch in storage.branches:
                self.gathered.set(rows[branch.steps], branch.columns, branch.sign * branch.terminal_kw)

    def _add_peak(self) -> Places:
        steps = self.problem.steps
        peak = self.gathered.add_columns(np.zeros(1), np.full(1, INF))
        rows = self.gathered.add_rows(np.zeros(steps), np.full(steps, INF))
        self.gathered.set(rows, np.repeat(peak, steps), 1.0)
        self.gathered.set(rows, self.over_import, -1.0)
        self.gathered.set(rows, self.over_export, -1.0)
        return peak

    def _add_demand(self) -> Places:
        """The highest import beyond what is paid for already."""
        charge = self.problem.demand_charge
        assert charge is not None
        steps = self.problem.steps
        demand = self.gathered.add_columns(np.zeros(1), np.full(1, INF))
        rows = self.gathered.add_rows(np.full(steps, -INF), charge.paid_peak_kw - self._base_kw)
        self._enter_charge(rows)
        self.gathered.set(rows, np.repeat(demand, steps), -1.0)
        return demand

    def stages(self) -> list[ProgramStage]:
        """What is minimised, one cost after the other."""
        step_h = self.problem.step_h
        shares = np.asarray(self.problem.hours) / step_h
        violation = self._costs((self.over_import, shares), (self.over_export, shares))
        stages = [ProgramStage(name="violation", costs=violation, worth_kwh=step_h)]
        if self.peak is not None:
            stages.insert(0, ProgramStage(name="peak", costs=self._costs((self.peak, 1.0))))
        change = self._costs(*((branch.columns, 1.0) for branch in self._branches()))
        if self.demand is not None and self.problem.demand_charge is not None:
            change[self.demand] = self.problem.demand_charge.worth_kwh_per_kw
        stages.append(ProgramStage(name="change", costs=change))
        steps = self.problem.steps
        early = 1.0 - np.arange(steps) / steps
        weights = early if self.problem.prefer == "late" else early[::-1]
        when = self._costs(*((branch.columns, weights[branch.steps]) for branch in self._branches()))
        return [*stages, ProgramStage(name="when", costs=when)]

    def ramp_stage(self) -> ProgramStage:
        """The power beyond the ramps, to be minimised first where they cannot be kept."""
        return ProgramStage(name="ramp", costs=self._costs((self.ramp_excess, 1.0)))

    @property
    def ramp_excess(self) -> Places:
        """The columns of the power beyond the ramps."""
        return np.concatenate([storage.ramp_excess for storage in self.storages])

    def _branches(self) -> Iterator[Branch]:
        return (branch for storage in self.storages for branch in storage.branches)

    def _costs(self, *terms: tuple[Places, Floats | float]) -> Floats:
        costs = np.zeros(self.gathered.columns)
        for columns, cost in terms:
            costs[columns] = cost
        return costs


def _per_step(level: Level, steps: int) -> Floats:
    return np.broadcast_to(np.asarray(level, dtype=float), (steps,))
