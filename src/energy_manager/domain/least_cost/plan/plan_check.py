"""Every plan is checked before it leaves, by other code than the planners'; a wrong plan is an error, no answer."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from energy_manager.domain.errors import PlanCheckFailed
from energy_manager.domain.least_cost.plan.costs import quarters
from energy_manager.domain.least_cost.plan.plan import Plan
from energy_manager.domain.least_cost.problem.end_value import end_value
from energy_manager.domain.least_cost.problem.site import Site
from energy_manager.domain.least_cost.problem.storages import Storage
from energy_manager.domain.series import Level
from energy_manager.domain.storage_value.reach_with_gaps import GapMove, reach_with_gaps

Floats = npt.NDArray[np.float64]

# Powers (kW), energies (kWh) and money (EUR) may be off by this much, relative to the largest of them beyond 1.
TOLERANCE = 1e-6


def check_plan(site: Site, plan: Plan) -> None:
    """Hold a plan against the site: powers, energies, balance, limits, runs, violation, shortfall, cost.

    Raises:
        PlanCheckFailed: listing every law that is broken.
    """
    broken = list(_broken(site, plan))
    if broken:
        raise PlanCheckFailed(broken)


def _array(level: Level, steps: int) -> Floats:
    return np.broadcast_to(np.asarray(level, dtype=float), (steps,))


def _broken(site: Site, plan: Plan) -> Iterator[str]:
    steps, hours = site.steps, np.array(site.hours)
    bought, sold, curtailed = (np.asarray(series) for series in (plan.import_kw, plan.export_kw, plan.curtailed_kw))
    charged = np.zeros(steps)
    money = short = 0.0
    for storage in site.storages:
        charge = np.asarray(plan.charge_kw.get(storage.id, ()), dtype=float)
        stored = np.asarray(plan.stored_kwh.get(storage.id, ()), dtype=float)
        unserved = np.asarray(plan.unserved_kwh.get(storage.id, ()), dtype=float)
        if not charge.shape == stored.shape == unserved.shape == (steps,):
            yield f"{storage.id}: the plan has not {steps} steps"
            return
        for words in _storage_faults(storage, charge, stored, unserved, hours):
            yield f"{storage.id}: {words}"
        charged = charged + charge
        inside = np.maximum(charge, 0.0) * storage.charge_efficiency - np.minimum(charge, 0.0) / (
            storage.discharge_efficiency
        )
        money += storage.wear_eur_per_kwh * float(inside @ hours) - end_value(site, storage) * float(stored[-1])
        comfort = _array(storage.comfort_kwh, steps)
        wanted = [np.maximum(comfort - stored, 0.0)[comfort > 0.0].sum()]
        wanted += [max(target.at_least_kwh - stored[target.step], 0.0) for target in storage.targets]
        short += float(sum(wanted) + unserved.sum())
    for run in site.runs:
        start = plan.starts.get(run.id)
        if start is None or start not in run.starts:
            yield f"{run.id}: it does not start in one of its steps"
            return
        charged = charged.copy()
        charged[start : start + len(run.profile_kw)] += run.profile_kw
    production = _array(site.production_kw, steps)
    net = np.asarray(site.load_kw) - production + charged
    size = max(1.0, float(np.abs(net).max()))
    snap_tolerance = TOLERANCE * size
    if (np.abs(bought - sold - curtailed - net) > snap_tolerance).any():
        yield "import - export - curtailed is not load - production + charge + runs"
    if (np.minimum(bought, sold) > 0.0).any() or (bought < 0.0).any() or (sold < 0.0).any():
        yield "it imports and exports at once"
    if (curtailed < 0.0).any() or (curtailed > (production if site.curtailable else 0.0) + snap_tolerance).any():
        yield "it curtails what is not there"
    over = np.maximum(bought - _array(site.pcc.import_limit_kw, steps), 0.0)
    over = over + np.maximum(sold - _array(site.pcc.export_limit_kw, steps), 0.0)
    money += float((_array(site.buy_eur_per_kwh, steps) * bought - _array(site.sell_eur_per_kwh, steps) * sold) @ hours)
    if site.demand_charge is not None:
        means = [sum(share * float(bought[step]) for step, share in parts) for parts in quarters(site)]
        money += site.demand_charge.eur_per_kw * max(site.demand_charge.paid_peak_kw, *means)
    for name, told, true in (
        ("violation", plan.violation_kwh, float(over @ hours)),
        ("shortfall", plan.shortfall_kwh, short),
        ("cost", plan.cost_eur, money),
    ):
        if not abs(told - true) <= TOLERANCE * max(1.0, abs(true)) * max(1.0, steps**0.5):
            yield f"the {name} is {true:g}, not {told:g}"


def _storage_faults(storage: Storage, charge: Floats, stored: Floats, unserved: Floats, hours: Floats) -> Iterator[str]:
    steps = len(hours)
    if not (np.isfinite(charge).all() and np.isfinite(stored).all() and np.isfinite(unserved).all()):
        yield "a value is not finite"
        return
    present = _array(storage.available, steps)
    most_in = _array(storage.max_charge_kw, steps) * present
    most_out = _array(storage.max_discharge_kw, steps) * present
    use, least = _array(storage.use_kwh, steps), _array(storage.min_charge_kw, steps)
    if (charge > most_in + TOLERANCE).any():
        yield "it charges with more than its power"
    if (-charge > most_out + TOLERANCE).any():
        yield "it discharges with more than its power"
    if ((charge > TOLERANCE) & (charge < np.minimum(least, most_in) - TOLERANCE)).any():
        yield "it charges with less than its least power"
    if (unserved < -TOLERANCE).any() or (unserved > use + TOLERANCE).any():
        yield "more is unserved than is used"
    keep = storage.keep_per_hour**hours
    before = np.concatenate(([storage.stored_kwh], stored[:-1]))
    inside = np.maximum(charge, 0.0) * storage.charge_efficiency + np.minimum(charge, 0.0) / (
        storage.discharge_efficiency
    )
    size = max(1.0, float(np.abs(before).max()))
    if (np.abs(before * keep + inside * hours - use + unserved - stored) > TOLERANCE * size).any():
        yield "its stored energy does not follow from its power"
    floor, ceiling = _array(storage.min_kwh, steps), _array(storage.capacity_kwh, steps)
    if (stored < floor - TOLERANCE).any() or (stored > ceiling + TOLERANCE).any():
        # Outside is right only where no power could have done better.
        band = reach_with_gaps(
            float(storage.stored_kwh),
            [
                GapMove(most_out=out, use=used, least_in=own_least, most_in=most, keep=kept)
                for out, used, own_least, most, kept in zip(
                    (most_out * hours / storage.discharge_efficiency).tolist(),
                    use.tolist(),
                    (least * present * hours * storage.charge_efficiency).tolist(),
                    (most_in * hours * storage.charge_efficiency).tolist(),
                    keep.tolist(),
                    strict=True,
                )
            ],
            floor=floor.tolist(),
            ceiling=ceiling.tolist(),
        ).band
        if (stored < np.asarray(band.lower) - TOLERANCE * size).any() or (
            stored > np.asarray(band.upper) + TOLERANCE * size
        ).any():
            yield "its stored energy leaves its limits"
