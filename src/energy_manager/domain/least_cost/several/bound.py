"""What no plan of a site can cost less than: a Lagrangian bound.

Every kW may be bought and sold at one price a step, the multiplier of the balance; then each asset is on its own, and
the exact engine plans it (Everett 1963; Geoffrion, Lagrangean Relaxation for Integer Programming, 1974). Any prices
give a valid bound; those that a good plan pays at the margin give a close one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from energy_manager.domain.least_cost.engine.courses import TIE_KWH
from energy_manager.domain.least_cost.engine.exchange import Exchange, Floats, exchange_of, market
from energy_manager.domain.least_cost.engine.single import root_values, solve
from energy_manager.domain.least_cost.engine.terms import StorageTerms, storage_terms
from energy_manager.domain.least_cost.plan.costs import SiteCosts, SiteCourse, quarters, run_load
from energy_manager.domain.least_cost.plan.finishing import base_kw
from energy_manager.domain.least_cost.problem.end_value import end_value
from energy_manager.domain.least_cost.problem.site import Site
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.storage_value.value_function import Value

# An exchange (kW) smaller than this is none.
_NO_EXCHANGE_KW = 1e-6


def lower_bound(
    site: Site,
    course: SiteCourse,
    costs: SiteCosts,
    *,
    prices: Floats | None = None,
    peak_prices: Sequence[float] = (),
) -> float:
    """EUR that any plan with the least violation and the least shortfall costs at least.

    ``course`` is a good course, whose marginal prices are used where no ``prices`` are given. ``peak_prices`` say what
    a kW of each clock quarter's mean import is made to cost; together at most the demand charge.
    """
    own = exchange_of(site)
    terms = {
        storage.id: storage_terms(storage, own.hours, end_value=end_value(site, storage)) for storage in site.storages
    }
    if prices is None:
        prices = marginal_prices(own, terms, course, costs)
    bound, buy = 0.0, own.buy
    if site.demand_charge is not None:
        charged = np.maximum(np.asarray(peak_prices, dtype=float), 0.0)
        charged *= min(1.0, site.demand_charge.eur_per_kw / max(float(charged.sum()), 1e-12))
        bound += (site.demand_charge.eur_per_kw - float(charged.sum())) * site.demand_charge.paid_peak_kw
        buy = buy.copy()
        for price, parts in zip(charged.tolist(), quarters(site), strict=False):
            for step, share in parts:
                buy[step] += price * share / own.hours[step]
    bound += _exchange_part(site, replace(own, buy=buy), terms, prices)
    bound += float((prices * base_kw(site) * own.hours).sum())
    shop = market(own.hours, prices)
    alone = {name: solve(part, shop, np.zeros(site.steps), work_steps=0).bound for name, part in terms.items()}
    if costs.shortfall_kwh <= sum(total[1] for total in alone.values()) + TIE_KWH:
        bound += sum(total[2] for total in alone.values())
    else:
        # A storage may have to be short of more than it would alone; then its least money alone says nothing.
        bound += sum(_least_money(part, prices, own) for part in terms.values())
    for run in site.runs:
        bound += min(float((prices * own.hours) @ run_load(site, {run.id: start})) for start in run.starts)
    return bound


def _least_money(terms: StorageTerms, prices: Floats, own: Exchange) -> float:
    """Less than a storage can cost at these prices, whatever it does."""
    powers = (terms.most / (terms.into * own.hours), terms.least / (terms.out * own.hours))
    traded = np.minimum(prices * powers[0], prices * powers[1]) * own.hours
    most = max(0.0, terms.end_value) * max(terms.band.upper[-1], 0.0) + max(0.0, -terms.end_value) * max(
        -terms.band.lower[-1], 0.0
    )
    return float(np.minimum(traded, 0.0).sum()) - most


def _exchange_part(site: Site, own: Exchange, terms: Mapping[AssetId, StorageTerms], prices: Floats) -> float:
    """The least that exchange and curtailment can cost against the prices, within what the site can carry at all."""
    base = base_kw(site)
    highest = np.maximum(base, 0.0) + own.spare
    lowest = np.minimum(base, 0.0)
    for part in terms.values():
        highest = highest + part.most / (part.into * own.hours)
        lowest = lowest + part.least / (part.out * own.hours)
    for run in site.runs:
        highest = highest + max(run.profile_kw)
    bought = np.minimum((own.buy - prices) * highest, 0.0)
    sold = np.minimum((own.sell - prices) * lowest, 0.0)
    curtailed = np.minimum(prices * own.spare, 0.0)
    return float(((np.minimum(bought, sold) + curtailed) * own.hours).sum())


def marginal_prices(
    own: Exchange, terms: Mapping[AssetId, StorageTerms], course: SiteCourse, costs: SiteCosts
) -> Floats:
    """What a kWh more would cost in each step: the price of the exchange, or what it is worth to a storage."""
    carried = costs.exchange_kw
    prices = np.where(carried > 0.0, own.buy, own.sell)
    still = np.flatnonzero(np.abs(carried) < _NO_EXCHANGE_KW)
    if len(still):
        everything = carried - costs.curtailed_kw
        worth = {
            name: root_values(part, own, everything - np.asarray(course.charge_kw[name]))
            for name, part in terms.items()
        }
        for step in still.tolist():
            prices[step] = _price_inside(own, terms, course, worth, step, is_curtailed=costs.curtailed_kw[step] > 0.0)
    return prices


def _price_inside(
    own: Exchange,
    terms: Mapping[AssetId, StorageTerms],
    course: SiteCourse,
    worth: Mapping[AssetId, list[Value]],
    step: int,
    *,
    is_curtailed: bool,
) -> float:
    """The price in a step without exchange: what its energy is worth to the storage that moves, inside b and f."""
    low, high = sorted((float(own.sell[step]), float(own.buy[step])))
    if is_curtailed:
        return 0.0
    for name, part in terms.items():
        charge = course.charge_kw[name][step]
        if charge == 0.0:
            continue
        after, last = worth[name][step].around(course.stored_kwh[name][step])
        wear = part.storage.wear_eur_per_kwh
        if charge > 0.0 and after is not None:
            return min(max((after[2] - wear) * part.into, low), high)
        if charge < 0.0 and last is not None:
            return min(max((last[2] + wear) * part.out, low), high)
    return 0.5 * (low + high)
