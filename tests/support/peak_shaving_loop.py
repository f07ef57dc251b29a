"""The fast loop closed over a simulated plant on virtual time, and what there is to say about how it went."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from energy_manager.domain.peak_shaving.grid_limit import (
    GridLimitMemory,
    GridLimitSettings,
    PccReading,
    decide,
)
from tests.support.simulated_plant import PlantSettings, SimulatedPlant

FINE_S = 0.1  # the plant is looked at so often


def read_round(plant: SimulatedPlant, *, at_s: float) -> PccReading:
    """Meter and storage in one round."""
    import_kw = plant.read_meter()
    charge_kw, stored_kwh = plant.read_storage()
    return PccReading(at_s=at_s, import_kw=import_kw, charge_kw=charge_kw, stored_kwh=stored_kwh)


class Law(Protocol):
    """Something that turns readings into charge targets."""

    def target(self, reading: PccReading | None, *, scheduled_kw: float, now_s: float, base_kw: float) -> float: ...


class GridLimitLaw:
    """The product's law."""

    def __init__(self, settings: GridLimitSettings) -> None:
        self.settings = settings
        self.memory = GridLimitMemory()

    def target(self, reading: PccReading | None, *, scheduled_kw: float, now_s: float, base_kw: float) -> float:
        decision = decide(self.settings, self.memory, reading, scheduled_kw=scheduled_kw, now_s=now_s)
        self.memory = decision.memory
        return decision.target_kw


class Clairvoyant:
    """Knows the true base and needs no margin: what it violates is what lag and dead time alone cost."""

    def __init__(self, settings: GridLimitSettings) -> None:
        self.settings = settings

    def target(self, reading: PccReading | None, *, scheduled_kw: float, now_s: float, base_kw: float) -> float:
        limits = self.settings
        target = min(max(scheduled_kw, -limits.export_limit_kw - base_kw), limits.import_limit_kw - base_kw)
        return min(max(target, -limits.max_discharge_kw), limits.max_charge_kw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What happened: energy beyond the limits, how long each disturbance took, how far the targets travelled."""

    violation_kwh: float
    settling_s: tuple[float, ...]
    travel_kw: float
    reversals: int
    imports_kw: tuple[float, ...]
    charges_kw: tuple[float, ...]
    targets_kw: tuple[float, ...]

    @property
    def mean_settling_s(self) -> float:
        return sum(self.settling_s) / max(len(self.settling_s), 1)


def closed_loop(
    law: Law,
    limits: GridLimitSettings,
    plant_settings: PlantSettings,
    *,
    base_kw: Callable[[float], float],
    lasts_s: float,
    scheduled_kw: Callable[[float], float] = lambda _: 0.0,
    stored_kwh: float | None = None,
    reading: Callable[[float, PccReading], PccReading | None] = lambda _, read: read,
    seed: int = 0,
) -> Course:
    """Run a law on a plant; every tick it reads and commands, between ticks the plant goes its way."""
    clock = [0.0]
    plant = SimulatedPlant(
        plant_settings,
        base_kw=base_kw,
        now_s=lambda: clock[0],
        stored_kwh=plant_settings.capacity_kwh / 2.0 if stored_kwh is None else stored_kwh,
        seed=seed,
    )
    fine_steps = round(limits.tick_s / FINE_S)
    imports, charges, targets, overs, jumps = [], [], [], [], [0.0]
    last_base = base_kw(0.0)
    for step in range(round(lasts_s / FINE_S)):
        clock[0] = step * FINE_S
        if step % fine_steps == 0:
            read = reading(clock[0], read_round(plant, at_s=clock[0]))
            target = law.target(read, scheduled_kw=scheduled_kw(clock[0]), now_s=clock[0], base_kw=base_kw(clock[0]))
            plant.set_charge(target)
            targets.append(target)
        plant.read_storage()
        imports.append(plant.import_kw)
        charges.append(plant.charge_kw)
        overs.append(max(imports[-1] - limits.import_limit_kw, -imports[-1] - limits.export_limit_kw, 0.0))
        base = base_kw(clock[0])
        if abs(base - last_base) > 2.0:
            jumps.append(clock[0])
        last_base = base
    changes = [after - before for before, after in pairwise(targets)]
    signs = [change > 0 for change in changes if abs(change) > 0.05]
    return Course(
        violation_kwh=sum(overs) * FINE_S / 3600.0,
        settling_s=_settling(overs, jumps, ends_s=lasts_s),
        travel_kw=sum(map(abs, changes)),
        reversals=sum(one != other for one, other in pairwise(signs)),
        imports_kw=tuple(imports),
        charges_kw=tuple(charges),
        targets_kw=tuple(targets),
    )


def _settling(overs: list[float], jumps: list[float], *, ends_s: float) -> tuple[float, ...]:
    """From each jump of the load that breaks a limit to the last moment it is broken by more than half a kilowatt."""
    times = []
    for begin, end in zip(jumps, [*jumps[1:], ends_s], strict=True):
        part = overs[round(begin / FINE_S) : round(end / FINE_S)]
        broken = [place for place, over in enumerate(part) if over > 0.5]
        if broken and len(part) - broken[-1] > 1:
            times.append((broken[-1] + 1) * FINE_S)
    return tuple(times)
