"""What a least cost request looks like, each part by itself."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field

from energy_manager.domain.least_cost.problem.storages import MOST_HEAT_PER_KWH
from energy_manager.domain.series import LARGEST, LEAST_EFFICIENCY, LONGEST_STEP_S
from energy_manager.entrypoints.jobs.exact import Instant, LenientModel, Number
from energy_manager.entrypoints.jobs.exact.series import (
    LevelEntry,
    LevelOrSeriesEntry,
    LimitEntry,
    SignedLevelOrSeriesEntry,
)

NAME_LENGTH = 200
MOST_PARTS = 100
LONGEST_SEARCH_S = 3600

Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]
Step: TypeAlias = Annotated[int, Number(at_least=0, at_most=10**6)]
Share: TypeAlias = Annotated[float, Number(at_least=LEAST_EFFICIENCY, at_most=1)]
Amount: TypeAlias = Annotated[float, Number(at_least=0, at_most=int(LARGEST))]
Signed: TypeAlias = Annotated[float, Number(at_least=-int(LARGEST), at_most=int(LARGEST))]


class PccEntry(LenientModel):
    """The limits at the point of common coupling; null or left out is none."""

    import_limit_kw: LimitEntry | None = None
    export_limit_kw: LimitEntry | None = None


class TargetEntry(LenientModel):
    """Energy wanted after a step, or by a time: after the last step that ends until then."""

    step: Step | None = None
    by: Instant | None = None
    at_least_kwh: Amount


class StorageEntry(LenientModel):
    """A battery, a car or a store of heat; the powers are at its terminals, the energies are what it holds."""

    id: Id
    kind: Literal["battery", "ev", "heat"] = "battery"
    capacity_kwh: LevelEntry
    min_kwh: LevelEntry = 0.0
    stored_kwh: Annotated[Signed, Field(description="at the start; may be outside the limits")]
    max_charge_kw: LevelEntry
    min_charge_kw: LevelEntry = 0.0
    max_discharge_kw: LevelEntry = 0.0
    charge_efficiency: Annotated[
        float, Number(at_least=LEAST_EFFICIENCY, at_most=int(MOST_HEAT_PER_KWH), description="above 1 for heat only")
    ] = 1.0
    discharge_efficiency: Share = 1.0
    wear_eur_per_kwh: Annotated[Amount, Field(description="of each kWh that enters or leaves, inside the store")] = 0.0
    end_value_eur_per_kwh: Annotated[
        Signed | None, Field(description="of a kWh left at the end; null: what it saves later")
    ] = None
    available: LevelEntry = 1.0
    use_kwh: LevelEntry = 0.0
    keep_per_hour: Share = 1.0
    comfort_kwh: LevelEntry = 0.0
    targets: Annotated[list[TargetEntry], Field(max_length=MOST_PARTS, default_factory=list)]
    planned_kw: Annotated[
        list[Signed] | None, Field(description="its charge in the plan in force, from the first step on")
    ] = None


class RunEntry(LenientModel):
    """Something that runs once, without a break."""

    id: Id
    profile_kw: Annotated[list[Amount], Field(min_length=1)]
    earliest_step: Step
    latest_start_step: Step
    planned_start: Annotated[Step | None, Field(description="its start in the plan in force")] = None


class DemandChargeEntry(LenientModel):
    """What a kW of the highest mean import of a clock quarter costs, above the peak that is paid already."""

    eur_per_kw: Amount
    paid_peak_kw: Amount = 0.0


class ScenarioEntry(LenientModel):
    """Another way that load and production may go; what is left out goes as the forecast says."""

    load_kw: LevelOrSeriesEntry | None = None
    production_kw: LevelOrSeriesEntry | None = None


class LeastCostDocument(LenientModel):
    """What a plan is asked."""

    start: Instant
    step_s: Annotated[int, Number(at_least=1, at_most=LONGEST_STEP_S)]
    load_kw: LevelOrSeriesEntry
    production_kw: LevelOrSeriesEntry = 0.0
    curtailable: bool = False
    buy_eur_per_kwh: SignedLevelOrSeriesEntry
    sell_eur_per_kwh: SignedLevelOrSeriesEntry = 0.0
    recent_buy_eur_per_kwh: Annotated[
        list[Signed],
        Field(default_factory=list, description="purchase prices of the last 7 days, for the worth of what is left"),
    ]
    pcc: PccEntry = PccEntry()
    storages: Annotated[list[StorageEntry], Field(max_length=MOST_PARTS, default_factory=list)]
    runs: Annotated[list[RunEntry], Field(max_length=MOST_PARTS, default_factory=list)]
    demand_charge: DemandChargeEntry | None = None
    scenarios: Annotated[list[ScenarioEntry] | None, Field(max_length=MOST_PARTS)] = None
    time_limit_s: Annotated[
        Annotated[float, Number(above=0, at_most=LONGEST_SEARCH_S)] | None,
        Field(description="what cannot be planned at once is searched for at most this long; null: 2 s"),
    ] = None
    min_period_s: Annotated[float, Number(at_least=0)] | None = None
    horizon_h: Annotated[float, Number(at_least=0)] | None = None
    max_gap_s: (
        Annotated[float, Number(at_least=0, description="readings further apart are refused; null: named only")] | None
    ) = None
