"""What the exchange with the grid costs in each step, and how much production it is best to curtail.

Let n be the net power before curtailment: load - production + charge - discharge (kW). Its cost is lexicographic: first
the energy beyond the limits of the grid connection, then money. As curtailment may raise the exchange from n by up to
the production, the cheapest of these is what n costs; that is piecewise linear in n with at most five slopes: beyond
the export limit, feeding in, curtailing (which costs nothing more), purchase, beyond the import limit. The signs of the
prices decide their order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from energy_manager.domain.least_cost.problem.site import Site
from energy_manager.domain.series import Level

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Powers (kW) beyond a limit by less are rounding errors.
LIMIT_TOLERANCE_KW = 1e-9


def array(level: Level, steps: int) -> Floats:
    """A level as one value a step."""
    return np.asarray(level, dtype=float) if isinstance(level, tuple) else np.full(steps, float(level))


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """An import (kW) beyond which a kWh costs so much more, for the search of plans under a demand charge."""

    import_kw: float
    eur_per_kwh: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Prices, limits and production of each step; ``kinks`` and the rest describe the cost as a function of n.

    ``kinks[t]`` are the net powers (kW, ascending) between the slopes; ``money[t]`` the slopes in EUR/kWh,
    the outer two also beyond a limit; ``buys[t]`` says which of them are purchases. Where ``is_irregular`` these
    slopes are not enough (f >= 0 > b: curtail nothing or everything) and only ``cost`` is right.
    """

    hours: Floats
    buy: Floats
    sell: Floats
    import_limit: Floats
    export_limit: Floats
    spare: Floats
    """The production that may be curtailed (kW)."""
    kinks: Floats
    money: Floats
    buys: Flags
    is_irregular: Flags
    peak: Peak | None = None

    def curtailed(self, net: Floats) -> Floats:
        """How much production (kW) is curtailed at the net powers: the cheapest, and the least of equally cheap."""
        least = np.minimum(np.maximum(-self.export_limit - net, 0.0), self.spare)
        if not self.spare.any():
            return least
        to_zero = np.minimum(np.maximum(-net, 0.0), self.spare)
        highest = self.import_limit
        if self.peak is not None:
            dear = self.buy + self.peak.eur_per_kwh >= 0.0
            highest = np.where(dear, np.minimum(highest, self.peak.import_kw), highest)
        most = np.maximum(np.minimum(highest - net, self.spare), least)
        chosen = np.where(self.sell < 0.0, np.maximum(to_zero, least), least)
        pays = self.buy < 0.0
        if pays.any():
            at_most = self._money(net + most) < self._money(net + chosen)
            chosen = np.where(pays & at_most, most, chosen)
        return chosen

    def _money(self, carried: Floats) -> Floats:
        money: Floats = np.where(carried > 0.0, self.buy, self.sell) * carried
        if self.peak is not None:
            money = money + self.peak.eur_per_kwh * np.maximum(carried - self.peak.import_kw, 0.0)
        return money

    def beyond(self, carried: Floats) -> Floats:
        """The power beyond the limits (kW) at an exchange."""
        over = np.maximum(carried - self.import_limit, -carried - self.export_limit)
        beyond: Floats = np.where(over > LIMIT_TOLERANCE_KW, over, 0.0)
        return beyond

    def totals(self, net: Floats) -> tuple[float, float]:
        """Energy beyond the limits (kWh) and money (EUR) of all steps, best curtailed."""
        carried = net + self.curtailed(net)
        violation = float((self.beyond(carried) * self.hours).sum())
        return violation, float((self._money(carried) * self.hours).sum())

    def cost(self, step: int, net: float) -> tuple[float, float]:
        """Energy beyond the limits (kWh) and money (EUR) of one step, best curtailed."""
        spare, buy, sell = float(self.spare[step]), float(self.buy[step]), float(self.sell[step])
        most, least = float(self.import_limit[step]), -float(self.export_limit[step])
        lowest, highest = max(net, min(least, net + spare)), max(net, min(most, net + spare))
        hours = float(self.hours[step])
        costs = []
        dear, extra = (most, 0.0) if self.peak is None else (self.peak.import_kw, float(self.peak.eur_per_kwh[step]))
        for wanted in (lowest, highest, 0.0, dear):
            carried = min(max(wanted, lowest), highest)
            over = max(carried - most, least - carried, 0.0)
            money = (buy if carried > 0.0 else sell) * carried + extra * max(carried - dear, 0.0)
            costs.append((over * hours, money * hours))
        return min(costs)


def exchange_of(site: Site, production_kw: Floats | None = None) -> Exchange:
    """The exchange of a site; ``production_kw`` takes the place of its own where another course is looked at."""
    steps = site.steps
    buy, sell = array(site.buy_eur_per_kwh, steps), array(site.sell_eur_per_kwh, steps)
    production = array(site.production_kw, steps) if production_kw is None else production_kw
    return exchange(
        hours=np.array(site.hours),
        buy=buy,
        sell=sell,
        import_limit=array(site.pcc.import_limit_kw, steps),
        export_limit=array(site.pcc.export_limit_kw, steps),
        spare=production if site.curtailable else np.zeros(steps),
    )


def exchange(
    *,
    hours: Floats,
    buy: Floats,
    sell: Floats,
    import_limit: Floats,
    export_limit: Floats,
    spare: Floats,
    peak: Peak | None = None,
) -> Exchange:
    """An exchange from its prices and limits, and a peak beyond which purchase costs more."""
    edges, prices = [-export_limit, np.zeros_like(buy), import_limit], [sell, buy]
    if peak is not None:
        edges.insert(2, np.minimum(import_limit, peak.import_kw))
        prices.append(buy + peak.eur_per_kwh)
    count = len(edges)
    negative = np.zeros(len(buy), dtype=np.int64)
    for price in prices:
        negative += price < 0.0
    if not negative.any():
        kinks = np.column_stack((edges[0] - spare, *edges))
        money = np.column_stack((sell, np.zeros_like(buy), *prices, prices[-1]))
        buys = np.broadcast_to(np.arange(count + 2) > 2, (len(buy), count + 2))
    else:
        # Curtailing costs nothing, so it comes after the negative slopes; edges before it lie lower by that.
        lower = [
            np.where(place <= negative, edges[min(place, count - 1)] - spare, edges[max(place - 1, 0)])
            for place in range(count + 1)
        ]
        slopes, are_buys = [sell], [np.zeros(len(buy), dtype=bool)]
        for place in range(count):
            before, after = prices[min(place, count - 2)], prices[max(place - 1, 0)]
            slopes.append(np.where(place < negative, before, np.where(place == negative, 0.0, after)))
            are_buys.append(((place < negative) & (place >= 1)) | ((place > negative) & (place >= 2)))
        slopes.append(prices[-1])
        are_buys.append(np.ones(len(buy), dtype=bool))
        kinks, money, buys = (np.stack(columns, axis=1) for columns in (lower, slopes, are_buys))
    return Exchange(
        hours=hours,
        buy=buy,
        sell=sell,
        import_limit=import_limit,
        export_limit=export_limit,
        spare=spare,
        kinks=kinks,
        money=money,
        buys=buys,
        is_irregular=(spare > 0.0) & (sell >= 0.0) & (buy < 0.0),
        peak=peak,
    )


def market(hours: Floats, prices: Floats) -> Exchange:
    """An exchange without limits, at which a kWh costs in each step what it earns."""
    endless = np.full(len(prices), np.inf)
    return exchange(
        hours=hours, buy=prices, sell=prices, import_limit=endless, export_limit=endless, spare=np.zeros(len(prices))
    )
