"""What stores energy: batteries, cars and heat, all alike to the planner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from energy_manager.domain.errors import Fault, faults_of, refuse
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.series import (
    FAULTS_PER_SERIES,
    LEAST_EFFICIENCY,
    Level,
    at_each_step,
    level_faults,
    number_fault,
)

Kind = Literal["battery", "ev", "heat"]
KINDS: tuple[Kind, ...] = ("battery", "ev", "heat")

# A heat pump that makes more than this of a kWh of electricity is a mistake.
MOST_HEAT_PER_KWH = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """At least so much energy is wanted in the storage after a step."""

    step: int
    at_least_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """One storage. Powers are at its terminals (AC side), energies are what it holds.

    ``capacity_kwh`` and ``min_kwh`` bound the stored energy after each step and are hard; ``stored_kwh`` holds before
    the first step and may lie outside them. It charges with nothing or with ``min_charge_kw`` to ``max_charge_kw``, and
    only in steps where it is ``available`` (1, else 0). ``use_kwh`` is drawn from it in each step (a trip, hot water);
    ``keep_per_hour`` is the share of its energy left after an hour; ``comfort_kwh`` should be in it after each step.
    ``wear_eur_per_kwh`` counts each kWh that enters or leaves it, ``end_value_eur_per_kwh`` each kWh left after the
    last step; None for the default (see ``default_end_value``). ``planned_kw`` is the charge of the plan in force
    from the first step on, as far as it goes.

    Raises:
        Refused: with every fault by field.
    """

    id: AssetId
    capacity_kwh: Level
    stored_kwh: float
    max_charge_kw: Level
    kind: Kind = "battery"
    min_kwh: Level = 0.0
    max_discharge_kw: Level = 0.0
    min_charge_kw: Level = 0.0
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0
    wear_eur_per_kwh: float = 0.0
    end_value_eur_per_kwh: float | None = None
    available: Level = 1.0
    use_kwh: Level = 0.0
    keep_per_hour: float = 1.0
    comfort_kwh: Level = 0.0
    targets: tuple[Target, ...] = ()
    planned_kw: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        refuse(storage_faults(self))

    def levels(self) -> dict[str, Level]:
        """The fields that may have one value a step, by name."""
        return {name: getattr(self, name) for name in _LEVELS}


_LEVELS = (
    "capacity_kwh",
    "min_kwh",
    "max_charge_kw",
    "max_discharge_kw",
    "min_charge_kw",
    "available",
    "use_kwh",
    "comfort_kwh",
)
_BELOW = (
    ("min_kwh", "capacity_kwh", "the capacity"),
    ("comfort_kwh", "capacity_kwh", "the capacity"),
    ("min_charge_kw", "max_charge_kw", "max_charge_kw"),
)


def storage_faults(storage: Storage) -> list[Fault]:
    """What is wrong with a storage, by field."""
    faults: list[Fault] = []
    if storage.kind not in KINDS:
        faults.append(Fault(field="kind", message=f"must be one of {', '.join(KINDS)}, not {storage.kind}"))
    for name in _LEVELS:
        faults += level_faults(name, getattr(storage, name), least=0.0)
    for name, least in (("stored_kwh", None), ("wear_eur_per_kwh", 0.0), ("end_value_eur_per_kwh", None)):
        number = getattr(storage, name)
        faults += faults_of({name: None if number is None else number_fault(number, least)})
    most = MOST_HEAT_PER_KWH if storage.kind == "heat" else 1.0
    for name, highest in (("charge_efficiency", most), ("discharge_efficiency", 1.0), ("keep_per_hour", 1.0)):
        share = getattr(storage, name)
        if not LEAST_EFFICIENCY <= share <= highest:
            words = f"must lie above 0 (at least {LEAST_EFFICIENCY:g}) and be at most {highest:g}, not {share:g}"
            faults.append(Fault(field=name, message=words))
    if storage.planned_kw is not None:
        faults += level_faults("planned_kw", storage.planned_kw)
    return faults or _order_faults(storage)


def _order_faults(storage: Storage) -> list[Fault]:
    """Where one level lies above another, or a target above the capacity; of sound levels only."""
    faults: list[Fault] = []
    for low_name, high_name, words in _BELOW:
        low, high = getattr(storage, low_name), getattr(storage, high_name)
        steps = max((len(level) for level in (low, high) if isinstance(level, tuple)), default=1)
        pairs = zip(at_each_step(low, steps), at_each_step(high, steps), strict=False)
        crossed = [(place, least, most) for place, (least, most) in enumerate(pairs) if least > most]
        faults += [
            Fault(
                field=f"{low_name}[{place}]" if isinstance(low, tuple) else low_name,
                message=f"must be at most {words}, {most:g}, not {least:g}",
            )
            for place, least, most in crossed[:FAULTS_PER_SERIES]
        ]
    if set(at_each_step(storage.available, 1)) - {0.0, 1.0}:
        faults.append(Fault(field="available", message="must be 0 or 1 in each step"))
    for place, target in enumerate(storage.targets):
        message = number_fault(target.at_least_kwh, 0.0)
        capacity = storage.capacity_kwh
        if message is None and not isinstance(capacity, tuple) and target.at_least_kwh > capacity:
            message = f"must be at most the capacity, {capacity:g} kWh, not {target.at_least_kwh:g}"
        faults += faults_of({f"targets[{place}].at_least_kwh": message})
    return faults
