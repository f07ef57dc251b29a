"""FlexMeasures' own ``device_scheduler``: stdin a house, stdout its cost and the seconds of each solve."""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
from flask import Flask
from flexmeasures.data.models.planning.linear_optimization import device_scheduler

warnings.filterwarnings("ignore")
house = json.load(sys.stdin)
steps, hours, battery = len(house["load_kw"]), house["step_h"], house["battery"]
index = pd.date_range("2026-03-02", periods=steps, freq=pd.Timedelta(hours=hours), tz="UTC", inclusive="left")
COLUMNS = (
    "equals", "max", "min", "efficiency", "derivative equals", "derivative max", "derivative min",
    "derivative down efficiency", "derivative up efficiency", "stock delta",
)  # fmt: skip


def frame(columns: tuple[str, ...] = COLUMNS, **values: object) -> pd.DataFrame:
    table = pd.DataFrame(np.nan, index=index, columns=list(columns))
    for name, value in values.items():
        table[name.replace("_", " ")] = value
    return table


def solve() -> float:
    net = np.array(house["load_kw"]) - np.array(house["production_kw"])
    # A stock counts kW for a step.
    stored, most, least = (battery[name] / hours for name in ("stored_kwh", "capacity_kwh", "min_kwh"))
    devices = [
        frame(derivative_equals=net),
        frame(
            max=most - stored,
            min=least - stored,
            derivative_max=battery["charge_kw"],
            derivative_min=-battery["discharge_kw"],
            derivative_up_efficiency=battery["efficiency"],
            derivative_down_efficiency=battery["efficiency"],
        ),
    ]
    limits = frame(("derivative max", "derivative min"), derivative_max=house["import_limit_kw"])
    energy = pd.DataFrame(index=index)
    energy["quantity"] = 0.0
    energy["upwards deviation price"] = np.array(house["buy"]) * hours
    energy["downwards deviation price"] = np.array(house["sell"]) * hours
    energy["group"] = np.arange(steps)
    _, cost, _, _ = device_scheduler(devices, limits, commitments=[energy], initial_stock=[0.0, 0.0])
    return float(cost)


app = Flask("peer")
times = []
with app.app_context():
    app.config.update(FLEXMEASURES_LP_SOLVER="highspy", FLEXMEASURES_LP_SOLVER_OPTIONS={}, LOGGING_LEVEL="ERROR")
    for _ in range(house["repeats"]):
        begin = time.process_time()
        cost = solve()
        times.append(time.process_time() - begin)
print(json.dumps({"cost": cost, "cold_s": times[0], "warm_s": min(times)}))
