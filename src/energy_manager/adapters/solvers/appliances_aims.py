"""What each stage of planning runs makes least: a cost for each column of the programme."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from energy_manager.adapters.solvers.appliances_program import SWITCH_DELAY
from energy_manager.adapters.solvers.appliances_rows import ApplianceProgram
from energy_manager.domain.appliances.units import US_PER_HOUR

Costs: TypeAlias = Any
"""A numpy array of floats, as long as the programme has columns."""


def left_out_costs(programme: ApplianceProgram) -> Costs:
    """Each run that is left out, by its weight."""
    costs = np.zeros(len(programme.rows.lower))
    for job in programme.problem.jobs:
        if job.run_id in programme.left_out:
            costs[programme.left_out[job.run_id]] = job.weight
    return costs


def aim_costs(programme: ApplianceProgram) -> Costs:
    """The peak in kW, or the EUR that the aim counts."""
    costs = np.zeros(len(programme.rows.lower))
    if programme.peak is not None:
        costs[programme.peak] = 1.0
    buy, sell = programme.problem.price_eur_per_mwh, programme.problem.feed_in_eur_per_mwh
    for columns, price, sign in ((programme.imports, buy, 1.0), (programme.exports, sell, -1.0)):
        for piece, column in columns.items():
            start_us, end_us = programme.axis_us[piece], programme.axis_us[piece + 1]
            if price is not None:
                costs[column] = sign * float(price.at(start_us)) / 1000 * (end_us - start_us) / US_PER_HOUR
    return costs


def delay_costs(programme: ApplianceProgram) -> Costs:
    """How long runs wait, each against its tolerance; a switch of a run that may pause counts a little."""
    costs = np.zeros(len(programme.rows.lower))
    for job in programme.problem.jobs:
        tolerance_us = max(1, job.tolerance_us)
        if job.run_id in programme.ends:
            costs[programme.ends[job.run_id]] = US_PER_HOUR / tolerance_us
            costs[programme.switches[job.run_id]] = SWITCH_DELAY
        for start_us, column in programme.starts.get(job.run_id, {}).items():
            costs[column] = (start_us - job.earliest_us) / tolerance_us
    return costs


def floor_costs(programme: ApplianceProgram) -> Costs:
    """Batteries below their floor come back to it as early as they can."""
    costs = np.zeros(len(programme.rows.lower))
    costs[programme.above_floor] = -1.0
    return costs


def energy_costs(programme: ApplianceProgram) -> Costs:
    """What the batteries hold in the end, the more the better."""
    costs = np.zeros(len(programme.rows.lower))
    for stored in programme.stored.values():
        costs[stored[-1]] = -1.0
    return costs
