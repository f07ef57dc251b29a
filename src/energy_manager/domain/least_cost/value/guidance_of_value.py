"""From what a storage's energy is worth to what the loop follows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from energy_manager.domain.least_cost.engine.exchange import array
from energy_manager.domain.least_cost.engine.step_costs import SLOPE_DECIMALS
from energy_manager.domain.least_cost.problem.site import Site
from energy_manager.domain.least_cost.problem.storages import Storage
from energy_manager.domain.least_cost.value.guidance import BEFORE_MONEY, Guidance, GuidedStep, Prices, Worth
from energy_manager.domain.least_cost.value.value_of_energy import ValueOfEnergy
from energy_manager.domain.storage_value.value_function import Slope, Value


def guidance_of(
    site: Site,
    storage: Storage,
    value: ValueOfEnergy,
    *,
    plan: str,
    schedule: str,
    refills: Sequence[str] = (),
    currency: str = "EUR",
    is_tried: bool = True,
) -> Guidance:
    """The guidance that follows from the value of a storage's energy, where its forecasts are tried (``Guidance``)."""
    begin = site.start.timestamp()
    ends = [begin + 3600.0 * hours for hours in accumulate(site.hours)]
    prices = _prices(site, storage)
    steps = []
    for step, until_s in enumerate(ends):
        edges, worths = _pieces(value.after(step))
        refill = refills[step] if refills else ""
        steps.append(GuidedStep(until_s=until_s, prices=prices[step], edges=edges, worths=worths, refill=refill))
    return Guidance(
        plan=plan, schedule=schedule, since_s=begin, steps=tuple(steps), currency=currency, is_tried=is_tried
    )


def _prices(site: Site, storage: Storage) -> list[Prices]:
    into, out, wear = storage.charge_efficiency, storage.discharge_efficiency, storage.wear_eur_per_kwh
    buys, sells = (array(level, site.steps).tolist() for level in (site.buy_eur_per_kwh, site.sell_eur_per_kwh))
    return [
        Prices(
            buy=buy,
            sell=sell,
            purchase=round(buy / into + wear, SLOPE_DECIMALS),
            surplus=round((max(sell, 0.0) if site.curtailable else sell) / into + wear, SLOPE_DECIMALS),
            cover=round(buy * out - wear, SLOPE_DECIMALS),
            feed_in=round(sell * out - wear, SLOPE_DECIMALS),
        )
        for buy, sell in zip(buys, sells, strict=True)
    ]


def _pieces(value: Value) -> tuple[tuple[float, ...], tuple[Worth, ...]]:
    """The pieces of a value function in ascending order of energy."""
    lengths = list(reversed(value.lengths))
    left = value.upper - sum(lengths)
    return tuple(accumulate(lengths, initial=left)), tuple(_worth(slope) for slope in reversed(value.slopes))


def _worth(slope: Slope) -> Worth:
    violation, missing, money, _, turnover = slope
    return BEFORE_MONEY * (violation * BEFORE_MONEY + missing) + money, turnover
