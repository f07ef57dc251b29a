"""Minute data: python -m benchmarks.least_cost.minutes [--days N].

What a plan of quarter hours, renewed every 15 minutes, leaves on the table when the loop follows its value of energy on the
load of every minute, against a value of energy that is worked out anew every minute. Both know the same forecast, the
quarter-hourly means of the day before; the load is made up of kettles, hobs and clouds by the minute.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt

from energy_manager.domain.least_cost import Guidance, Site, Storage, guidance_of, value_of_energy

Floats = npt.NDArray[np.float64]
A_DAY, QUARTER = 1440, 15
AHEAD = 96
START = datetime(2026, 3, 2, tzinfo=UTC)
MOST_KW, CAPACITY_KWH, EFFICIENCY, WEAR = 5.0, 10.0, 0.95, 0.01


def minutes(days: int, *, seed: int) -> tuple[Floats, Floats]:
    """Load and sun of every minute, kW."""
    rng = np.random.default_rng(seed)
    hour = np.arange(days * A_DAY) % A_DAY / 60
    load = 0.25 + 0.3 * np.exp(-(((hour - 19) / 2.5) ** 2)) + 0.2 * np.exp(-(((hour - 7.5) / 1.2) ** 2))
    for day in range(days):
        for watts, lasts, mean_hour, spread in (
            (2.0, 4, 7.3, 0.8),
            (2.2, 30, 18.5, 1.5),
            (2.0, 5, 15, 4),
            (1.8, 60, 12, 5),
        ):
            for _ in range(rng.integers(1, 4)):
                at = int((day * 24 + rng.normal(mean_hour, spread)) * 60)
                load[max(at, 0) : max(at + lasts, 0)] += watts
    clear = np.maximum(0.0, 4.0 * np.sin(np.pi * (hour - 7) / 11)) * (hour > 7) * (hour < 18)
    cloud = np.repeat(rng.uniform(0.3, 1.0, days * A_DAY // 5), 5)
    return load, clear * cloud


def prices(days: int) -> tuple[Floats, Floats]:
    """What a kWh costs and earns in each quarter hour."""
    hour = np.arange(days * AHEAD) % AHEAD / 4
    spot = 0.09 + 0.05 * np.exp(-(((hour - 19) / 2) ** 2)) + 0.03 * np.exp(-(((hour - 8) / 2) ** 2))
    spot -= 0.05 * np.exp(-(((hour - 13) / 2.5) ** 2))
    return (spot + 0.15) * 1.19, spot - 0.002


def followed(days: int, plan: Callable[[int], Guidance], renewed_min: int, load: Floats, sun: Floats) -> float:
    """EUR of the days from the second on: the loop on each minute's load, its guidance renewed so often."""
    buy, sell = prices(days + 1)
    stored, spent = 0.0, 0.0
    led = plan(A_DAY)
    for minute in range(A_DAY, days * A_DAY):
        if minute % renewed_min == 0:
            led = plan(minute)
        leading = led.at(START.timestamp() + 60 * minute, stored)
        assert leading is not None, "the plan goes on"
        base = load[minute] - sun[minute]
        charge = leading.band(import_limit_kw=20.0, export_limit_kw=20.0).charge_kw(base)
        most_in = min(MOST_KW, (CAPACITY_KWH - stored) * 60 / EFFICIENCY)
        charge = min(max(charge, -min(MOST_KW, stored * 60 * EFFICIENCY)), most_in)
        change = charge * EFFICIENCY / 60 if charge > 0 else charge / EFFICIENCY / 60
        stored += change
        drawn, place = base + charge, minute // QUARTER
        spent += drawn / 60 * (buy[place] if drawn > 0 else sell[place]) + WEAR * abs(change)
    return float(spent) - stored * 0.2


def main() -> None:
    """The line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=int, default=4)
    days = parser.parse_args().days
    load, sun = minutes(days, seed=5)
    buy, sell = prices(days + 2)
    of_quarters = (load - sun).reshape(-1, QUARTER).mean(axis=1)
    before = np.concatenate([of_quarters[:AHEAD], of_quarters[: (days - 1) * AHEAD], of_quarters[-2 * AHEAD :]])
    bare = Storage(
        id="battery", capacity_kwh=CAPACITY_KWH, stored_kwh=0.0, max_charge_kw=MOST_KW, max_discharge_kw=MOST_KW,
        charge_efficiency=EFFICIENCY, discharge_efficiency=EFFICIENCY, wear_eur_per_kwh=WEAR, end_value_eur_per_kwh=0.2,
    )  # fmt: skip

    def plan(minute: int) -> Guidance:
        first = minute // QUARTER
        at = slice(first, first + AHEAD)
        site = Site(
            start=START + timedelta(minutes=minute),
            step_s=900,
            first_step_s=60.0 * (QUARTER - minute % QUARTER),
            load_kw=tuple(np.maximum(before[at], 0.0).tolist()),
            production_kw=tuple(np.maximum(-before[at], 0.0).tolist()),
            buy_eur_per_kwh=tuple(buy[at].tolist()),
            sell_eur_per_kwh=tuple(sell[at].tolist()),
            storages=(bare,),
        )
        return guidance_of(site, site.storages[0], value_of_energy(site), plan="plan", schedule="least_cost:site")

    for name, every in (("every minute", 1), ("every 15 minutes", QUARTER)):
        began_s = time.process_time()
        eur = followed(days, plan, every, load, sun)
        print(f"{name:<18}{eur / (days - 1):>10.4f} EUR a day {time.process_time() - began_s:>8.1f} CPU s", flush=True)


if __name__ == "__main__":
    main()
