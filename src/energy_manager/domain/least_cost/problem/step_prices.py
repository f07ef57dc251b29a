"""A tariff's rates brought onto the steps of a plan."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from energy_manager.domain.errors import EnergyManagerError
from energy_manager.domain.tariff import Rate


class NoPrices(EnergyManagerError):
    """There is no rate for a part of the plan, neither known nor assumed."""

    code = "no_prices"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPrices:
    """Both prices in each step, and the first step in which any part of them is assumed; None where all are known."""

    buy_eur_per_kwh: tuple[float, ...]
    sell_eur_per_kwh: tuple[float, ...]
    assumed_from_step: int | None


def step_prices(rates: Sequence[Rate], edges: Sequence[datetime]) -> StepPrices:
    """The time-weighted means of rates, which are in order and without overlaps, between each two of ``edges``.

    Raises:
        NoPrices: where a part of a step has no rate; a price is never 0 for want of one.
    """
    starts = [rate.start for rate in rates]
    buy, sell = [], []
    assumed_from: int | None = None
    for step, (begin, end) in enumerate(pairwise(edges)):
        place = bisect_right(starts, begin) - 1
        bought = sold = 0.0
        at = begin
        while at < end:
            if not 0 <= place < len(rates) or not rates[place].start <= at < rates[place].end:
                raise NoPrices(f"no price is known or assumed for {at.isoformat()}")
            rate = rates[place]
            until = min(rate.end, end)
            share = (until - at) / (end - begin)
            bought += float(rate.buy_per_kwh) * share
            sold += float(rate.sell_per_kwh) * share
            if rate.is_assumed and assumed_from is None:
                assumed_from = step
            at = until
            place += 1
        buy.append(bought)
        sell.append(sold)
    return StepPrices(buy_eur_per_kwh=tuple(buy), sell_eur_per_kwh=tuple(sell), assumed_from_step=assumed_from)
