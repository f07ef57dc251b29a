"""What a peak shaving request looks like, each part by itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from energy_manager.domain.series import LEAST_EFFICIENCY, LONGEST_STEP_S
from energy_manager.entrypoints.jobs.exact import ExactModel, Instant, Number
from energy_manager.entrypoints.jobs.exact.series import (
    LevelEntry,
    LimitEntry,
    Power,
    SeriesEntry,
    Signed,
    SignedSeriesEntry,
)

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
    """What a kW above the peak that is paid already is worth: in kWh of change, or its price and that of a kWh."""

    paid_peak_kw: Annotated[float, Number(at_least=0)]
    worth_kwh_per_kw: Annotated[float, Number(at_least=0)] | None = None
    eur_per_kw: Annotated[float, Number(at_least=0, description="what the operator asks for a kW of peak")] | None = (
        None
    )
    eur_per_changed_kwh: (
        Annotated[float, Number(above=0, description="what a kWh of change to the schedule costs")] | None
    ) = None


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
    max_gap_s: (
        Annotated[float, Number(at_least=0, description="readings further apart are refused; null: named only")] | None
    ) = None
    demand_charge: DemandChargeEntry | None = None
