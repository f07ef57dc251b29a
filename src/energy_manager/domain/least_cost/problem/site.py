"""The site and the hours to be planned: forecasts, prices, limits, storages and runs on one time grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from energy_manager.domain.errors import Fault, faults_of, refuse
from energy_manager.domain.forecast import Scenario
from energy_manager.domain.least_cost.problem.storages import Storage
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.series import (
    MOST_STEPS,
    Level,
    level_faults,
    number_fault,
    series_faults,
    step_faults,
)
from energy_manager.domain.storage_value.pcc import PccLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Something that runs once, uninterrupted: ``profile_kw`` from a step of its own choice on.

    It starts in a step from ``earliest_step`` to ``latest_start_step``; ``planned_start`` is that of the plan in force.
    """

    id: AssetId
    profile_kw: tuple[float, ...]
    earliest_step: int
    latest_start_step: int
    planned_start: int | None = None

    @property
    def starts(self) -> range:
        """The steps it may start in."""
        return range(self.earliest_step, self.latest_start_step + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandCharge:
    """What a kW of the highest clock-quarter mean of the import costs, above the peak that is paid for already."""

    eur_per_kw: float
    paid_peak_kw: float = 0.0


NO_LIMITS = PccLimits(import_limit_kw=float("inf"), export_limit_kw=float("inf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What is to be planned. Steps last ``step_s``, the first one ``first_step_s`` where it has begun already.

    ``load_kw`` is what is not planned here; import - export - curtailed = load - production + charge + runs. Prices are
    in EUR/kWh with all taxes and may be negative. ``recent_buy_eur_per_kwh`` are the purchase prices of the last 7
    days, for the default value of what is left at the end; prices from ``assumed_from_step`` on are assumed.

    Raises:
        Refused: with every fault by field.
    """

    start: datetime
    step_s: int
    load_kw: tuple[float, ...]
    buy_eur_per_kwh: Level
    sell_eur_per_kwh: Level
    production_kw: Level = 0.0
    curtailable: bool = False
    pcc: PccLimits = NO_LIMITS
    storages: tuple[Storage, ...] = ()
    runs: tuple[Run, ...] = ()
    demand_charge: DemandCharge | None = None
    scenarios: tuple[Scenario, ...] = ()
    first_step_s: float | None = None
    recent_buy_eur_per_kwh: tuple[float, ...] = ()
    assumed_from_step: int | None = None

    def __post_init__(self) -> None:
        refuse([*self._own_faults(), *self._length_faults(), *self._part_faults()])

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self.load_kw)

    @property
    def hours(self) -> tuple[float, ...]:
        """How long each step lasts."""
        whole = self.step_s / 3600.0
        first = whole if self.first_step_s is None else self.first_step_s / 3600.0
        return (first,) + (whole,) * (self.steps - 1)

    def time_of(self, step: int) -> datetime:
        """When a step begins, in UTC."""
        first_s = self.step_s if self.first_step_s is None else self.first_step_s
        passed_s = 0.0 if step == 0 else first_s + self.step_s * (step - 1)
        return self.start.astimezone(UTC) + timedelta(seconds=passed_s)

    def _own_faults(self) -> Iterator[Fault]:
        if self.start.tzinfo is None or self.start.utcoffset() is None:
            yield Fault(field="start", message=f"must have an offset from UTC, not {self.start.isoformat()}")
        yield from step_faults(self.step_s)
        if self.first_step_s is not None and not 0.0 < self.first_step_s <= self.step_s:
            words = f"must lie above 0 and be at most the step, {self.step_s} s, not {self.first_step_s:g}"
            yield Fault(field="first_step_s", message=words)
        if not 1 <= self.steps <= MOST_STEPS:
            yield Fault(field="load_kw", message=f"must have 1 to {MOST_STEPS} steps, not {self.steps}")
        yield from series_faults("load_kw", self.load_kw, least=0.0)
        yield from level_faults("production_kw", self.production_kw, least=0.0)
        yield from level_faults("buy_eur_per_kwh", self.buy_eur_per_kwh)
        yield from level_faults("sell_eur_per_kwh", self.sell_eur_per_kwh)
        yield from series_faults("recent_buy_eur_per_kwh", self.recent_buy_eur_per_kwh)
        for place, scenario in enumerate(self.scenarios):
            yield from series_faults(f"scenarios[{place}].load_kw", scenario.load_kw, least=0.0)
            yield from series_faults(f"scenarios[{place}].production_kw", scenario.production_kw, least=0.0)
        if self.demand_charge is not None:
            for name in ("eur_per_kw", "paid_peak_kw"):
                yield from faults_of({f"demand_charge.{name}": number_fault(getattr(self.demand_charge, name), 0.0)})

    def _length_faults(self) -> Iterator[Fault]:
        levels: dict[str, Level] = {
            "production_kw": self.production_kw,
            "buy_eur_per_kwh": self.buy_eur_per_kwh,
            "sell_eur_per_kwh": self.sell_eur_per_kwh,
            "pcc.import_limit_kw": self.pcc.import_limit_kw,
            "pcc.export_limit_kw": self.pcc.export_limit_kw,
        }
        for place, storage in enumerate(self.storages):
            for name, level in storage.levels().items():
                levels[f"storages[{place}].{name}"] = level
        for place, scenario in enumerate(self.scenarios):
            levels[f"scenarios[{place}].load_kw"] = scenario.load_kw
            levels[f"scenarios[{place}].production_kw"] = scenario.production_kw
        for field, level in levels.items():
            if isinstance(level, tuple) and len(level) != self.steps:
                words = f"must have {self.steps} values, one a step as load_kw has, not {len(level)}"
                yield Fault(field=field, message=words)

    def _part_faults(self) -> Iterator[Fault]:
        seen: set[str] = set()
        parts = [(f"storages[{place}]", storage.id) for place, storage in enumerate(self.storages)]
        parts += [(f"runs[{place}]", run.id) for place, run in enumerate(self.runs)]
        for path, name in parts:
            if name in seen:
                yield Fault(field=f"{path}.id", message=f"{name} is there twice")
            seen.add(name)
        last = self.steps - 1
        for place, storage in enumerate(self.storages):
            for own, target in enumerate(storage.targets):
                if not 0 <= target.step <= last:
                    words = f"must be a step of the plan, 0 to {last}, not {target.step}"
                    yield Fault(field=f"storages[{place}].targets[{own}].step", message=words)
        for place, run in enumerate(self.runs):
            path = f"runs[{place}]"
            yield from series_faults(f"{path}.profile_kw", run.profile_kw, least=0.0)
            latest = self.steps - len(run.profile_kw)
            if not run.profile_kw:
                yield Fault(field=f"{path}.profile_kw", message="must have at least one value")
            if run.earliest_step < 0:
                yield Fault(field=f"{path}.earliest_step", message=f"must be at least 0, not {run.earliest_step}")
            if run.latest_start_step < run.earliest_step:
                words = f"must be at least earliest_step, {run.earliest_step}, not {run.latest_start_step}"
                yield Fault(field=f"{path}.latest_start_step", message=words)
            if run.latest_start_step > latest:
                words = f"must be at most {latest} for the run to end within the plan, not {run.latest_start_step}"
                yield Fault(field=f"{path}.latest_start_step", message=words)
