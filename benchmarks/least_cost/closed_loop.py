"""A year in closed loop: python -m benchmarks.least_cost.closed_loop SIMBENCH [--sites N] [--days N] [--service].

SIMBENCH is the wheel of the PyPI package ``simbench`` (``pip download simbench --no-deps``), whose household and
photovoltaic profiles of one year in quarter hours are read from within; nothing of it is kept. Prices are generated:
a season, two peaks a day, a dip at noon as deep as the sun of all profiles, and weather that lasts for days.

Without ``--service`` the sun is forecast from clear days and the published prices, as ``backtest`` does it (ADR 45). With
it by a weather service that is made up: what came, in hourly means, times an error that lasts for about a day; how far
it is off is printed. The loop's values do not foresee which of the forecast's errors comes (ADR 64), and the rule holds
until the errors of three days are known.
"""

from __future__ import annotations

import argparse
import csv
import io
import time
import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from energy_manager.domain.forecast.steps import Floats
from energy_manager.domain.least_cost.backtest import Battery, Past, PolicyValues, compared, values_of_day

A_DAY = 96
FOLDER = "simbench/networks/1-complete_data-mixed-all-0-sw/"
HOMES = ("H0-A", "H0-B", "H0-C", "H0-G", "H0-L")
SUNS = ("PV1", "PV3", "PV4", "PV5", "PV8")
YEARLY_KWH = 4_000.0
PEAK_KW = 6.0
BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2016, 1, 1, tzinfo=UTC)


def columns(wheel: Path, table: str, wanted: tuple[str, ...]) -> dict[str, Floats]:
    """The wanted columns of a table of profiles."""
    with zipfile.ZipFile(wheel) as archive, archive.open(FOLDER + table) as raw:
        rows = csv.reader(io.TextIOWrapper(raw, encoding="utf-8"), delimiter=";")
        header = next(rows)
        places = {name: header.index(name) for name in wanted}
        found: dict[str, list[float]] = {name: [] for name in wanted}
        for row in rows:
            for name, place in places.items():
                found[name].append(float(row[place]))
    return {name: np.maximum(np.array(values), 0.0) for name, values in found.items()}


def prices(sun: Floats, *, seed: int = 7) -> Floats:
    """A year of spot prices in EUR/kWh before charges."""
    rng = np.random.default_rng(seed)
    steps = np.arange(len(sun))
    hour = (steps % A_DAY) / 4 + 1
    days = len(sun) // A_DAY + 1
    weather = np.zeros(days)
    for day in range(1, days):
        weather[day] = 0.7 * weather[day - 1] + rng.normal(0, 0.018)
    peaks = 0.03 * np.exp(-(((hour - 8) / 2) ** 2)) + 0.05 * np.exp(-(((hour - 19.5) / 2.2) ** 2))
    season = 0.085 + 0.02 * np.cos(2 * np.pi * (steps / A_DAY - 15) / 366)
    weekend = np.where((steps // A_DAY + 4) % 7 >= 5, -0.015, 0.0)
    noise = np.repeat(rng.normal(0, 0.004, len(sun) // 4 + 1), 4)[: len(sun)]
    return season + peaks + weekend + weather[steps // A_DAY] - 0.13 * sun + noise


def weather_service(production: Floats, horizon: int, *, seed: int = 3) -> Floats:
    """A row a step of what a service would have said of the steps ahead; its error does not depend on the lead."""
    rng = np.random.default_rng(seed)
    hours = len(production) // 4
    error = np.zeros(hours)
    for hour in range(1, hours):
        error[hour] = 0.95 * error[hour - 1] + rng.normal(0, 0.35 * (1 - 0.95**2) ** 0.5)
    said = np.repeat(production[: 4 * hours].reshape(hours, 4).mean(axis=1) * np.exp(error), 4)
    at = np.arange(len(production))[:, None] + np.arange(horizon)[None, :]
    return said[np.minimum(at, len(said) - 1)]


def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("simbench", type=Path)
    parser.add_argument("--sites", type=int, default=len(HOMES))
    parser.add_argument("--days", type=int, default=366)
    parser.add_argument("--service", action="store_true")
    said = parser.parse_args()
    loads = columns(said.simbench, "LoadProfile.csv", tuple(f"{name}_pload" for name in HOMES))
    suns = columns(said.simbench, "RESProfile.csv", SUNS)
    steps = said.days * A_DAY
    spot = prices(sum(suns.values()) / len(suns))[:steps]
    buy = (spot + 0.15) * 1.19
    tariffs = {"fixed feed-in": (buy, np.full(steps, 0.079)), "spot": (buy, spot - 0.002)}
    battery = Battery(capacity_kwh=10.0, power_kw=5.0)
    print(f"{said.days} days, {YEARLY_KWH:g} kWh of load a year, {PEAK_KW:g} kW of sun, 10 kWh / 5 kW; EUR")
    print(
        f"{'site':<14}{'tariff':<15}{'none':>9}{'rule':>9}{'value':>9}{'foreseen':>9}{'share':>8}{'sun off':>8}{'s':>7}"
    )
    shares: dict[str, list[float]] = {name: [] for name in tariffs}
    for home, sun in list(zip(HOMES, SUNS, strict=True))[: said.sites]:
        load = loads[f"{home}_pload"]
        load = (load * YEARLY_KWH / (load.sum() / 4))[:steps]
        for name, (bought, sold) in tariffs.items():
            began_s = time.perf_counter()
            past = Past(
                start=START,
                step_s=900,
                load_kw=load,
                production_kw=PEAK_KW * suns[sun][:steps],
                buy_eur_per_kwh=bought,
                sell_eur_per_kwh=sold,
                zone=BERLIN,
            )
            made = PolicyValues.of(past, battery)
            if said.service:
                made = replace(made, production_kw=weather_service(past.production_kw, made.horizon))
            ahead = past.production_kw[np.minimum(np.arange(past.steps) + 48, past.steps - 1)]
            off = np.abs(made.production_kw[:, 48] - ahead)[A_DAY:].mean() / past.production_kw.mean()
            values = np.concatenate([values_of_day(made, day) for day in range(made.days)])
            found = compared(past, battery, values)
            costs = found.costs
            totals = (costs.without_battery, costs.by_rule, costs.by_value, costs.foreseen)
            shares[name].append(found.share or 0.0)
            print(
                f"{home + ' ' + sun:<14}{name:<15}"
                + "".join(f"{cost.sum():>9.2f}" for cost in totals)
                + f"{found.share or 0.0:>8.1%}{off:>8.2f}{time.perf_counter() - began_s:>7.1f}",
                flush=True,
            )
    for name, each in shares.items():
        print(f"mean share, {name}: {np.mean(each):.1%}, least {min(each):.1%}")


if __name__ == "__main__":
    main()
