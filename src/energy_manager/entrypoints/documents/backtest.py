"""A backtest as JSON, and what is drawn of one tariff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from energy_manager.application.least_cost.backtest import Outcome
from energy_manager.domain.forecast.steps import Floats
from energy_manager.domain.least_cost.backtest import Battery
from energy_manager.domain.series import utc_text

# By what a comparison calls it: its key in JSON, and in pictures its name and colour.
WAYS: Mapping[str, tuple[str, str, str]] = {
    "without_battery": ("without_battery", "without battery", "#b8b8b8"),
    "by_rule": ("self_consumption_rule", "self-consumption rule", "#e0a030"),
    "by_value": ("value_of_energy", "value of energy", "#2a7f62"),
    "foreseen": ("perfect_foresight", "perfect foresight", "#6fb7e0"),
}


def backtest_document(
    outcomes: Sequence[Outcome], battery: Battery, *, currency: str, assumptions: Sequence[str]
) -> dict[str, Any]:
    """All outcomes of one time; money to a hundredth."""
    past = outcomes[0].past
    return {
        "currency": currency,
        "from": utc_text(past.start),
        "steps": past.steps,
        "step_s": past.step_s,
        "battery": {
            "capacity_kwh": battery.capacity_kwh,
            "power_kw": battery.power_kw,
            "charge_efficiency": battery.charge_efficiency,
            "discharge_efficiency": battery.discharge_efficiency,
            "wear_per_kwh": battery.wear_eur_per_kwh,
        },
        "load_kwh": _round(float(past.load_kw.sum()) * past.step_h),
        "production_kwh": _round(float(past.production_kw.sum()) * past.step_h),
        "tariffs": [_outcome(outcome) for outcome in outcomes],
        "assumptions": list(assumptions),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    comparison = outcome.comparison
    return {
        "name": outcome.name,
        "cost": {key: _round(float(getattr(comparison.costs, way).sum())) for way, (key, *_) in WAYS.items()},
        "saved_against_rule": _round(comparison.saved_eur),
        "possible_against_rule": _round(comparison.possible_eur),
        "share": None if comparison.share is None else round(comparison.share, 4),
        "months": [
            {"month": label, "cost": {key: _round(float(costs[way][place])) for way, (key, *_) in WAYS.items()}}
            for costs in [_by_month(outcome)[1]]
            for place, label in enumerate(_by_month(outcome)[0])
        ],
    }


def _by_month(outcome: Outcome) -> tuple[list[str], dict[str, Floats]]:
    """The months of the local calendar and what each cost."""
    past = outcome.past
    start_s = past.start.timestamp()
    labels: list[str] = []
    places = np.empty(past.steps, dtype=np.int64)
    for step in range(past.steps):
        if step % 4 == 0 or not labels:
            at = past.start.fromtimestamp(start_s + step * past.step_s, tz=past.zone)
            label = f"{at:%Y-%m}"
            if not labels or labels[-1] != label:
                labels.append(label)
        places[step] = len(labels) - 1
    costs = {
        way: np.asarray(
            np.bincount(places, weights=getattr(outcome.comparison.costs, way), minlength=len(labels)), dtype=np.float64
        )
        for way in WAYS
    }
    return labels, costs


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyCosts:
    """What is drawn of one tariff: for each way its name, its colour and what each month cost."""

    title: str
    sentence: str
    months: Sequence[str]
    ways: Sequence[tuple[str, str, Sequence[float]]]


def monthly_costs(outcome: Outcome, *, currency: str) -> MonthlyCosts:
    """The months by each way."""
    months, costs = _by_month(outcome)
    comparison = outcome.comparison
    share = "" if comparison.share is None else f", {comparison.share:.0%} of what was possible"
    return MonthlyCosts(
        title=f"What it would have cost: {outcome.name}",
        sentence=f"{comparison.saved_eur:.2f} {currency} saved against the self-consumption rule{share}",
        months=months,
        ways=[(name, colour, costs[way].tolist()) for way, (_, name, colour) in WAYS.items()],
    )


def _round(value: float) -> float:
    return round(value, 2)
