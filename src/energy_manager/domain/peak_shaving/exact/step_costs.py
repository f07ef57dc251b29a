"""What one step costs, as a function of the energy that goes into the storage in it.

Let w be the change of the stored energy in a step (kWh, on the storage side). The cost is lexicographic: first the
energy beyond the limits of the PCC, then the change, |w - scheduled|. As a function of w both are piecewise linear,
and their slopes come from a fixed, short list, the *classes*: the violation falls or grows with the charging power (1
kWh stored is 1/charge efficiency kWh at the terminals, 1 kWh drawn is discharge efficiency kWh) or does not matter,
and the change falls (towards the schedule) or grows (away from it). Without losses that makes 3 x 2 = 6 classes, with
losses 10.

One case is not convex: where the export limit is broken while the storage stands still, charging helps more per stored
kWh than discharging hurts, so that losing energy in a round trip would pay. There the step's *direction* matters. A
step whose direction is decided is convex again; one that is still open is replaced by a line below its true cost (a
relaxation), whose slopes are added to the classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
import numpy.typing as npt

from energy_manager.domain.peak_shaving.problem import PlanningProblem
from energy_manager.domain.series import NEGLIGIBLE, Level

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]

# Slopes of relaxed steps are rounded towards zero on this many levels: a valid, slightly weaker bound with few classes.
_RELAXED_LEVELS = 16


class Direction(Enum):
    """What a step that is not convex is allowed to do."""

    OPEN = "open"
    CHARGE = "charge"
    DISCHARGE = "discharge"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostTerms:
    """What all cost functions of one problem share, one value a step; energies in kWh on the storage side."""

    scheduled: Floats
    least: Floats
    most: Floats
    export_kept_from: Floats
    """The w from which on the export limit is kept."""
    import_kept_to: Floats
    """The w up to which the import limit is kept."""
    charge_slope: float
    """kWh at the terminals for 1 kWh charged."""
    discharge_slope: float
    """kWh at the terminals for 1 kWh drawn."""

    def violation(self, moved: Floats, steps: slice | Places = slice(None)) -> Floats:
        """The true energy beyond the PCC limits (kWh), for the energies that go into the storage in ``steps``."""
        least, most = self._outside(self.export_kept_from[steps]), self._outside(self.import_kept_to[steps])
        carried = self._outside(moved)
        over: Floats = np.maximum(least - carried, 0.0) + np.maximum(carried - most, 0.0)
        return over

    def _outside(self, stored: Floats) -> Floats:
        """Energies at the terminals, from energies on the storage side."""
        energy: Floats = np.where(stored > 0.0, self.charge_slope, self.discharge_slope) * stored
        return energy

    @property
    def open_steps(self) -> list[int]:
        """The steps whose cost is not convex."""
        if self.charge_slope == self.discharge_slope:
            return []
        wasteful = (np.minimum(self.export_kept_from, self.most) > NEGLIGIBLE) & (self.least < -NEGLIGIBLE)
        return [int(step) for step in np.flatnonzero(wasteful)]


def cost_terms(problem: PlanningProblem) -> CostTerms:
    """The terms of a single storage's problem."""
    (storage,) = problem.storages
    base = np.asarray(problem.load_kw, dtype=float) - np.asarray(problem.production_kw, dtype=float)
    charge_slope = 1.0 / storage.charge_efficiency
    discharge_slope = storage.discharge_efficiency
    hours = np.asarray(problem.hours)

    def stored(charge_kw: Floats) -> Floats:
        slopes = np.where(charge_kw > 0.0, charge_slope, discharge_slope)
        energy: Floats = charge_kw * hours / slopes
        return energy

    def array(level: Level) -> Floats:
        return np.broadcast_to(np.asarray(level, dtype=float), base.shape)

    return CostTerms(
        scheduled=stored(np.asarray(storage.schedule_kw, dtype=float)),
        least=stored(-array(storage.max_discharge_kw)),
        most=stored(array(storage.max_charge_kw)),
        export_kept_from=stored(-array(problem.pcc.export_limit_kw) - base),
        import_kept_to=stored(array(problem.pcc.import_limit_kw) - base),
        charge_slope=charge_slope,
        discharge_slope=discharge_slope,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCosts:
    """Convex step costs as the value function wants them.

    ``lengths[t][k]`` is how long (kWh) the step's cost runs with the slope of class k; classes are in ascending order
    of (violation slope, change slope); a step's domain is ``[least[t], most[t]]``, as long as its lengths together.
    """

    least: list[float]
    most: list[float]
    lengths: list[list[float]]
    classes: tuple[tuple[float, int], ...]
    relaxed: Mapping[int, float]
    """The slope that stands in for the true ones below ``export_kept_from``, for steps that are open."""


def step_costs(terms: CostTerms, directions: Mapping[int, Direction]) -> StepCosts:
    """The costs of all steps, ``directions`` saying which ones are restricted or relaxed."""
    least, most = terms.least, terms.most
    if directions:
        least, most = least.copy(), most.copy()
        for step, direction in directions.items():
            if direction is Direction.CHARGE:
                least[step] = min(max(least[step], 0.0), most[step])
            elif direction is Direction.DISCHARGE:
                most[step] = max(min(most[step], 0.0), least[step])
    relaxed = _relaxed_slopes(terms, [step for step, direction in directions.items() if direction is Direction.OPEN])
    steep, flat = terms.charge_slope, terms.discharge_slope
    below = np.minimum(np.maximum(terms.export_kept_from, least), most)
    above = np.minimum(np.maximum(terms.import_kept_to, below), most)
    turn = np.minimum(np.maximum(0.0, least), most)
    drawn_to, charged_from = np.minimum(below, turn), np.maximum(above, turn)
    pieces = (
        (-steep, drawn_to, below),
        (-flat, least, drawn_to),
        (0.0, below, above),
        (flat, above, charged_from),
        (steep, charged_from, most),
    )
    slopes = sorted({-steep, -flat, 0.0, flat, steep, *relaxed.values()})
    lengths = np.zeros((len(least), 2 * len(slopes)))
    for slope, begin, end in pieces:
        place = 2 * slopes.index(slope)
        towards_schedule = np.maximum(np.minimum(end, terms.scheduled) - begin, 0.0)
        lengths[:, place] += towards_schedule
        lengths[:, place + 1] += (end - begin) - towards_schedule
    for step, slope in relaxed.items():
        lengths[step, : 2 * slopes.index(0.0)] = 0.0
        span = below[step] - least[step]
        towards = min(max(terms.scheduled[step] - least[step], 0.0), span)
        place = 2 * slopes.index(slope)
        lengths[step, place : place + 2] = towards, span - towards
    return StepCosts(
        least=least.tolist(),
        most=most.tolist(),
        lengths=lengths.tolist(),
        classes=tuple((slope, change) for slope in slopes for change in (-1, 1)),
        relaxed=relaxed,
    )


def _relaxed_slopes(terms: CostTerms, open_steps: list[int]) -> dict[int, float]:
    """For every open step the steepest line through its kink at ``export_kept_from`` that stays below its true cost."""
    steep, flat = terms.charge_slope, terms.discharge_slope
    slopes = {}
    for step in open_steps:
        charged = min(float(terms.export_kept_from[step]), float(terms.most[step]))
        drawn = -float(terms.least[step])
        chord = (flat * drawn + steep * charged) / (drawn + charged)
        level = int((chord - flat) / (steep - flat) * _RELAXED_LEVELS)
        slopes[step] = -(flat + (steep - flat) * min(level, _RELAXED_LEVELS) / _RELAXED_LEVELS)
    return slopes
