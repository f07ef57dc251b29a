"""Days of a house: load in the morning and evening, sun at noon, a spot price, a battery, and more if asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from energy_manager.domain.least_cost import DemandCharge, PccLimits, Run, Scenario, Site, Storage, Target

BATTERY = Storage(
    id="battery",
    capacity_kwh=10,
    min_kwh=1,
    stored_kwh=3.5,
    max_charge_kw=5,
    max_discharge_kw=5,
    charge_efficiency=0.95,
    discharge_efficiency=0.95,
    wear_eur_per_kwh=0.01,
    end_value_eur_per_kwh=0.24,
)


def house(steps: int, *, scenarios: int = 0, seed: int = 0) -> Site:
    """Quarter hours from midnight, one battery."""
    noise = np.random.default_rng(seed)
    hour = np.arange(steps) * 0.25 % 24
    load = 0.4 + 1.5 * np.exp(-(((hour - 19) / 2) ** 2)) + 0.8 * np.exp(-(((hour - 7) / 1.5) ** 2))
    load += 0.3 * noise.random(steps)
    sun = np.maximum(0.0, 6.0 * np.sin((hour - 6) / 12 * np.pi)) * ((hour > 6) & (hour < 18))
    sun *= 0.6 + 0.4 * noise.random(steps)
    spot = 0.08 + 0.05 * np.sin((hour - 14) / 24 * 4 * np.pi) + 0.02 * noise.random(steps)
    return Site(
        start=datetime(2026, 3, 2, tzinfo=UTC),
        step_s=900,
        load_kw=tuple(load.tolist()),
        production_kw=tuple(sun.tolist()),
        curtailable=True,
        buy_eur_per_kwh=tuple(((spot + 0.16) * 1.19).tolist()),
        sell_eur_per_kwh=tuple((spot - 0.002).tolist()),
        pcc=PccLimits(import_limit_kw=17.0, export_limit_kw=float("inf")),
        storages=(BATTERY,),
        scenarios=tuple(
            Scenario(
                load_kw=tuple(np.maximum(load + 0.3 * noise.normal(size=steps), 0.0).tolist()),
                production_kw=tuple((sun * noise.uniform(0.4, 1.3)).tolist()),
            )
            for _ in range(scenarios)
        ),
    )


def odd_house(steps: int, kind: str) -> Site:
    """The same house with steps that are not convex."""
    plain = house(steps)
    day = np.arange(steps) % 96
    if kind == "feed-in dear":
        buy = tuple(np.where(day < 50, 0.2, 0.4).tolist())
        return replace(plain, buy_eur_per_kwh=buy, sell_eur_per_kwh=0.3)
    if kind == "negative noon":
        buy_array = np.array(plain.buy_eur_per_kwh) - np.where((day > 40) & (day < 60), 0.35, 0.0)
        return replace(
            plain,
            curtailable=False,
            buy_eur_per_kwh=tuple(buy_array.tolist()),
            sell_eur_per_kwh=tuple((buy_array - 0.17).tolist()),
        )
    if kind == "export limit":
        return replace(plain, curtailable=False, pcc=PccLimits(import_limit_kw=17.0, export_limit_kw=1.0))
    return replace(plain, storages=(_car(steps),))


def _car(steps: int) -> Storage:
    day = np.arange(steps) % 96
    away = (day >= 30) & (day <= 68)
    return Storage(
        id="car",
        kind="ev",
        capacity_kwh=60,
        stored_kwh=27,
        max_charge_kw=11,
        min_charge_kw=4.14,
        charge_efficiency=0.9,
        available=tuple((~away).astype(float).tolist()),
        use_kwh=tuple(np.where(away, 0.15, 0.0).tolist()),
        targets=(Target(step=28, at_least_kwh=50),),
        end_value_eur_per_kwh=0.2,
    )


def full_house(steps: int, *, seed: int = 0, demand_charge: bool = False) -> Site:
    """Battery, car, boiler and three runs."""
    day = np.arange(steps) % 96
    boiler = Storage(
        id="boiler",
        kind="heat",
        capacity_kwh=12,
        stored_kwh=6,
        max_charge_kw=2.5,
        charge_efficiency=3.0,
        keep_per_hour=0.99,
        use_kwh=tuple((0.1 + 0.4 * np.isin(day, (28, 29, 30, 76, 77, 78))).tolist()),
        comfort_kwh=2,
    )
    return replace(
        house(steps, seed=seed),
        storages=(BATTERY, _car(steps), boiler),
        runs=(
            Run(id="washer", profile_kw=(2.0, 1.8, 0.2), earliest_step=19, latest_start_step=60),
            Run(id="dishes", profile_kw=(1.9, 0.3, 1.6, 0.2), earliest_step=30, latest_start_step=80),
            Run(id="dryer", profile_kw=(2.4, 2.4, 1.2), earliest_step=40, latest_start_step=90),
        ),
        demand_charge=DemandCharge(eur_per_kw=4.0, paid_peak_kw=3.0) if demand_charge else None,
    )
