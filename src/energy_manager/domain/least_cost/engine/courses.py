"""Going forward: what the storage does where value functions, or true costs, lead it, and what that costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from energy_manager.domain.least_cost.engine.exchange import Exchange, Floats
from energy_manager.domain.least_cost.engine.shapes import Envelope, Shape, envelope
from energy_manager.domain.least_cost.engine.step_costs import SLOPE_DECIMALS, StepCosts, with_unserved
from energy_manager.domain.least_cost.engine.terms import StorageTerms
from energy_manager.domain.storage_value.best_move import Moved, best_move
from energy_manager.domain.storage_value.reach_with_gaps import some_way
from energy_manager.domain.storage_value.value_function import Step, Value, value_functions

# Energies (kWh) and money (EUR) closer than this are equally good; a tenth of what a plan may cost too much.
TIE_KWH = 1e-6
TIE_EUR = 1e-5
# Powers are rounded to so many decimals of a kW, so that what is meant to be zero, or a limit, is.
POWER_DECIMALS = 9

Total = tuple[float, float, float]
"""What is minimised: violation (kWh), missing energy (kWh), money (EUR)."""


@dataclass(slots=True, kw_only=True)
class Course:
    """What the storage does: powers, energies after each step, use left unserved, and what that costs."""

    charge_kw: list[float]
    stored_kwh: list[float]
    unserved_kwh: list[float]
    total: Total


Head = tuple[Sequence[float], Sequence[float], Sequence[float]]
"""Powers, energies and unserved use of the first steps."""


def is_better(total: Total, than: Total) -> bool:
    """Whether a total beats another by more than a tie."""
    if abs(total[0] - than[0]) > TIE_KWH:
        return total[0] < than[0]
    if abs(total[1] - than[1]) > TIE_KWH:
        return total[1] < than[1]
    return total[2] < than[2] - TIE_EUR


def lowest_of(totals: Sequence[Total]) -> Total:
    """The least of some totals, stage by stage; what is tied in a stage goes on to the next."""
    violation = min(total[0] for total in totals)
    least = [total for total in totals if total[0] <= violation + TIE_KWH]
    missing = min(total[1] for total in least)
    return violation, missing, min(total[2] for total in least if total[1] <= missing + TIE_KWH)


@dataclass(slots=True, kw_only=True)
class Forward:
    """One storage's steps, which may be relaxed, on the way to courses."""

    terms: StorageTerms
    exchange: Exchange
    base_kw: Floats
    costs: StepCosts
    hulls: dict[tuple[int, tuple[float, float]], Envelope | None] = field(default_factory=dict)
    """The envelopes made so far, by step and part."""

    def values(self) -> list[Value]:
        """The value functions of the steps as they are relaxed."""
        band = self.terms.band
        return value_functions(
            self.costs.steps,
            lower=band.lower,
            upper=band.upper,
            end_value=(0.0, 0.0, round(self.terms.end_value, SLOPE_DECIMALS), 0.0, 0.0),
        )

    def relax(self, limits: Mapping[int, tuple[float, float]]) -> dict[int, Envelope] | None:
        """Put the envelopes under these limits into the steps; None where a step may do nothing at all."""
        found = {}
        for step, shape in self.costs.shapes.items():
            part = limits.get(step) or (shape.corners[0].entered, shape.corners[-1].entered)
            if (step, part) not in self.hulls:
                self.hulls[step, part] = envelope(shape, *part)
            hull = self.hulls[step, part]
            if hull is None:
                return None
            found[step] = hull
            own = self.costs.steps[step]
            own.least = hull.corners[0].entered
            own.pieces = with_unserved(hull.pieces, own.use)
        return found

    def course(self, values: list[Value], deciding: Mapping[int, Shape], head: Head | None = None) -> Course:
        """Go forward along the values; steps in ``deciding`` take what is best at their true cost.

        The first steps are as in ``head``, where there is one.
        """
        terms = self.terms
        hours = self.exchange.hours.tolist()
        into, out = terms.into, terms.out
        stored = float(terms.storage.stored_kwh)
        charges, energies, unserved = ([], [], []) if head is None else (list(series) for series in head)
        known = len(charges)
        if known:
            stored = energies[-1]
        for place in range(known, len(values)):
            step, value, hour = self.costs.steps[place], values[place], hours[place]
            if place in deciding:
                moved = true_move(deciding[place], step, value, stored)
            else:
                moved = best_move(step, value, stored)
            entered = moved[0]
            charge = round(entered / ((into if entered > 0.0 else out) * hour), POWER_DECIMALS) + 0.0
            stored = step.keep * stored - step.use + moved[1] + charge * hour * (into if charge > 0.0 else out)
            charges.append(charge)
            energies.append(stored)
            unserved.append(moved[1])
        return self.judged(charges, energies, unserved)

    def way_that_exists(self) -> Course:
        """A course that keeps the band and the least powers, whatever it costs."""
        reach = self.terms.reach
        assert reach is not None, "only a least power leaves gaps"
        return self.of_moves(some_way(reach))

    def of_moves(self, moves: Sequence[tuple[float, float]]) -> Course:
        """The course in which so much enters, and stays unserved, in each step."""
        charges, energies, unserved = [], [], []
        stored = float(self.terms.storage.stored_kwh)
        for place, (step, (entered, missed)) in enumerate(zip(self.costs.steps, moves, strict=True)):
            stored = step.keep * stored - step.use + entered + missed
            charges.append(self.charge_kw(place, entered))
            energies.append(stored)
            unserved.append(missed)
        return self.judged(charges, energies, unserved)

    def charge_kw(self, place: int, entered: float) -> float:
        """The power with which so much enters in a step, rounded."""
        per_kw = (self.terms.into if entered > 0.0 else self.terms.out) * float(self.exchange.hours[place])
        return round(entered / per_kw, POWER_DECIMALS) + 0.0

    def judged(self, charges: list[float], energies: list[float], unserved: list[float]) -> Course:
        """The course of these powers, energies and unserved use, with its true cost."""
        terms = self.terms
        charge = np.array(charges)
        violation, money = self.exchange.totals(self.base_kw + charge)
        wear = terms.storage.wear_eur_per_kwh
        if wear:
            money += wear * float(np.abs(terms.entered(charge, self.exchange.hours)).sum())
        missing = math.fsum(unserved) if terms.use is not None else 0.0
        for step, levels in terms.wanted.items():
            missing += sum(max(level - energies[step], 0.0) for level in levels)
        money -= terms.end_value * energies[-1]
        return Course(charge_kw=charges, stored_kwh=energies, unserved_kwh=unserved, total=(violation, missing, money))

    def keeps_limits(self, course: Course) -> bool:
        """Whether the energies stay in their band."""
        return self.terms.holds(course.stored_kwh, TIE_KWH)

    def is_allowed(self, course: Course) -> bool:
        """Whether no power lies below the least one."""
        entered = self.terms.entered(np.array(course.charge_kw), self.exchange.hours)
        return all(shape.allows(float(entered[step])) for step, shape in self.costs.shapes.items())


def true_move(shape: Shape, step: Step, value: Value, stored: float) -> Moved:
    """What is best at the true cost of a step and the value after it.

    Between the corners of the cost and the kinks of the value both are linear, so the best lies at one of them.
    """
    before = step.keep * stored - step.use
    left = value.upper - sum(value.lengths)
    lower, upper = step.least, shape.corners[-1].entered
    limit = sum(length for _, length, kind in step.pieces if kind == 0) + step.least
    upper = min(upper, limit)
    points = {corner.entered for corner in shape.within(lower, upper)}
    kink = value.upper
    kinks = [kink]
    for length in value.lengths:
        kink -= length
        kinks.append(kink)
    points.update(
        energy - before for energy in kinks if lower <= energy - before <= upper and shape.allows(energy - before)
    )
    best: tuple[tuple[float, float, float], float, float] | None = None
    for entered in sorted(points, reverse=True):
        after = before + entered
        if after > value.upper + 1e-9:
            continue
        unserved = max(left - after, 0.0)
        if unserved > step.use + 1e-9:
            continue
        over, money = shape.cost(entered)
        worth = _worth(value, max(after, left))
        total = (round(over - worth[0], 9), round(unserved - worth[1], 9), money - worth[2])
        if best is None or total[:2] < best[0][:2] or (total[:2] == best[0][:2] and total[2] < best[0][2] - 1e-12):
            best = total, entered, unserved
    if best is None:
        return best_move(step, value, stored)
    return Moved(best[1], best[2])


def _worth(value: Value, stored: float) -> tuple[float, float, float]:
    """What the energy is worth against a full storage's: not positive."""
    room = value.upper - stored
    worth = [0.0, 0.0, 0.0]
    for slope, length in zip(value.slopes, value.lengths, strict=True):
        part = min(room, length)
        if part <= 0.0:
            break
        for stage in range(3):
            worth[stage] -= slope[stage] * part
        room -= part
    return worth[0], worth[1], worth[2]
