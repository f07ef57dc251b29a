"""The plan: what every asset should do, what that costs, and what energy in the storages is worth meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from energy_manager.domain.quantities import AssetId
from energy_manager.domain.storage_value.resting_band import Band

Method = Literal["exact", "in turn", "lp", "milp"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """What the plan saves (EUR) against doing nothing and against the self-consumption rule.

    In both, runs start as early as they may and cars and heat charge as soon as they can; batteries rest, or take
    surplus and cover load.
    """

    doing_nothing_eur: float
    self_consumption_eur: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The best plan found; powers in kW and one value a step, by storage.

    ``stored_kwh`` holds after each step, ``unserved_kwh`` is use of a storage that it could not serve.
    ``value_eur_per_kwh`` is what the next kWh in a storage is worth at the end of each step. ``optimal`` says that no
    plan is better; no plan with this violation and shortfall costs less than ``lower_bound_eur``. ``limited_by`` says
    in plain words what cannot be kept, None if nothing. ``kept`` says that the plan in force stays.
    """

    start: datetime
    step_s: int
    charge_kw: Mapping[AssetId, tuple[float, ...]]
    stored_kwh: Mapping[AssetId, tuple[float, ...]]
    unserved_kwh: Mapping[AssetId, tuple[float, ...]]
    import_kw: tuple[float, ...]
    export_kw: tuple[float, ...]
    curtailed_kw: tuple[float, ...]
    starts: Mapping[AssetId, int]
    violation_kwh: float
    shortfall_kwh: float
    cost_eur: float
    lower_bound_eur: float
    optimal: bool
    method: Method
    limited_by: str | None
    value_eur_per_kwh: Mapping[AssetId, tuple[float, ...]]
    band: Mapping[AssetId, tuple[Band, ...]]
    savings: Savings
    kept: bool = False
