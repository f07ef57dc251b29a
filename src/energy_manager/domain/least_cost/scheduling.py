"""A least cost plan as a schedule: charges and runs become whole power steps of the assets that they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from energy_manager.domain.least_cost.engine.exchange import exchange_of
from energy_manager.domain.least_cost.engine.terms import storage_terms
from energy_manager.domain.least_cost.plan.plan import Plan
from energy_manager.domain.least_cost.problem.site import Run, Site
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Schedule, Source, TargetPeriod, blocks_of
from energy_manager.domain.series import at_each_step
from energy_manager.domain.storage_value.whole_charges import PlannedCharges, PlannedExchange, whole_charges


def site_schedule(
    site: Site,
    plan: Plan,
    *,
    assets: Collection[AssetId],
    schedule_id: str,
    steps_per_kw: int,
    beside: Iterable[TargetPeriod] = (),
) -> Schedule:
    """What the plan wants of ``assets`` (positive = delivers), whose ids are those of storages and runs.

    ``beside`` are runs that had begun before the plan: their assets stay with them as long as they last.

    Raises:
        Refused: the id can be none.
    """
    charges = planned_steps(site, plan, steps_per_kw=steps_per_kw)
    begun = list(beside)
    pieces: list[TargetPeriod] = list(begun)
    for name, series in charges.items():
        if name in assets:
            pieces += _pieces(site, name, [-charge for charge in series])
    for run in site.runs:
        if run.id in assets:
            own = _pieces(site, run.id, [-power for power in _run_steps(site, run, plan, steps_per_kw)])
            ends = [piece.end for piece in begun if piece.asset == run.id]
            pieces += _after(own, max(ends)) if ends else own
    return Schedule(id=schedule_id, source=Source.LEAST_COST, blocks=tuple(blocks_of(pieces)))


def _after(pieces: Iterable[TargetPeriod], instant: datetime) -> Iterator[TargetPeriod]:
    """The parts of the pieces from an instant on."""
    return (replace(piece, start=max(piece.start, instant)) for piece in pieces if piece.end > instant)


def planned_steps(site: Site, plan: Plan, *, steps_per_kw: int) -> dict[AssetId, tuple[int, ...]]:
    """Each storage's charge in whole power steps, step by step."""
    hours = exchange_of(site).hours
    carried = [bought - sold for bought, sold in zip(plan.import_kw, plan.export_kw, strict=True)]
    planned = []
    for storage in site.storages:
        terms = storage_terms(storage, hours, end_value=0.0)
        present = at_each_step(storage.available, site.steps)
        unserved = plan.unserved_kwh[storage.id]
        used = at_each_step(storage.use_kwh, site.steps)
        planned.append(
            PlannedCharges(
                charge_kw=plan.charge_kw[storage.id],
                stored_kwh=plan.stored_kwh[storage.id],
                start_kwh=storage.stored_kwh,
                hours=site.hours,
                charge_efficiency=storage.charge_efficiency,
                discharge_efficiency=storage.discharge_efficiency,
                band=terms.band,
                most_in_kw=_while(present, at_each_step(storage.max_charge_kw, site.steps)),
                most_out_kw=_while(present, at_each_step(storage.max_discharge_kw, site.steps)),
                least_in_kw=at_each_step(storage.min_charge_kw, site.steps),
                keep=None if terms.keep is None else terms.keep.tolist(),
                drawn_kwh=[use - missing for use, missing in zip(used, unserved, strict=True)],
            )
        )
    exchange = PlannedExchange(
        import_kw=carried,
        import_limit_kw=at_each_step(site.pcc.import_limit_kw, site.steps),
        export_limit_kw=at_each_step(site.pcc.export_limit_kw, site.steps),
    )
    rounded = whole_charges(planned, exchange, steps_per_kw=steps_per_kw)
    return {storage.id: charges for storage, charges in zip(site.storages, rounded, strict=True)}


def _while(present: tuple[float, ...], powers: tuple[float, ...]) -> list[float]:
    return [power if here else 0.0 for here, power in zip(present, powers, strict=True)]


def _run_steps(site: Site, run: Run, plan: Plan, steps_per_kw: int) -> list[int]:
    start = plan.starts[run.id]
    powers = [0] * site.steps
    powers[start : start + len(run.profile_kw)] = [round(power * steps_per_kw) for power in run.profile_kw]
    return powers


def _pieces(site: Site, asset: AssetId, targets: list[int]) -> Iterator[TargetPeriod]:
    """The targets of the steps, equal neighbours together."""
    for target, steps in groupby(range(len(targets)), key=targets.__getitem__):
        own = list(steps)
        yield TargetPeriod(asset=asset, start=site.time_of(own[0]), end=site.time_of(own[-1] + 1), target=target)
