"""A site's least cost problem as columns and rows of a mixed-integer program.

One balance row a step: import - export - curtailed - charges + discharges - runs = load - production. That nothing
charges and discharges, or imports and exports, at once is left out of the program until a relaxation does it: then a
storage gets its direction as a binary in each step (``directed``), and ``keep_apart`` brings in what branching shows.
Binaries from the start are least charging powers, the starts of runs, and the side of the exchange where feeding in
earns more than purchase costs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from energy_manager.adapters.solvers.highs_model import INF, Floats, Gathered, Places
from energy_manager.domain.least_cost.engine.exchange import Exchange, exchange_of
from energy_manager.domain.least_cost.engine.terms import StorageTerms, storage_terms
from energy_manager.domain.least_cost.plan.costs import quarters
from energy_manager.domain.least_cost.plan.finishing import base_kw
from energy_manager.domain.least_cost.problem.end_value import end_value
from energy_manager.domain.least_cost.problem.site import Run, Site
from energy_manager.domain.quantities import AssetId

_NO_PLACES = np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageColumns:
    """Where one storage is in the program; ``switch`` are binaries that let it charge, in ``switch_steps``.

    Where it may charge it does not discharge. They are there where it has a least power or is ``directed``.
    """

    terms: StorageTerms
    charge: Places
    discharge: Places
    stored: Places
    unserved: Places
    most_charge_kw: Floats
    most_discharge_kw: Floats
    switch: Places
    switch_steps: Places


@dataclass(frozen=True, slots=True, kw_only=True)
class RunColumns:
    """The binaries of a run, one for each step it may start in."""

    run: Run
    starts: Places


class SiteProgram:
    """The columns and rows of one site, which columns are whole, and the cost of each stage.

    ``directed`` storages have a binary in each step for whether they may charge or discharge.
    """

    def __init__(self, site: Site, *, directed: Collection[AssetId] = ()) -> None:
        self.site = site
        self._directed = directed
        self.exchange: Exchange = exchange_of(site)
        self.gathered = Gathered()
        self.whole: list[Places] = []
        self._costs: dict[str, list[tuple[Places, Floats]]] = {"violation": [], "missing": [], "money": []}
        base = base_kw(site)
        self.balance = self.gathered.add_rows(base, base)
        self.storages = tuple(
            self._add_storage(storage_terms(storage, self.exchange.hours, end_value=end_value(site, storage)))
            for storage in site.storages
        )
        self.runs = tuple(self._add_run(run) for run in site.runs)
        self._add_exchange(base)
        self.quarter_rows = self._add_demand_charge()

    def _columns(self, upper: Floats, lower: Floats | float = 0.0) -> Places:
        return self.gathered.add_columns(np.broadcast_to(np.asarray(lower, dtype=float), upper.shape), upper)

    def _add_storage(self, terms: StorageTerms) -> StorageColumns:
        storage, hours, steps = terms.storage, self.exchange.hours, self.site.steps
        most_in, most_out = terms.most / (terms.into * hours), -terms.least / (terms.out * hours)
        charge = self._columns(most_in)
        discharge = self._columns(most_out) if most_out.any() else _NO_PLACES
        stored = self._columns(np.asarray(terms.band.upper), np.asarray(terms.band.lower))
        use = np.zeros(steps) if terms.use is None else terms.use
        unserved = self._columns(use) if use.any() else _NO_PLACES
        keep = np.ones(steps) if terms.keep is None else terms.keep
        right = -use
        right[0] += keep[0] * storage.stored_kwh
        rows = self.gathered.add_rows(right, right)
        self.gathered.set(rows, stored, 1.0)
        self.gathered.set(rows[1:], stored[:-1], -keep[1:])
        self.gathered.set(rows, charge, -terms.into * hours)
        self.gathered.set(self.balance, charge, -1.0)
        money, wear = self._costs["money"], storage.wear_eur_per_kwh
        money.append((charge, wear * terms.into * hours))
        if len(discharge):
            self.gathered.set(rows, discharge, terms.out * hours)
            self.gathered.set(self.balance, discharge, 1.0)
            money.append((discharge, wear * terms.out * hours))
        if len(unserved):
            self.gathered.set(rows, unserved, -1.0)
            self._costs["missing"].append((unserved, np.ones(steps)))
        money.append((stored[-1:], np.array([-terms.end_value])))
        for step, levels in terms.wanted.items():
            for level in levels:
                short = self._columns(np.array([INF]))
                row = self.gathered.add_rows(np.array([level]), np.array([INF]))
                self.gathered.set(row, stored[step : step + 1], 1.0)
                self.gathered.set(row, short, 1.0)
                self._costs["missing"].append((short, np.ones(1)))
        switched = terms.least_charge > 0.0
        if storage.id in self._directed:
            switched = switched | (most_out > 0.0)
        switch_steps = np.flatnonzero(switched & (most_in > 0.0))
        least_in = (np.minimum(terms.least_charge, terms.most) / (terms.into * hours))[switch_steps]
        switch = self._add_switch(charge[switch_steps], most_in[switch_steps], least_in)
        if len(switch) and len(discharge):
            self._let_discharge_where_off(switch, discharge[switch_steps], most_out[switch_steps])
        return StorageColumns(
            terms=terms,
            charge=charge,
            discharge=discharge,
            stored=stored,
            unserved=unserved,
            most_charge_kw=most_in,
            most_discharge_kw=most_out,
            switch=switch,
            switch_steps=switch_steps,
        )

    def _add_switch(self, charge: Places, most: Floats, least: Floats) -> Places:
        if not len(charge):
            return _NO_PLACES
        switch = self._columns(np.ones(len(charge)))
        has_least = np.flatnonzero(least > 0.0)
        above = self.gathered.add_rows(np.zeros(len(has_least)), np.full(len(has_least), INF))
        self.gathered.set(above, charge[has_least], 1.0)
        self.gathered.set(above, switch[has_least], -least[has_least])
        below = self.gathered.add_rows(np.full(len(charge), -INF), np.zeros(len(charge)))
        self.gathered.set(below, charge, 1.0)
        self.gathered.set(below, switch, -most)
        self.whole.append(switch)
        return switch

    def _let_discharge_where_off(self, switch: Places, discharge: Places, most: Floats) -> None:
        rows = self.gathered.add_rows(np.full(len(switch), -INF), most)
        self.gathered.set(rows, discharge, 1.0)
        self.gathered.set(rows, switch, most)

    def _add_run(self, run: Run) -> RunColumns:
        count = len(run.starts)
        starts = self._columns(np.ones(count))
        row = self.gathered.add_rows(np.ones(1), np.ones(1))
        self.gathered.set(np.repeat(row, count), starts, 1.0)
        for place, power in enumerate(run.profile_kw):
            if power:
                self.gathered.set(self.balance[np.arange(count) + run.earliest_step + place], starts, -power)
        if count > 1:
            self.whole.append(starts)
        return RunColumns(run=run, starts=starts)

    def _add_exchange(self, base: Floats) -> None:
        own, hours = self.exchange, self.exchange.hours
        most, least = np.maximum(base, 0.0) + own.spare, np.maximum(-base, 0.0)
        for storage in self.storages:
            most, least = most + storage.most_charge_kw, least + storage.most_discharge_kw
        for run in self.site.runs:
            most = most + max(run.profile_kw)
        self.most_import_kw, self.most_export_kw = most, least
        self.bought, self.sold = self._columns(most), self._columns(least)
        self.gathered.set(self.balance, self.bought, 1.0)
        self.gathered.set(self.balance, self.sold, -1.0)
        self._costs["money"] += [(self.bought, own.buy * hours), (self.sold, -own.sell * hours)]
        self.curtailed = self._columns(own.spare) if own.spare.any() else _NO_PLACES
        if len(self.curtailed):
            self.gathered.set(self.balance, self.curtailed, -1.0)
        for columns, limit, reach in ((self.bought, own.import_limit, most), (self.sold, own.export_limit, least)):
            tight = np.flatnonzero(limit < reach)
            if len(tight):
                over = self._columns(np.full(len(tight), INF))
                rows = self.gathered.add_rows(np.full(len(tight), -INF), limit[tight])
                self.gathered.set(rows, columns[tight], 1.0)
                self.gathered.set(rows, over, -1.0)
                self._costs["violation"].append((over, hours[tight]))
        sides = np.flatnonzero((own.sell > own.buy) & (most > 0.0) & (least > 0.0))
        if len(sides):
            imports = self._columns(np.ones(len(sides)))
            for columns, reach, when, upper in (
                (self.bought, most, -1.0, np.zeros(len(sides))),
                (self.sold, least, 1.0, least[sides]),
            ):
                rows = self.gathered.add_rows(np.full(len(sides), -INF), upper)
                self.gathered.set(rows, columns[sides], 1.0)
                self.gathered.set(rows, imports, when * reach[sides])
            self.whole.append(imports)

    def _add_demand_charge(self) -> Places:
        charge = self.site.demand_charge
        if charge is None or charge.eur_per_kw == 0.0:
            return _NO_PLACES
        peak = self._columns(np.array([INF]), charge.paid_peak_kw)
        parts = quarters(self.site)
        rows = self.gathered.add_rows(np.full(len(parts), -INF), np.zeros(len(parts)))
        for row, own in zip(rows.tolist(), parts, strict=True):
            steps = np.array([step for step, _ in own])
            self.gathered.set(np.full(len(own), row), self.bought[steps], np.array([share for _, share in own]))
        self.gathered.set(rows, np.repeat(peak, len(rows)), -1.0)
        self._costs["money"].append((peak, np.array([charge.eur_per_kw])))
        return rows

    def stages(self) -> dict[str, Floats]:
        """What is minimised, one cost after the other; stages that cannot cost anything are left out."""
        stages = {}
        for name, terms in self._costs.items():
            if terms:
                costs = np.zeros(self.gathered.columns)
                for places, values in terms:
                    costs[places] += values
                stages[name] = costs
        return stages
