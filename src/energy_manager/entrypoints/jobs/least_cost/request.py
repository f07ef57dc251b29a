"""A least cost request in JSON as the domain's site."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.least_cost import DemandCharge, PccLimits, Run, Scenario, Site, Storage, Target
from energy_manager.domain.series import FAULTS_PER_SERIES, Grid, Level, Reach, Series, fitted, note_unequal, utc_text
from energy_manager.entrypoints.jobs.exact import RequestModel
from energy_manager.entrypoints.jobs.exact.series import as_level, as_level_or_series, as_limit
from energy_manager.entrypoints.jobs.least_cost.entries import LeastCostDocument, StorageEntry, TargetEntry

REQUEST: RequestModel[LeastCostDocument] = RequestModel(
    LeastCostDocument, decimals=False, most_faults=FAULTS_PER_SERIES
)

_LEVELS = (
    "capacity_kwh",
    "min_kwh",
    "max_charge_kw",
    "min_charge_kw",
    "max_discharge_kw",
    "available",
    "use_kwh",
    "comfort_kwh",
)
_VALUES = (
    "id",
    "kind",
    "stored_kwh",
    "charge_efficiency",
    "discharge_efficiency",
    "wear_eur_per_kwh",
    "end_value_eur_per_kwh",
    "keep_per_hour",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastCostRequest:
    """What was asked: the site, how long to search at most, a remark on how far the series reach, and on gaps."""

    site: Site
    time_limit_s: float | None = None
    remark: str | None = None
    warnings: tuple[str, ...] = ()


def request_of(document: LeastCostDocument) -> LeastCostRequest:
    """The request that a document is.

    Raises:
        Refused: with every fault by its path, such as ``storages[1].targets[0].by``.
    """
    on_grid = _on_grid(document)
    faults: list[Fault] = []
    storages = [
        storage
        for place, entry in enumerate(document.storages)
        if (storage := _storage(entry, f"storages[{place}]", on_grid, faults)) is not None
    ]
    if faults:
        raise Refused(faults)
    demand = document.demand_charge
    grid = on_grid.grid
    site = Site(
        start=grid.start,
        step_s=grid.step_s,
        first_step_s=grid.first_step_s,
        load_kw=on_grid.each("load_kw"),
        production_kw=on_grid.level("production_kw"),
        curtailable=document.curtailable,
        buy_eur_per_kwh=on_grid.level("buy_eur_per_kwh"),
        sell_eur_per_kwh=on_grid.level("sell_eur_per_kwh"),
        recent_buy_eur_per_kwh=tuple(document.recent_buy_eur_per_kwh),
        pcc=PccLimits(
            import_limit_kw=on_grid.level("pcc.import_limit_kw"), export_limit_kw=on_grid.level("pcc.export_limit_kw")
        ),
        storages=tuple(storages),
        runs=tuple(Run(**dict(entry) | {"profile_kw": tuple(entry.profile_kw)}) for entry in document.runs),
        demand_charge=None if demand is None else DemandCharge(**dict(demand)),
        scenarios=tuple(
            Scenario(
                load_kw=on_grid.each(f"scenarios[{place}].load_kw", otherwise="load_kw"),
                production_kw=on_grid.each(f"scenarios[{place}].production_kw", otherwise="production_kw"),
            )
            for place in range(len(document.scenarios or ()))
        ),
    )
    return LeastCostRequest(site=site, time_limit_s=document.time_limit_s, remark=grid.remark, warnings=grid.warnings)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnGrid:
    """All series and levels of a request, by path, on one grid."""

    grid: Grid
    found: dict[str, Level]

    def level(self, path: str, *, otherwise: str = "") -> Level:
        """The values at a path."""
        return self.found[path if path in self.found else otherwise]

    def each(self, path: str, *, otherwise: str = "") -> tuple[float, ...]:
        """The values at a path, one a step."""
        level = self.level(path, otherwise=otherwise)
        return level if isinstance(level, tuple) else (level,) * self.grid.steps

    def step_until(self, instant: datetime) -> int:
        """The last step that ends until an instant, the first one at least; the number of steps where none does."""
        first_s = self.grid.step_s if self.grid.first_step_s is None else self.grid.first_step_s
        after_first = (instant - self.grid.start - timedelta(seconds=first_s)) // timedelta(seconds=self.grid.step_s)
        ends = self.grid.start + timedelta(seconds=first_s + (self.grid.steps - 1) * self.grid.step_s)
        return self.grid.steps if instant > ends else max(after_first, 0)


def _on_grid(document: LeastCostDocument) -> _OnGrid:
    stated: dict[str, Level | Series] = dict(_stated(document))
    series = {path: values for path, values in stated.items() if isinstance(values, list | tuple)}
    faults: list[Fault] = []
    if not series:
        raise Refused.at("load_kw", "must have one value a step, for nothing else says how many steps there are")
    note_unequal(series, faults)
    found = fitted(
        series,
        {},
        start=document.start,
        step_s=document.step_s,
        reach=Reach(min_period_s=document.min_period_s, horizon_h=document.horizon_h, max_gap_s=document.max_gap_s),
        faults=faults,
        may_begin_within_step=True,
    )
    if found is None or faults:
        raise Refused(faults)
    grid, on_grid = found
    constant = {path: value for path, value in stated.items() if isinstance(value, int | float)}
    return _OnGrid(grid=grid, found={**constant, **on_grid})


def _stated(document: LeastCostDocument) -> Iterator[tuple[str, Level | Series]]:
    """Everything that may have one value a step, by path."""
    for name in ("load_kw", "production_kw", "buy_eur_per_kwh", "sell_eur_per_kwh"):
        yield name, as_level_or_series(getattr(document, name))
    for name in ("import_limit_kw", "export_limit_kw"):
        yield f"pcc.{name}", as_limit(getattr(document.pcc, name))
    for place, scenario in enumerate(document.scenarios or ()):
        for name in ("load_kw", "production_kw"):
            values = getattr(scenario, name)
            if values is not None:
                yield f"scenarios[{place}].{name}", as_level_or_series(values)
    for place, storage in enumerate(document.storages):
        for name in _LEVELS:
            yield f"storages[{place}].{name}", as_level(getattr(storage, name))


def _storage(entry: StorageEntry, path: str, on_grid: _OnGrid, faults: list[Fault]) -> Storage | None:
    fields: dict[str, Any] = {name: on_grid.level(f"{path}.{name}") for name in _LEVELS}
    fields |= {name: getattr(entry, name) for name in _VALUES}
    before = len(faults)
    targets = tuple(_targets(entry.targets, f"{path}.targets", on_grid, faults))
    if len(faults) > before:
        return None
    planned = None if entry.planned_kw is None else tuple(entry.planned_kw)
    try:
        return Storage(**fields, targets=targets, planned_kw=planned)
    except Refused as refused:
        faults += [Fault(field=f"{path}.{fault.field}", message=fault.message) for fault in refused.faults]
        return None


def _targets(entries: Iterable[TargetEntry], path: str, on_grid: _OnGrid, faults: list[Fault]) -> Iterator[Target]:
    grid = on_grid.grid
    for place, entry in enumerate(entries):
        own = f"{path}[{place}]"
        if (entry.step is None) == (entry.by is None):
            faults.append(Fault(field=own, message="must have either step or by"))
            continue
        step, field = entry.step, "step"
        if entry.by is not None:
            step, field = on_grid.step_until(entry.by), "by"
            if entry.by <= grid.start:
                words = f"must be after the plan's start, {utc_text(grid.start)}, not {utc_text(entry.by)}"
                faults.append(Fault(field=f"{own}.by", message=words))
                continue
        assert step is not None, "one of the two was found"
        if step >= grid.steps:
            words = f"must lie within the plan, which has {grid.steps} steps of {grid.step_s} s"
            faults.append(Fault(field=f"{own}.{field}", message=words))
            continue
        yield Target(step=step, at_least_kwh=entry.at_least_kwh)
