"""Random sites for least cost: any prices, limits, kinds of storage, and starts outside their limits."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from energy_manager.domain.least_cost import DemandCharge, PccLimits, Run, Site, Storage, Target

START = datetime(2026, 3, 2, tzinfo=UTC)


def _prices(r: Random, steps: int):
    style = r.choice(["fixed", "spot", "negative", "feed-in dear", "any"])
    if style == "fixed":
        return (0.3,) * steps, 0.08
    low, high = {"spot": (0.05, 0.5), "negative": (-0.2, 0.4), "feed-in dear": (0.0, 0.4), "any": (-0.3, 0.4)}[style]
    buy = tuple(round(r.uniform(low, high), r.choice([2, 4])) for _ in range(steps))
    if style in {"spot", "negative"}:
        return buy, tuple(round(price - r.choice([0.0, 0.05]), 4) for price in buy)
    return buy, tuple(round(r.uniform(min(low, 0.0), high), 2) for _ in buy)


def storage_case(r: Random, steps: int, kind: str, name: str = "s") -> Storage:
    grid = r.choice([None, 1.0, 0.5])

    def number(low: float, high: float) -> float:
        value = r.uniform(low, high)
        return round(value, 3) if grid is None else round(value / grid) * grid

    capacity = number(2, 15) + 1
    least = r.choice([0.0, 0.0, 0.5])
    fields = {
        "id": name,
        "kind": kind,
        "capacity_kwh": capacity,
        "min_kwh": least,
        "stored_kwh": number(least, capacity) if r.random() < 0.8 else r.choice([-1.0, capacity + 2, 0.0]),
        "max_charge_kw": number(1, 6) + 0.5,
        "wear_eur_per_kwh": r.choice([0.0, 0.0, 0.01, 0.04]),
        "charge_efficiency": r.choice([1.0, 0.95, 0.8]),
        "discharge_efficiency": r.choice([1.0, 0.95, 0.85]),
        "end_value_eur_per_kwh": round(r.uniform(0, 0.3), 3),
    }
    if kind == "battery" or r.random() < 0.2:
        fields["max_discharge_kw"] = number(1, 6) + 0.5
    if kind == "heat":
        fields |= {
            "charge_efficiency": r.choice([1.0, 3.0]),
            "keep_per_hour": r.choice([1.0, 0.99, 0.9]),
            "use_kwh": tuple(max(0.0, number(-1, 1.5)) for _ in range(steps)),
            "comfort_kwh": min(r.choice([0.0, 0.0, 2.0]), capacity),
        }
    if kind == "ev":
        there = tuple(float(r.random() < 0.7) for _ in range(steps))
        fields |= {"available": there, "use_kwh": tuple(0.0 if own else r.choice([0.0, 1.0, 2.0]) for own in there)}
        if r.random() < 0.6:
            fields["min_charge_kw"] = min(fields["max_charge_kw"], r.choice([1.4, 2.0]))
        if r.random() < 0.7:
            fields["targets"] = tuple(
                Target(step=r.randrange(steps), at_least_kwh=max(0.0, number(0, capacity - 1)))
                for _ in range(r.choice([1, 2]))
            )
    return Storage(**fields)


def one_storage_case(seed: int, steps: int | None = None, kind: str | None = None) -> Site:
    r = Random(seed)
    steps = steps or r.choice([1, 2, 3, 6, 12, 24])
    grid = r.choice([0.001, 0.5])
    buy, sell = _prices(r, steps)
    return Site(
        start=START,
        step_s=r.choice([900, 1800, 3600]),
        first_step_s=r.choice([None, None, 300.0]),
        load_kw=tuple(round(r.uniform(0, 8) / grid) * grid for _ in range(steps)),
        production_kw=tuple(max(0.0, round(r.uniform(-6, 12) / grid) * grid) for _ in range(steps)),
        curtailable=r.random() < 0.5,
        buy_eur_per_kwh=buy,
        sell_eur_per_kwh=sell,
        pcc=PccLimits(
            import_limit_kw=r.choice([math.inf, 6.0, 3.0]), export_limit_kw=r.choice([math.inf, 5.0, 2.0, 0.0])
        ),
        storages=(storage_case(r, steps, kind or r.choice(["battery", "battery", "ev", "heat"])),),
    )


def several_case(seed: int) -> Site:
    r = Random(seed)
    steps = r.choice([4, 8, 12])
    runs = []
    for place in range(r.choice([0, 1, 2])):
        profile = tuple(r.choice([0.5, 1.0, 2.0]) for _ in range(r.randint(1, 3)))
        earliest = r.randint(0, steps - len(profile))
        latest = r.randint(earliest, steps - len(profile))
        runs.append(Run(id=f"r{place}", profile_kw=profile, earliest_step=earliest, latest_start_step=latest))
    charge = DemandCharge(eur_per_kw=r.choice([0.5, 4.0]), paid_peak_kw=r.choice([0.0, 3.0]))
    return replace(
        one_storage_case(seed, steps),
        storages=tuple(
            storage_case(r, steps, r.choice(["battery", "battery", "ev", "heat"]), f"s{place}")
            for place in range(r.choice([1, 2, 3]))
        ),
        runs=tuple(runs),
        demand_charge=charge if r.random() < 0.3 else None,
    )
