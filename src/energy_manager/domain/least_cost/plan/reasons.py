"""Why a plan could not keep everything, in plain words: which limit, by how much, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from energy_manager.domain.least_cost.engine.exchange import Exchange, Floats
from energy_manager.domain.least_cost.plan.costs import SiteCosts, SiteCourse
from energy_manager.domain.least_cost.problem.site import Site
from energy_manager.domain.least_cost.problem.storages import Storage
from energy_manager.domain.series import at_each_step, utc_text
from energy_manager.domain.storage_value.reach import words_of_return

# Energies (kWh) and powers (kW) below this are not worth a sentence.
_WORTH_SAYING = 1e-6


def limited_by(
    site: Site, exchange: Exchange, course: SiteCourse, costs: SiteCosts, *, remark: str | None
) -> str | None:
    """The sentences, separated by semicolons, ``remark`` being one of them; None where nothing limits."""
    sentences = [] if remark is None else [remark]
    for storage in site.storages:
        sentences += _outside(site, storage, course.stored_kwh[storage.id])
    if costs.violation_kwh > _WORTH_SAYING:
        sentences += _beyond(site, exchange, costs.exchange_kw)
    if costs.shortfall_kwh > _WORTH_SAYING:
        for storage in site.storages:
            sentences += _short(site, storage, course)
    return "; ".join(sentences) or None


def _outside(site: Site, storage: Storage, stored: Sequence[float]) -> Iterator[str]:
    """What is to be said of a storage whose energy starts outside its limits, or is pushed out of them."""
    floor, ceiling = at_each_step(storage.min_kwh, site.steps), at_each_step(storage.capacity_kwh, site.steps)
    start = storage.stored_kwh
    if start < floor[0] - _WORTH_SAYING or start > ceiling[0] + _WORTH_SAYING:
        side, bound = ("below its least", floor[0]) if start < floor[0] else ("above its capacity", ceiling[0])
        until = words_of_return(stored, floor=floor, ceiling=ceiling, tolerance_kwh=_WORTH_SAYING, time_of=site.time_of)
        yield f"{storage.id} starts at {start:g} kWh, {side}, {bound:g} kWh, {until}"


def _beyond(site: Site, exchange: Exchange, carried: Floats) -> Iterator[str]:
    """Each limit of the grid connection that is exceeded: the energy, the most, and when first."""
    for name, over in (
        ("import", carried - exchange.import_limit),
        ("export", -carried - exchange.export_limit),
    ):
        steps = np.flatnonzero(over > _WORTH_SAYING)
        if not len(steps):
            continue
        energy = float((over[steps] * exchange.hours[steps]).sum())
        worst = int(steps[np.argmax(over[steps])])
        limit = float((exchange.import_limit if name == "import" else exchange.export_limit)[worst])
        yield (
            f"the {name} limit of {limit:g} kW is exceeded by {energy:.3g} kWh in {len(steps)} steps from "
            f"{utc_text(site.time_of(int(steps[0])))} on, by up to {float(over[worst]):.3g} kW"
        )


def _short(site: Site, storage: Storage, course: SiteCourse) -> Iterator[str]:
    """What a storage is short of."""
    stored, charge = course.stored_kwh[storage.id], course.charge_kw[storage.id]
    most = at_each_step(storage.max_charge_kw, site.steps)
    present = at_each_step(storage.available, site.steps)
    for target in storage.targets:
        missing = target.at_least_kwh - stored[target.step]
        if missing <= _WORTH_SAYING:
            continue
        before = range(target.step + 1)
        idle = any(present[step] > 0.0 and charge[step] < most[step] - _WORTH_SAYING for step in before)
        cause = "more would break a limit of the site" if idle else "it charges as much as it can while it is there"
        at = utc_text(site.time_of(target.step + 1))
        yield f"{storage.id} holds {stored[target.step]:.4g} of {target.at_least_kwh:g} kWh at {at}: {cause}"
    unserved = sum(course.unserved_kwh[storage.id])
    if unserved > _WORTH_SAYING:
        first = next(step for step, energy in enumerate(course.unserved_kwh[storage.id]) if energy > 0.0)
        yield f"{storage.id} cannot serve {unserved:.3g} kWh of its use from {utc_text(site.time_of(first))} on"
    comfort = at_each_step(storage.comfort_kwh, site.steps)
    below = [
        step for step, energy in enumerate(stored) if comfort[step] > 0.0 and comfort[step] - energy > _WORTH_SAYING
    ]
    if below:
        worst = max(comfort[step] - stored[step] for step in below)
        yield (
            f"{storage.id} is below its comfort in {len(below)} steps from {utc_text(site.time_of(below[0]))} on, "
            f"by up to {worst:.3g} kWh"
        )
