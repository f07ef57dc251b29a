"""The merit-order fill: the plan if no plant had a lowest power, and so a lower bound on the cost of every plan.

Source: the continuous knapsack (Dantzig 1957) with the merit order as its ratio order. One plant at most, the
*marginal* one, is filled in part; where that part is none, or not below its low, the fill is a plan, and since it
puts the most on the cheapest and earliest plants it is also the one that wins every tie.
"""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.domain.production.merit_order import MeritOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """``order`` filled up to ``load``: plants before ``margin`` at their highs, those after it off.

    ``short``: steps that the marginal plant has to add to the full plants before it, 0 <= short <= its high.
    """

    order: MeritOrder
    load: int
    margin: int
    short: int

    @property
    def is_plan(self) -> bool:
        """Whether the marginal plant can run at what is left for it."""
        return self.short == 0 or self.short >= self.order.lows[self.margin]

    @property
    def powers(self) -> list[int]:
        """Steps of each plant, in merit order."""
        highs = self.order.highs
        return [*highs[: self.margin], self.short, *[0] * (len(highs) - self.margin - 1)]

    @property
    def cost_eur(self) -> float:
        """The lower bound in EUR."""
        return self.order.cost_eur(self.powers)


def fill(order: MeritOrder, load: int) -> Fill:
    """Fill ``order`` up to ``load``, 0 < load <= the sum of the highs."""
    left = load
    for margin, high in enumerate(order.highs):
        if left <= high:
            return Fill(order=order, load=load, margin=margin, short=left)
        left -= high
    raise AssertionError("the load is within the sum of the highs")
