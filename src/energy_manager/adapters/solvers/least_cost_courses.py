"""From a site's program to the courses of its assets and back: values of columns, whole numbers near a relaxation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from energy_manager.adapters.solvers.highs_model import Floats
from energy_manager.adapters.solvers.least_cost_program import SiteProgram, StorageColumns
from energy_manager.domain.least_cost.engine.courses import POWER_DECIMALS
from energy_manager.domain.least_cost.engine.single import solve
from energy_manager.domain.least_cost.plan.costs import SiteCourse, run_load
from energy_manager.domain.least_cost.plan.finishing import base_kw

_NO_ENERGY_KWH = 1e-6


def whole_of(program: SiteProgram, course: SiteCourse) -> dict[int, float]:
    """A course's whole numbers, by column."""
    whole: dict[int, float] = {}
    for storage in program.storages:
        charge = course.charge_kw[storage.terms.storage.id]
        for column, step in zip(storage.switch.tolist(), storage.switch_steps.tolist(), strict=True):
            whole[column] = 1.0 if charge[step] > 0.0 else 0.0
    for own in program.runs:
        start = course.starts[own.run.id]
        whole.update(dict.fromkeys(own.starts.tolist(), 0.0))
        whole[int(own.starts[start - own.run.earliest_step])] = 1.0
    return whole


class Alone(NamedTuple):
    """A storage's own best course, and what no plan has less of before money, by stage, where that is proved."""

    course: SiteCourse
    least: Mapping[str, float]


def planned_alone(program: SiteProgram, beside: SiteCourse) -> Alone | None:
    """What the exact engine says where one storage is all there is to plan; None where there is more.

    It knows nothing of a demand charge, but violation and shortfall do not either.
    """
    site = program.site
    if len(program.storages) != 1 or any(len(run.starts) > 1 for run in site.runs):
        return None
    terms = program.storages[0].terms
    name = terms.storage.id
    found = solve(terms, program.exchange, base_kw(site) + run_load(site, beside.starts))
    course = SiteCourse(
        charge_kw={name: found.course.charge_kw},
        stored_kwh={name: found.course.stored_kwh},
        unserved_kwh={name: found.course.unserved_kwh},
        starts=beside.starts,
    )
    violation, missing, _ = found.bound
    return Alone(course, {"violation": violation, "missing": missing} if found.proved else {})


def whole_near(program: SiteProgram, relaxed: Floats, *, behind: float) -> dict[int, float]:
    """Whole numbers near a relaxation's: runs start where most of them does, chargers run at least as much.

    A charger is on whenever what it has charged at its least power falls behind the relaxation by more than ``behind``,
    in parts of a step; where the relaxation charges and discharges at once, one of the two, so that energy keeps up.
    """
    whole: dict[int, float] = {}
    for run in program.runs:
        if len(run.starts) > 1:
            whole.update(dict.fromkeys(run.starts.tolist(), 0.0))
            whole[int(run.starts[int(np.argmax(relaxed[run.starts]))])] = 1.0
    for own in program.storages:
        whole.update(_switches_near(program, own, relaxed, behind=behind))
    return whole


def _switches_near(
    program: SiteProgram, own: StorageColumns, relaxed: Floats, *, behind: float
) -> Iterator[tuple[int, float]]:
    if not len(own.switch):
        return
    hours = program.exchange.hours
    charged = relaxed[own.charge] * hours * own.terms.into
    given = relaxed[own.discharge] * hours * own.terms.out if len(own.discharge) else np.zeros(len(charged))
    lag = 0.0
    for column, step in zip(own.switch.tolist(), own.switch_steps.tolist(), strict=True):
        least, into, out = float(own.terms.least_charge[step]), float(charged[step]), float(given[step])
        if least == 0.0 and min(into, out) <= _NO_ENERGY_KWH:
            yield column, float(into > out)
            continue
        lag += into - out
        is_on = lag > behind * (least or into) + _NO_ENERGY_KWH
        lag += -max(least, into) if is_on else out
        yield column, float(is_on)


def course_of(program: SiteProgram, values: Floats) -> SiteCourse:
    """The course that the values of the columns mean: one direction a step, least powers kept, one start a run.

    From a relaxation, a run starts where most of it does. What is best to curtail depends on a demand charge, so that
    is the solver's where there is one.
    """
    charges, energies, unserved = {}, {}, {}
    for storage in program.storages:
        name = storage.terms.storage.id
        charges[name], energies[name], unserved[name] = _storage_course(program, storage, values)
    starts = {own.run.id: own.run.earliest_step + int(np.argmax(values[own.starts])) for own in program.runs}
    curtailed = None
    if program.site.demand_charge is not None and len(program.curtailed):
        curtailed = np.clip(values[program.curtailed], 0.0, program.exchange.spare)
    return SiteCourse(
        charge_kw=charges, stored_kwh=energies, unserved_kwh=unserved, starts=starts, curtailed_kw=curtailed
    )


def _storage_course(
    program: SiteProgram, own: StorageColumns, values: Floats
) -> tuple[list[float], list[float], list[float]]:
    """Powers, energies and unserved use: each step aims at the solver's energy from the energy there really is."""
    terms, steps = own.terms, program.site.steps
    wanted = np.clip(values[own.stored], terms.band.lower, terms.band.upper).tolist()
    missed = values[own.unserved].tolist() if len(own.unserved) else [0.0] * steps
    keeps = [1.0] * steps if terms.keep is None else terms.keep.tolist()
    uses = [0.0] * steps if terms.use is None else terms.use.tolist()
    least_charge = (terms.least_charge / (terms.into * program.exchange.hours)).tolist()
    stored = float(terms.storage.stored_kwh)
    charges, energies, unserved = [], [], []
    for step, hours in enumerate(program.exchange.hours.tolist()):
        missing = min(max(missed[step], 0.0), uses[step])
        before = keeps[step] * stored - uses[step] + missing
        moved = wanted[step] - before
        charge = moved / (hours * (terms.into if moved > 0.0 else terms.out))
        charge = min(max(charge, -float(own.most_discharge_kw[step])), float(own.most_charge_kw[step]))
        if 0.0 < charge < least_charge[step]:
            charge = least_charge[step] if charge > 0.5 * least_charge[step] else 0.0
        charge = round(charge, POWER_DECIMALS) + 0.0
        stored = before + charge * hours * (terms.into if charge > 0.0 else terms.out)
        charges.append(charge)
        energies.append(stored)
        unserved.append(missing)
    return charges, energies, unserved
