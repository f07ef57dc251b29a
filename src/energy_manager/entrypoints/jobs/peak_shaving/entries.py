"""What a peak shaving request looks like, each part by itself."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    with_config,
)
from typing_extensions import TypedDict

from energy_manager.domain.series import (
    LARGEST,
    LEAST_EFFICIENCY,
    LONGEST_STEP_S,
    MOST_STEPS,
)
from energy_manager.entrypoints.jobs.exact import ExactModel, Instant, Number

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
