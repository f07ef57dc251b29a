"""EMHASS' own day-ahead optimisation: stdin a house, stdout its cost and the seconds of each solve."""

import asyncio
import json
import logging
import sys
import time
import warnings
from pathlib import Path

import emhass
import numpy as np
import pandas as pd
from emhass import utils
from emhass.optimization import Optimization

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)
house = json.load(sys.stdin)
steps, hours, battery = len(house["load_kw"]), house["step_h"], house["battery"]
logger = logging.getLogger("peer")
DATA = Path(emhass.__file__).parent / "data"
PATHS = {
    "data_path": DATA,
    "root_path": DATA.parent,
    "defaults_path": DATA / "config_defaults.json",
    "associations_path": DATA / "associations.csv",
}


async def configured() -> tuple[dict, dict, dict]:
    config = await utils.build_config(PATHS, logger, str(PATHS["defaults_path"]))
    _, secrets = await utils.build_secrets(PATHS, logger, no_response=True)
    params = await utils.build_params(PATHS, secrets, config, logger)
    return utils.get_yaml_parse(json.dumps(params, default=str), logger)


hass, optim, plant = asyncio.run(configured())
hass["optimization_time_step"] = pd.Timedelta(hours=hours)
optim.update(
    set_use_battery=True,
    set_use_pv=True,
    number_of_deferrable_loads=0,
    set_nodischarge_to_grid=False,
    set_battery_dynamic=False,
    weight_battery_discharge=0.0,
    weight_battery_charge=0.0,
    set_total_pv_sell=False,
    num_threads=1,
)
for name in list(optim):
    if isinstance(optim[name], list) and ("deferrable" in name or "deferr" in name):
        optim[name] = []
plant.update(
    battery_nominal_energy_capacity=1e3 * battery["capacity_kwh"],
    battery_charge_power_max=1e3 * battery["charge_kw"],
    battery_discharge_power_max=1e3 * battery["discharge_kw"],
    battery_charge_efficiency=battery["efficiency"],
    battery_discharge_efficiency=battery["efficiency"],
    battery_minimum_state_of_charge=battery["min_kwh"] / battery["capacity_kwh"],
    battery_maximum_state_of_charge=1.0,
    maximum_power_from_grid=1e3 * house["import_limit_kw"],
    maximum_power_to_grid=1e5,
    inverter_is_hybrid=False,
    compute_curtailment=False,
)
index = pd.date_range("2026-03-02", periods=steps, freq=pd.Timedelta(hours=hours), tz="UTC")
sun = pd.Series(1e3 * np.array(house["production_kw"]), index=index)
load = pd.Series(1e3 * np.array(house["load_kw"]), index=index)
table = pd.DataFrame({"unit_load_cost": house["buy"], "unit_prod_price": house["sell"]}, index=index)
first, least = battery["stored_kwh"] / battery["capacity_kwh"], battery["min_kwh"] / battery["capacity_kwh"]


def planner() -> Optimization:
    return Optimization(
        hass, optim, plant, "unit_load_cost", "unit_prod_price", "profit", PATHS, logger,
        opt_time_delta=round(steps * hours), num_timesteps=steps,
    )  # fmt: skip


def solve(own: Optimization) -> float:
    found = own.perform_dayahead_forecast_optim(table, sun, load, soc_init=first, soc_final=least)
    drawn = found["P_grid"].to_numpy() / 1e3
    prices = np.where(drawn > 0.0, house["buy"], house["sell"])
    return float((prices * drawn).sum() * hours)


begin = time.process_time()
own = planner()
cost = solve(own)
times = [time.process_time() - begin]
for _ in range(house["repeats"]):
    begin = time.process_time()
    cost = solve(own)
    times.append(time.process_time() - begin)
print(json.dumps({"cost": cost, "cold_s": times[0], "warm_s": min(times[1:])}))
