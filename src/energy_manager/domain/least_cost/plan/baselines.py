"""What the site would do without a plan: what the savings are measured against."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from energy_manager.domain.least_cost.engine.exchange import Exchange, Floats
from energy_manager.domain.least_cost.engine.following import followed
from energy_manager.domain.least_cost.plan.costs import SiteCourse, run_load, site_costs
from energy_manager.domain.least_cost.plan.plan import Savings
from energy_manager.domain.least_cost.problem.site import Site
from energy_manager.domain.series import at_each_step


def savings(site: Site, exchange: Exchange, base_kw: Floats, cost_eur: float) -> Savings:
    """What a plan of this cost saves against both."""
    return Savings(
        doing_nothing_eur=_cost(site, exchange, base_kw, follows_rule=False) - cost_eur,
        self_consumption_eur=_cost(site, exchange, base_kw, follows_rule=True) - cost_eur,
    )


def _cost(site: Site, exchange: Exchange, base_kw: Floats, *, follows_rule: bool) -> float:
    starts = {run.id: run.earliest_step for run in site.runs}
    net: Floats = base_kw + run_load(site, starts) if site.runs else base_kw
    charges, energies, unserved = {}, {}, {}
    hours = exchange.hours.tolist()
    # What charges as it comes comes first: batteries cover it as any other load.
    for storage in sorted(site.storages, key=lambda own: own.kind == "battery"):
        wanted: Sequence[float] | None
        if storage.kind != "battery":
            wanted = at_each_step(storage.max_charge_kw, site.steps)
        else:
            wanted = (-net).tolist() if follows_rule else None
        charge, stored, missing = followed(storage, wanted, hours)
        charges[storage.id], energies[storage.id], unserved[storage.id] = charge, stored, missing
        if wanted is not None:
            net = net + np.asarray(charge)
    course = SiteCourse(charge_kw=charges, stored_kwh=energies, unserved_kwh=unserved, starts=starts)
    return site_costs(site, exchange, base_kw, course).cost_eur
