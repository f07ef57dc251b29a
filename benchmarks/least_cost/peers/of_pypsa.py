"""PyPSA: stdin a house, stdout its cost and the seconds of each solve. Runs in a Python that has PyPSA alone."""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
import pypsa

warnings.filterwarnings("ignore")
house = json.load(sys.stdin)
steps, hours, battery = len(house["load_kw"]), house["step_h"], house["battery"]


def solve() -> float:
    network = pypsa.Network(snapshots=pd.RangeIndex(steps))
    network.snapshot_weightings = pd.DataFrame(
        float(hours), index=network.snapshots, columns=["objective", "stores", "generators"]
    )
    network.add("Bus", ["site", "inside"])
    network.add("Load", "load", bus="site", p_set=house["load_kw"])
    network.add(
        "Generator", "sun", bus="site", p_nom=1.0, p_min_pu=house["production_kw"], p_max_pu=house["production_kw"]
    )
    network.add("Generator", "buy", bus="site", p_nom=house["import_limit_kw"], marginal_cost=house["buy"])
    # Feeding in is a generator that takes.
    network.add("Generator", "sell", bus="site", p_nom=1e3, p_min_pu=-1.0, p_max_pu=0.0, marginal_cost=house["sell"])
    network.add(
        "Link", "charge", bus0="site", bus1="inside", p_nom=battery["charge_kw"], efficiency=battery["efficiency"]
    )
    network.add(
        "Link",
        "discharge",
        bus0="inside",
        bus1="site",
        p_nom=battery["discharge_kw"] / battery["efficiency"],
        efficiency=battery["efficiency"],
    )
    network.add(
        "Store",
        "store",
        bus="inside",
        e_nom=battery["capacity_kwh"],
        e_min_pu=battery["min_kwh"] / battery["capacity_kwh"],
        e_initial=battery["stored_kwh"],
    )
    network.optimize(solver_name="highs", solver_options={"output_flag": False, "threads": 1}, log_to_console=False)
    bought, sold = network.generators_t.p["buy"].to_numpy(), -network.generators_t.p["sell"].to_numpy()
    return float((np.array(house["buy"]) * bought - np.array(house["sell"]) * sold).sum() * hours)


times = []
for _ in range(house["repeats"]):
    begin = time.process_time()
    cost = solve()
    times.append(time.process_time() - begin)
print(json.dumps({"cost": cost, "cold_s": times[0], "warm_s": min(times)}))
