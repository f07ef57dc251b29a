"""A peak shaving request in JSON as the domain's problem."""

from __future__ import annotations

from energy_manager.domain.errors import Fault
from energy_manager.domain.peak_shaving import DemandCharge
from energy_manager.domain.peak_shaving.request import (
    PlanningRequest,
    StatedStorage,
    planning_request,
)
from energy_manager.domain.peak_shaving.storage import storage_faults
from energy_manager.domain.series import (
    FAULTS_PER_SERIES,
    Reach,
)
from energy_manager.entrypoints.jobs.exact import RequestModel
from energy_manager.entrypoints.jobs.exact.series import as_level, as_limit, as_series
from energy_manager.entrypoints.jobs.peak_shaving.entries import (
    DemandChargeEntry,
    PeakShavingDocument,
    ScheduleEntry,
    StorageEntry,
)


def _faults_across(document: object) -> list[Fault]:
    """What contradicts itself between parts of a document, whatever else may be wrong with it."""
    if not isinstance(document, dict):
        return []
    faults = _faults_of_demand_charge(document.get("demand_charge"))
    storage, storages = document.get("storage"), document.get("storages")
    if storages is None:
        return [*faults, *_faults_of_storage(storage, "storage")]
    words = {
        "storage": "must not be given beside storages",
        "schedule": "belongs into each of the storages where storages are given",
    }
    faults += [Fault(field=name, message=said) for name, said in words.items() if document.get(name) is not None]
    for place, entry in enumerate(storages if isinstance(storages, list) else []):
        faults += _faults_of_storage(entry, f"storages[{place}]")
    return faults


def _faults_of_storage(stated: object, path: str) -> list[Fault]:
    if stated is None:
        return [Fault(field=path, message="is missing")]
    if not isinstance(stated, dict):
        return []
    fields = {name: tuple(value) if isinstance(value, list) else value for name, value in stated.items()}
    sound = {name: value for name, value in fields.items() if _are_numbers(value)}
    return [Fault(field=f"{path}.{fault.field}", message=fault.message) for fault in storage_faults(sound)]


def _are_numbers(value: object) -> bool:
    kinds = set(map(type, value)) if isinstance(value, tuple) else {type(value)}
    return kinds <= {int, float}


REQUEST: RequestModel[PeakShavingDocument] = RequestModel(
    PeakShavingDocument, decimals=False, most_faults=FAULTS_PER_SERIES, across=_faults_across
)


def request_of(document: PeakShavingDocument) -> PlanningRequest:
    """The request that a document is.

    A production or a schedule that is left out (or null) is 0 throughout; a limit of the PCC that is null is none.

    Raises:
        Refused: its series do not fit together.
    """
    demand = document.demand_charge
    return planning_request(
        start=document.start,
        step_s=document.step_s,
        load_kw=as_series(document.load_kw),
        production_kw=None if document.production_kw is None else as_series(document.production_kw),
        import_limit_kw=as_limit(document.pcc.import_limit_kw),
        export_limit_kw=as_limit(document.pcc.export_limit_kw),
        storages=_storages(document),
        reach=Reach(min_period_s=document.min_period_s, horizon_h=document.horizon_h, max_gap_s=document.max_gap_s),
        has_storage_list=document.storages is not None,
        minimise=document.minimise or "energy",
        prefer=document.prefer or "late",
        demand_charge=None if demand is None else _demand_charge(demand),
    )


def _demand_charge(stated: DemandChargeEntry) -> DemandCharge:
    worth = stated.worth_kwh_per_kw
    if worth is None:
        assert stated.eur_per_kw is not None, "one of the two ways was found"
        assert stated.eur_per_changed_kwh is not None, "one of the two ways was found"
        worth = stated.eur_per_kw / stated.eur_per_changed_kwh
    return DemandCharge(paid_peak_kw=stated.paid_peak_kw, worth_kwh_per_kw=worth)


def _faults_of_demand_charge(stated: object) -> list[Fault]:
    """A worth in kWh, or the two prices that make it."""
    if not isinstance(stated, dict):
        return []
    in_euros = [stated.get(name) is not None for name in ("eur_per_kw", "eur_per_changed_kwh")]
    if stated.get("worth_kwh_per_kw") is not None:
        message = "must not be given beside eur_per_kw and eur_per_changed_kwh" if any(in_euros) else ""
    else:
        message = "" if all(in_euros) else "is missing; or give both eur_per_kw and eur_per_changed_kwh"
    return [Fault(field="demand_charge.worth_kwh_per_kw", message=message)] if message else []


def _storages(document: PeakShavingDocument) -> list[StatedStorage]:
    if document.storages is not None:
        return [
            _storage(entry, f"storages[{place}]", entry.schedule, f"storages[{place}].schedule.charge_kw")
            for place, entry in enumerate(document.storages)
        ]
    assert document.storage is not None, "one of the two was found"
    own = document.storage.schedule
    if own is not None:
        return [_storage(document.storage, "storage", own, "storage.schedule.charge_kw")]
    return [_storage(document.storage, "storage", document.schedule, "schedule.charge_kw")]


_NOT_OF_STORAGE = {"id", "name", "schedule"}


def _storage(entry: StorageEntry, path: str, schedule: ScheduleEntry | None, schedule_path: str) -> StatedStorage:
    stated = {name: getattr(entry, name) for name in StorageEntry.model_fields if name not in _NOT_OF_STORAGE}
    return StatedStorage(
        path=path,
        schedule_path=schedule_path,
        name=entry.id if isinstance(entry.id, str) and entry.id else None,
        fields={name: as_level(value) for name, value in stated.items() if value is not None},
        schedule_kw=None if schedule is None else as_series(schedule.charge_kw),
    )
