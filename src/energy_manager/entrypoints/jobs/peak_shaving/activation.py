"""A storage plan as the schedule of the assets that the storages are."""

from __future__ import annotations

from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.peak_shaving import Plan, storage_schedule
from energy_manager.domain.peak_shaving.request import PlanningRequest
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Schedule
from energy_manager.entrypoints.jobs.definition import ActivationOptions


def assets_of(request: PlanningRequest, activation: ActivationOptions) -> tuple[AssetId, ...]:
    """Which asset each storage is: its id, or for a single one what was said beside the request, or the site's own.

    Raises:
        Refused: a storage is no asset that can be known, or two are the same.
    """
    names = request.storage_ids
    otherwise = (activation.asset or activation.site.storage) if len(names) == 1 else None
    assets = [name or otherwise for name in names]
    places = [f"storages[{place}].id" if request.has_storage_list else "storage.id" for place in range(len(names))]
    faults = [
        Fault(field=place, message="is missing: to be activated, a storage needs the name of its asset")
        for place, asset in zip(places, assets, strict=True)
        if asset is None
    ]
    faults += [
        Fault(field=places[place], message=f"{asset!r} is another storage already")
        for place, asset in enumerate(assets)
        if asset is not None and asset in assets[:place]
    ]
    if faults:
        raise Refused(faults)
    return tuple(asset for asset in assets if asset is not None)


def schedule(request: PlanningRequest, found: Plan, activation: ActivationOptions) -> Schedule:
    """The storages' charges as their assets' targets; a new plan takes the place of the old one."""
    assets = assets_of(request, activation)
    return storage_schedule(
        request.problem,
        found,
        assets=assets,
        schedule_id=activation.schedule_id or f"peak_shaving:{','.join(assets)}",
        steps_per_kw=activation.site.steps_per_kw,
    )
