"""A least cost plan as the schedule of the assets that its storages and runs are."""

from __future__ import annotations

from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.least_cost import Plan
from energy_manager.domain.least_cost.scheduling import site_schedule
from energy_manager.domain.schedule import Schedule
from energy_manager.entrypoints.jobs.definition import ActivationOptions
from energy_manager.entrypoints.jobs.least_cost.request import LeastCostRequest


def refuse_activation(request: LeastCostRequest, activation: ActivationOptions) -> None:
    """Make sure that every storage is an asset; a run without one is load that somebody else switches.

    Raises:
        Refused: the site has no asset of a storage's id, or nothing of the plan is an asset.
    """
    site = request.site
    known = set(activation.site.controllable)
    faults = [
        Fault(field=f"storages[{place}].id", message=activation.site.about_stranger(storage.id))
        for place, storage in enumerate(site.storages)
        if storage.id not in known
    ]
    if not faults and not site.storages and not any(run.id in known for run in site.runs):
        faults.append(Fault(field="storages", message="must have an asset of the site: there is nothing to follow"))
    if faults:
        raise Refused(faults)


def schedule(request: LeastCostRequest, found: Plan, activation: ActivationOptions) -> Schedule:
    """Charges and runs as targets of their assets; a new plan takes the place of the old one."""
    names = [storage.id for storage in request.site.storages] + [run.id for run in request.site.runs]
    assets = [name for name in names if name in activation.site.controllable]
    return site_schedule(
        request.site,
        found,
        assets=assets,
        schedule_id=activation.schedule_id or "least_cost",
        steps_per_kw=activation.site.steps_per_kw,
    )
