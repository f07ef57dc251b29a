"""python -m benchmarks.least_cost.peers --pypsa PYTHON --emhass PYTHON --flexmeasures PYTHON.

Each PYTHON is one of a virtual environment of its own in which the peer is installed (``python -m venv V && V/bin/pip
install pypsa``); those that are left out are not run. All plan the same house in the same run: sun, spot price, import
limit, one battery, no wear, nothing that is left at the end has a value; what they find must cost the same.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from dataclasses import replace
from pathlib import Path

from benchmarks.least_cost.houses import BATTERY, house
from benchmarks.least_cost.one_storage import cpu_ms
from energy_manager.domain.least_cost import Site, plan_site

PEERS = ("emhass", "flexmeasures", "pypsa")
REPEATS = 5


def problem(steps: int) -> Site:
    """The house as every peer can plan it."""
    battery = replace(BATTERY, wear_eur_per_kwh=0.0, end_value_eur_per_kwh=0.0)
    return replace(house(steps), curtailable=False, storages=(battery,))


def asked(site: Site) -> dict[str, object]:
    """The house in JSON."""
    (battery,) = site.storages
    return {
        "step_h": site.step_s / 3600,
        "load_kw": site.load_kw,
        "production_kw": site.production_kw,
        "buy": site.buy_eur_per_kwh,
        "sell": site.sell_eur_per_kwh,
        "import_limit_kw": site.pcc.import_limit_kw,
        "repeats": REPEATS,
        "battery": {
            "capacity_kwh": battery.capacity_kwh,
            "min_kwh": battery.min_kwh,
            "stored_kwh": battery.stored_kwh,
            "charge_kw": battery.max_charge_kw,
            "discharge_kw": battery.max_discharge_kw,
            "efficiency": battery.charge_efficiency,
        },
    }


def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser()
    for peer in PEERS:
        parser.add_argument(f"--{peer}", type=Path)
    said = vars(parser.parse_args())
    print(f"{'steps':>6} {'planner':20}{'cold ms':>10}{'warm ms':>10}{'x cold':>8}{'x warm':>8}{'cost':>10}")
    for steps in (96, 192):
        site = problem(steps)
        own_ms = cpu_ms(lambda site=site: plan_site(site))
        print(
            f"{steps:6} {'plan_site':20}{own_ms:10.2f}{own_ms:10.2f}{1:8}{1:8}{plan_site(site).cost_eur:10.4f}",
            flush=True,
        )
        for peer in PEERS:
            if said[peer] is None:
                continue
            script = Path(__file__).with_name(f"of_{peer}.py")
            run = subprocess.run(
                [said[peer], script], input=json.dumps(asked(site)), capture_output=True, text=True, check=False
            )
            if run.returncode != 0:
                print(f"{steps:6} {peer:20} failed: {run.stderr.strip().splitlines()[-1]}")
                continue
            found = json.loads(run.stdout.strip().splitlines()[-1])
            cold, warm = 1e3 * found["cold_s"], 1e3 * found["warm_s"]
            print(
                f"{steps:6} {peer:20}{cold:10.1f}{warm:10.1f}{cold / own_ms:8.0f}{warm / own_ms:8.0f}"
                f"{found['cost']:10.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
