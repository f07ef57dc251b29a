"""What a course of the whole site costs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

import numpy as np

from energy_manager.domain.least_cost.engine.exchange import Exchange, Floats, Peak, array, exchange, exchange_of
from energy_manager.domain.least_cost.problem.end_value import end_value
from energy_manager.domain.least_cost.problem.site import Site
from energy_manager.domain.quantities import AssetId

QUARTER_S = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCourse:
    """What the assets do: powers, energies after each step and unserved use by storage, and the runs' starts.

    ``curtailed_kw`` None: as is best for the exchange.
    """

    charge_kw: Mapping[AssetId, Sequence[float]]
    stored_kwh: Mapping[AssetId, Sequence[float]]
    unserved_kwh: Mapping[AssetId, Sequence[float]]
    starts: Mapping[AssetId, int]
    curtailed_kw: Floats | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCosts:
    """The exchange of a course (kW, import positive), what is curtailed, and the three costs in their order."""

    exchange_kw: Floats
    curtailed_kw: Floats
    violation_kwh: float
    shortfall_kwh: float
    cost_eur: float

    @property
    def total(self) -> tuple[float, float, float]:
        """Violation, shortfall, cost."""
        return self.violation_kwh, self.shortfall_kwh, self.cost_eur


def run_load(site: Site, starts: Mapping[AssetId, int]) -> Floats:
    """What the runs that have a start take (kW a step)."""
    load = np.zeros(site.steps)
    for run in site.runs:
        start = starts.get(run.id)
        if start is not None:
            load[start : start + len(run.profile_kw)] += run.profile_kw
    return load


def site_costs(site: Site, exchange: Exchange, base_kw: Floats, course: SiteCourse) -> SiteCosts:
    """What a course costs; ``base_kw`` is load - production."""
    net = base_kw + run_load(site, course.starts) if site.runs else base_kw
    money = shortfall = 0.0
    for storage in site.storages:
        charge = np.asarray(course.charge_kw[storage.id], dtype=float)
        net = net + charge
        if storage.wear_eur_per_kwh:
            inside = np.where(charge > 0.0, charge * storage.charge_efficiency, charge / -storage.discharge_efficiency)
            money += storage.wear_eur_per_kwh * float((inside * exchange.hours).sum())
        stored = course.stored_kwh[storage.id]
        money -= end_value(site, storage) * stored[-1]
        shortfall += math.fsum(course.unserved_kwh[storage.id])
        for target in storage.targets:
            shortfall += max(target.at_least_kwh - stored[target.step], 0.0)
        if storage.comfort_kwh != 0.0:
            comfort = array(storage.comfort_kwh, site.steps)
            below = np.maximum(comfort - np.asarray(stored), 0.0)
            shortfall += float(below[comfort > 0.0].sum())
    curtailed = exchange.curtailed(net) if course.curtailed_kw is None else course.curtailed_kw
    carried = net + curtailed
    imported, exported = np.maximum(carried, 0.0), np.maximum(-carried, 0.0)
    money += float(((exchange.buy * imported - exchange.sell * exported) * exchange.hours).sum())
    if site.demand_charge is not None:
        peak = max(site.demand_charge.paid_peak_kw, *quarter_means(site, imported))
        money += site.demand_charge.eur_per_kw * peak
    return SiteCosts(
        exchange_kw=carried,
        curtailed_kw=curtailed,
        violation_kwh=float((exchange.beyond(carried) * exchange.hours).sum()),
        shortfall_kwh=shortfall,
        cost_eur=money,
    )


def quarters(site: Site) -> list[list[tuple[int, float]]]:
    """The clock quarters of the plan: which steps they lie in, and with what share of the quarter's planned time."""
    found: dict[int, list[tuple[int, float]]] = {}
    begin = site.start.astimezone(UTC).timestamp()
    for step, hours in enumerate(site.hours):
        end = begin + hours * 3600.0
        at = begin
        while at < end - 1e-6:
            quarter = math.floor(at / QUARTER_S + 1e-9)
            until = min(end, (quarter + 1) * QUARTER_S)
            found.setdefault(quarter, []).append((step, until - at))
            at = until
        begin = end
    return [[(step, part / sum(own for _, own in parts)) for step, part in parts] for _, parts in sorted(found.items())]


def quarter_means(site: Site, import_kw: Floats) -> list[float]:
    """The mean import of each clock quarter (kW); of one that has begun, over what is left of it."""
    return [sum(share * float(import_kw[step]) for step, share in parts) for parts in quarters(site)]


def peak_kw_of(site: Site, exchange_kw: Floats) -> float | None:
    """The peak that is paid for where the site carries so much (import positive); None without a demand charge."""
    if site.demand_charge is None:
        return None
    return max(site.demand_charge.paid_peak_kw, *quarter_means(site, np.maximum(exchange_kw, 0.0)))


def peaked(site: Site, own: Exchange, peak_kw: float) -> Exchange:
    """The exchange where import beyond a peak costs what it would if one clock quarter were so high."""
    assert site.demand_charge is not None
    return exchange(
        hours=own.hours,
        buy=own.buy,
        sell=own.sell,
        import_limit=own.import_limit,
        export_limit=own.export_limit,
        spare=own.spare,
        peak=Peak(
            import_kw=peak_kw,
            eur_per_kwh=site.demand_charge.eur_per_kw / np.maximum(own.hours, QUARTER_S / 3600.0),
        ),
    )


def cost_of(site: Site, storage: AssetId, charge_kw: Sequence[float], *, left_kwh: float) -> float:
    """What the site's one storage came to with these charges, of which ``left_kwh`` were left at the end."""
    exchange = exchange_of(site)
    base = np.asarray(site.load_kw, dtype=float) - array(site.production_kw, site.steps)
    course = SiteCourse(
        charge_kw={storage: charge_kw},
        stored_kwh={storage: [left_kwh] * site.steps},
        unserved_kwh={storage: ()},
        starts={},
    )
    return site_costs(site, exchange, base, course).cost_eur
