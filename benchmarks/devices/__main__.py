"""Devices over Modbus TCP behind the lanes, ours beside pymodbus's own clients, on units in a process of their own.

``python -m benchmarks.devices`` takes about five minutes; ``--units 1000`` the larger site, ``--quick`` one minute. A
unit's target changes at every tick of 2 s. *Entry* is when the write arrives at the unit after its tick; *undelivered*
are targets of healthy units that had not arrived when the next one was due.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from benchmarks.devices.clients import CLIENTS, PERIOD_S, WARM_UP_TICKS
from benchmarks.devices.units import UNITS_A_GATEWAY, Plan

FIRST_MINUTE_TICKS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row of the goals: a site, for how many ticks, and from which tick on it counts."""

    title: str
    plan: Plan
    ticks: int
    counts_from: int = 1
    clients: tuple[str, ...] = ("ours", "pymodbus sync", "pymodbus async")


def cases(units: int, *, quick: bool) -> list[Case]:
    own, gateways = units * 4 // 5, units // 5 // UNITS_A_GATEWAY
    ticks = 8 if quick else 20
    healthy = Case(
        title=f"{units} healthy units ({own} links of their own, {gateways} gateways)",
        plan=Plan(own=own, faulty=0, gateways=gateways, dead=0, late_s=0.0),
        ticks=ticks,
        counts_from=WARM_UP_TICKS + 1,
    )
    faulty = Case(
        title=f"{units} units, {own * 11 // 100} of {own} links faulty in seven ways, "
        f"2 of 10 units dead behind {gateways - gateways // 4} of {gateways} gateways; after the first minute",
        plan=Plan(own=own, faulty=own * 11 // 100, gateways=gateways, dead=2, late_s=0.7),
        ticks=FIRST_MINUTE_TICKS + ticks,
        counts_from=FIRST_MINUTE_TICKS + 1,
        clients=("ours", "pymodbus sync", "pymodbus sync, its defaults"),
    )
    return [healthy] if quick else [healthy, faulty]


def measure(client: str, case: Case) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.devices.units", case.plan.text]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as units:
        assert units.stdout is not None
        assert units.stdin is not None
        ports = units.stdout.readline()
        command = [sys.executable, "-m", "benchmarks.devices.clients", client, case.plan.text, ports, str(case.ticks)]
        timeout_s = 60 + 2 * case.ticks * PERIOD_S
        ended = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
        units.stdin.close()
        writes = json.loads(units.stdout.readline())
    if ended.returncode:
        raise SystemExit(f"{client}: {ended.stderr[-2000:]}")
    figures = json.loads(ended.stdout)
    figures["told_at_s"] = {int(value): at_s for value, at_s in figures["told_at_s"].items()}
    return figures | {"writes": writes}


def entries(figures: dict[str, Any], case: Case, names: list[str]) -> tuple[list[float], float]:
    """Latencies in ms of what arrived before the next tick, and the share (%) of targets that did."""
    arrived: dict[tuple[str, int], float] = {}
    for name, value, at_s in figures["writes"]:
        arrived.setdefault((name, value), at_s)
    latencies, wanted = [], 0
    for value, told_at_s in figures["told_at_s"].items():
        if value < case.counts_from:
            continue
        for name in names:
            wanted += 1
            latency_s = arrived.get((name, value), float("inf")) - told_at_s
            if latency_s < PERIOD_S:
                latencies.append(1000 * latency_s)
    return sorted(latencies), 100.0 * len(latencies) / wanted if wanted else float("nan")


def quantile(values: list[float], share: float) -> str:
    return f"{values[min(len(values) - 1, int(share * len(values)))]:.0f}" if values else "–"


def row(client: str, case: Case) -> str:
    plan, figures = case.plan, measure(client, case)
    own = [f"u{index}" for index in range(plan.own) if plan.fault_of(index) is None]
    behind = [
        f"g{number}.{unit}"
        for number in range(plan.gateways)
        for unit in range(UNITS_A_GATEWAY)
        if not plan.is_dead(number, unit) and (plan.has_dead(number) or not plan.dead)
    ]
    own_ms, own_share = entries(figures, case, own)
    behind_ms, behind_share = entries(figures, case, behind)
    cells = [
        client,
        f"{own_share:.2f}",
        f"{quantile(own_ms, 0.5)} / {quantile(own_ms, 0.99)}",
        f"{behind_share:.1f}",
        f"{quantile(behind_ms, 0.5)} / {quantile(behind_ms, 0.99)}",
        f"{100 * figures['cpu']:.1f}",
        str(figures["threads"]),
        f"{figures['rss_mb']:.0f}",
    ]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.devices", description=__doc__)
    parser.add_argument("--units", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="healthy units only, 8 ticks")
    parser.add_argument("--client", choices=list(CLIENTS), action="append", help="only these")
    chosen = parser.parse_args()
    for case in cases(chosen.units, quick=chosen.quick):
        print(f"\n{case.title}\n")
        print(
            "| client | own links: delivered, % | entry p50 / p99, ms | gateways: delivered, % | entry p50 / p99, ms"
            " | CPU, % of a core | threads | RSS, MB |"
        )
        print("|---|---|---|---|---|---|---|---|")
        for client in chosen.client or case.clients:
            print(row(client, case), flush=True)


if __name__ == "__main__":
    main()
