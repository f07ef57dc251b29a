"""Job 3: peak shaving plans, from series on a grid or raw readings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NotRequired, TypeAlias

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    with_config,
)
from typing_extensions import TypedDict

from energy_manager.adapters.json_text import write_json
from energy_manager.adapters.solvers.peak_shaving_lp import HighsStoragePlanner
from energy_manager.application.peak_shaving import PlannedAnew, PlanPeakShaving
from energy_manager.application.planner_result import PlannerResult, run_planner
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.peak_shaving import DemandCharge, Level, Plan, storage_schedule
from energy_manager.domain.peak_shaving.request import (
    PlanningRequest,
    Reach,
    Reading,
    Series,
    StatedStorage,
    planning_request,
)
from energy_manager.domain.peak_shaving.storage import storage_faults
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Schedule
from energy_manager.domain.series import (
    FAULTS_PER_SERIES,
    LARGEST,
    LEAST_EFFICIENCY,
    LONGEST_STEP_S,
    MOST_STEPS,
    utc_text,
)
from energy_manager.entrypoints.jobs.definition import ActivationOptions, Arguments, Form, PlanningJob
from energy_manager.entrypoints.jobs.exact import ExactModel, Instant, Number, RequestModel
from energy_manager.entrypoints.settings import Settings

Power: TypeAlias = Annotated[float, Number(at_least=0, at_most=int(LARGEST))]
Signed: TypeAlias = Annotated[float, Number(at_least=-int(LARGEST), at_most=int(LARGEST))]
Limit: TypeAlias = Annotated[float, Number(at_least=0)]


@with_config({"strict": True})
class ReadingEntry(TypedDict):
    """A raw reading; what a platform adds to it is passed over."""

    time: Instant
    value: Power | None


@with_config({"strict": True})
class SignedReadingEntry(TypedDict):
    """A raw reading of a charge."""

    time: Instant
    value: Signed | None


def _kind_of_series(value: object) -> str:
    return "<readings>" if isinstance(value, list) and value and isinstance(value[0], dict) else "<numbers>"


def _kind_of_level(value: object) -> str:
    return "<numbers>" if isinstance(value, list) else "<number>"


def _some_value(value: object) -> object:
    if isinstance(value, list) and value and value.count(None) == len(value):
        raise ValueError("has no value that is not null")
    return value


_OF_STEPS = Field(min_length=1, max_length=MOST_STEPS)
_SERIES = Field(title="a list of numbers or of readings", description="one value a step, or raw readings")
_LEVEL = Field(title="a number or a list of numbers", description="one value, or one a step")

SeriesEntry: TypeAlias = Annotated[
    Annotated[list[Power], _OF_STEPS, Tag("<numbers>")] | Annotated[list[ReadingEntry], Tag("<readings>")],
    Discriminator(_kind_of_series),
    BeforeValidator(_some_value),
    _SERIES,
]
SignedSeriesEntry: TypeAlias = Annotated[
    Annotated[list[Signed], _OF_STEPS, Tag("<numbers>")] | Annotated[list[SignedReadingEntry], Tag("<readings>")],
    Discriminator(_kind_of_series),
    BeforeValidator(_some_value),
    _SERIES,
]
LevelEntry: TypeAlias = Annotated[
    Annotated[Power, Tag("<number>")] | Annotated[list[Power], _OF_STEPS, Tag("<numbers>")],
    Discriminator(_kind_of_level),
    _LEVEL,
]
LimitEntry: TypeAlias = Annotated[
    Annotated[Limit, Tag("<number>")] | Annotated[list[Limit], _OF_STEPS, Tag("<numbers>")],
    Discriminator(_kind_of_level),
    _LEVEL,
]
Efficiency: TypeAlias = Annotated[float, Number(at_least=LEAST_EFFICIENCY, at_most=1)]


class ScheduleEntry(ExactModel):
    """What a storage follows unless the plan changes it."""

    charge_kw: SignedSeriesEntry


class PccEntry(ExactModel):
    """The limits at the point of common coupling; null is none."""

    import_limit_kw: LimitEntry | None
    export_limit_kw: LimitEntry | None


class StorageEntry(ExactModel):
    """A storage; ``id`` is its asset, for activation."""

    id: Annotated[Any, Field(description="the storage's asset, for activation")] = None
    name: Annotated[Any, Field(description="is not read")] = None
    capacity_kwh: LevelEntry
    stored_kwh: Annotated[Signed, Field(description="at the first instant")]
    min_kwh: LevelEntry | None = None
    max_charge_kw: LevelEntry
    max_discharge_kw: LevelEntry
    charge_efficiency: Efficiency | None = None
    discharge_efficiency: Efficiency | None = None
    end_min_kwh: Power | None = None
    end_max_kwh: Power | None = None
    ramp_kw_per_step: Power | None = None
    schedule: ScheduleEntry | None = None


class DemandChargeEntry(ExactModel):
    """What a kW above the peak that is paid already is worth."""

    paid_peak_kw: Annotated[float, Number(at_least=0)]
    worth_kwh_per_kw: Annotated[float, Number(at_least=0)]


class PeakShavingDocument(ExactModel):
    """What a plan is asked."""

    id: Annotated[Any, Field(description="is not read")] = None
    name: Annotated[Any, Field(description="is not read")] = None
    start: Instant
    step_s: Annotated[int, Number(at_least=1, at_most=LONGEST_STEP_S)]
    load_kw: SeriesEntry
    production_kw: SeriesEntry | None = None
    schedule: ScheduleEntry | None = None
    pcc: PccEntry
    storage: StorageEntry | None = None
    storages: Annotated[
        list[StorageEntry] | None, Field(min_length=1, description="instead of storage, each with its schedule")
    ] = None
    minimise: Literal["energy", "peak"] | None = None
    prefer: Literal["late", "early"] | None = None
    min_period_s: Annotated[float, Number(at_least=0)] | None = None
    horizon_h: Annotated[float, Number(at_least=0)] | None = None
    demand_charge: DemandChargeEntry | None = None


class ViolationEntry(TypedDict):
    """A step in which the PCC carries more than it may."""

    time: str
    over_kw: float
    limit: Literal["import", "export"]


class StorageAnswer(TypedDict):
    """What one of several storages is to do."""

    charge_kw: list[float]
    stored_kwh: list[float]


class PeakShavingAnswer(TypedDict):
    """The plan; ``violation_at_least_kwh`` is there only while it is not proved."""

    start: str
    step_s: int
    charge_kw: list[float]
    pcc_import_kw: list[float]
    stored_kwh: Annotated[list[float], Field(description="after each step")]
    violation_kwh: float
    violations: list[ViolationEntry]
    change_kwh: float
    optimal: bool
    method: Literal["exact", "lp"]
    limited_by: str | None
    violation_at_least_kwh: NotRequired[float]
    storages: NotRequired[list[StorageAnswer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakShavingOptions:
    """How long the solver may search, s; the exact planner needs no limit."""

    time_limit_s: float = 10.0


def _faults_across(document: object) -> list[Fault]:
    """What contradicts itself between parts of a document, whatever else may be wrong with it."""
    if not isinstance(document, dict):
        return []
    storage, storages = document.get("storage"), document.get("storages")
    if storages is None:
        return _faults_of_storage(storage, "storage")
    words = {
        "storage": "must not be given beside storages",
        "schedule": "belongs into each of the storages where storages are given",
    }
    faults = [Fault(field=name, message=said) for name, said in words.items() if document.get(name) is not None]
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


def read_request(text: bytes, _: PeakShavingOptions) -> PlanningRequest:
    """The request in a JSON text; raises ``NotJson`` and ``Refused``."""
    return request_of(REQUEST.read(text))


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
        load_kw=_series(document.load_kw),
        production_kw=None if document.production_kw is None else _series(document.production_kw),
        import_limit_kw=_limit(document.pcc.import_limit_kw),
        export_limit_kw=_limit(document.pcc.export_limit_kw),
        storages=_storages(document),
        reach=Reach(min_period_s=document.min_period_s, horizon_h=document.horizon_h),
        has_storage_list=document.storages is not None,
        minimise=document.minimise or "energy",
        prefer=document.prefer or "late",
        demand_charge=None
        if demand is None
        else DemandCharge(paid_peak_kw=demand.paid_peak_kw, worth_kwh_per_kw=demand.worth_kwh_per_kw),
    )


def _series(values: list[float] | list[ReadingEntry] | list[SignedReadingEntry]) -> Series:
    if values and isinstance(values[0], dict):
        return [Reading(time=reading["time"], value=reading["value"]) for reading in values]
    return tuple(values)  # type: ignore[arg-type]  # numbers, then


def _level(value: float | list[float]) -> Level:
    return tuple(value) if isinstance(value, list) else value


def _limit(value: float | list[float] | None) -> Level:
    return math.inf if value is None else _level(value)


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
        fields={name: _level(value) for name, value in stated.items() if value is not None},
        schedule_kw=None if schedule is None else _series(schedule.charge_kw),
    )


def plan(request: PlanningRequest, options: PeakShavingOptions) -> Plan:
    """The plan that keeps the limits, or crosses them least; there is always one."""
    return PlanPeakShaving(solver=HighsStoragePlanner(time_limit_s=options.time_limit_s))(request.problem)


def write_answer(request: PlanningRequest, found: Plan) -> bytes:
    """The plan as the interface promises it."""
    return write_json(answer_of(request, found))


def answer_of(request: PlanningRequest, found: Plan) -> PeakShavingAnswer:
    """The answer as values."""
    reasons = [reason for reason in (request.remark, found.limited_by) if reason is not None]
    answer: PeakShavingAnswer = {
        "start": utc_text(found.start),
        "step_s": found.step_s,
        "charge_kw": list(found.charge_kw),
        "pcc_import_kw": list(found.pcc_import_kw),
        "stored_kwh": list(found.stored_kwh),
        "violation_kwh": found.violation_kwh,
        "violations": [
            {"time": utc_text(violation.time), "over_kw": violation.over_kw, "limit": violation.limit}
            for violation in found.violations
        ],
        "change_kwh": found.change_kwh,
        "optimal": found.optimal,
        "method": found.method,
        "limited_by": "; ".join(reasons) or None,
    }
    if not found.optimal:
        answer["violation_at_least_kwh"] = found.violation_at_least_kwh
    if request.has_storage_list:
        answer["storages"] = [
            {"charge_kw": list(storage.charge_kw), "stored_kwh": list(storage.stored_kwh)} for storage in found.storages
        ]
    return answer


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


def refuse_activation(request: PlanningRequest, activation: ActivationOptions) -> None:
    """Refuse storages that are no assets."""
    assets_of(request, activation)


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


def plan_storage_anew(
    text: bytes, options: PeakShavingOptions, activation: ActivationOptions
) -> PlannerResult[PlannedAnew]:
    """The plan of the site's own storage as its schedule, under the same name each time, and in a few words."""

    def plan_anew() -> PlannedAnew:
        request = read_request(text, options)
        found = plan(request, options)
        return PlannedAnew(schedule=schedule(request, found, activation), sentence=_in_words(request, found))

    return run_planner(plan_anew)


def _in_words(request: PlanningRequest, found: Plan) -> str:
    told = [
        f"planned until {utc_text(request.problem.time_of(request.problem.steps))}",
        f"change {found.change_kwh:.3f} kWh",
        f"beyond the limits {found.violation_kwh:.3f} kWh",
        *filter(None, (request.remark, found.limited_by)),
    ]
    return "; ".join(told)


def options_of(settings: Settings, _: Arguments) -> PeakShavingOptions:
    """How storages are planned."""
    return PeakShavingOptions(time_limit_s=settings.peak_shaving.time_limit_s)


def example() -> object:
    """Half an hour, of which the second half needs the storage."""
    return {
        "start": "2026-03-02T00:00:00Z",
        "step_s": 900,
        "load_kw": [40.0, 80.0],
        "production_kw": [0.0, 12.5],
        "schedule": {"charge_kw": [0.0, 5.0]},
        "pcc": {"import_limit_kw": 50.0, "export_limit_kw": 1000.0},
        "storage": {
            "capacity_kwh": 284,
            "stored_kwh": 120,
            "min_kwh": 0,
            "max_charge_kw": 175,
            "max_discharge_kw": 175,
        },
    }


JOB: PlanningJob[PlanningRequest, Plan, PeakShavingOptions, Arguments] = PlanningJob(
    module=__name__,
    name="peak_shaving",
    summary="Change storage schedules as little as possible so that the grid connection stays inside its limits.",
    no_plan=None,
    forms=(
        Form(
            path="/api/v1/peak-shaving/plans",
            summary="Change storage schedules least, so that the grid connection stays inside its limits",
            request=REQUEST,
            example=example,
            answer=TypeAdapter(PeakShavingAnswer),
            answer_is="The plan; there is always one",
            read=read_request,
            write=write_answer,
        ),
    ),
    arguments=Arguments,
    activation=("schedule_id", "asset"),
    options_of=options_of,
    plan=plan,
    gap_of=lambda found: 0.0 if found.optimal else None,
    refuse_activation=refuse_activation,
    schedule=schedule,
)
