"""A production plan explained: what it costs, what one MWh more would, and why each plant runs or does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from energy_manager.domain.errors import Infeasible, OutOfTime
from energy_manager.domain.production.commitment import plan_production
from energy_manager.domain.production.merit_order import MeritOrder, merit_order
from energy_manager.domain.production.plan import ProductionPlan, in_mw
from energy_manager.domain.production.plants import ProductionRequest, WindMode


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginalPrice:
    """What one MWh more costs: the cheapest plan for a load 1 MW greater, less this plan; EUR/MWh.

    It may be negative: a greater load can let a cheaper plant run. None, with the reason, where there is no such plan
    or it was not found in time.
    """

    eur_per_mwh: float | None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantDetails:
    """One plant of a plan: its power, its cost per MWh, and in words why it has this power."""

    name: str
    power: int
    cost_eur_per_mwh: float
    reason: str

    @property
    def is_running(self) -> bool:
        """Whether the plant is committed."""
        return self.power > 0


def plant_details(
    request: ProductionRequest, plan: ProductionPlan, *, co2: bool, wind: WindMode | str
) -> tuple[PlantDetails, ...]:
    """Each plant of a plan of this request, in the plan's order."""
    order = merit_order(request.plants, request.fuels, co2=co2, wind=WindMode(wind))
    running = [place for place, power in enumerate(plan.powers) if power]
    dearest = running[-1] if running else -1
    return tuple(
        PlantDetails(
            name=name,
            power=power,
            cost_eur_per_mwh=order.keys[place] / order.key_scale,
            reason=_reason(order, plan.powers, place, dearest),
        )
        for place, (name, power) in enumerate(zip(plan.names, plan.powers, strict=True))
    )


def marginal_price(
    request: ProductionRequest,
    plan: ProductionPlan,
    *,
    co2: bool,
    wind: WindMode | str,
    time_limit_s: float | None,
) -> MarginalPrice:
    """The marginal price of a plan of this request, by planning a load that is 1 MW greater.

    Both plans together take ``time_limit_s``, but for a tenth of it that the second one has in any case.
    """
    unproved = "time ended before this plan and that of 1 MW more were both proved to be the cheapest"
    if not plan.is_optimal:
        return MarginalPrice(eur_per_mwh=None, reason=unproved)
    more = replace(request, load_mw=request.load_mw + 1)
    left_s = None if time_limit_s is None else max(0.1 * time_limit_s, time_limit_s - plan.seconds)
    try:
        dearer = plan_production(more, co2=co2, wind=wind, time_limit_s=left_s)
    except Infeasible as error:
        return MarginalPrice(eur_per_mwh=None, reason=str(error))
    except OutOfTime as error:
        return MarginalPrice(eur_per_mwh=None, reason=f"a load of {more.load_mw} MW was not planned in time: {error}")
    if not dearer.is_optimal:
        return MarginalPrice(eur_per_mwh=None, reason=unproved)
    # Both costs are one sum each: their difference must not lose what a great load has in common.
    order = merit_order(request.plants, request.fuels, co2=co2, wind=WindMode(wind))
    changes = [after - before for after, before in zip(dearer.powers, plan.powers, strict=True)]
    return MarginalPrice(eur_per_mwh=order.cost_eur(changes))


def _reason(order: MeritOrder, powers: Sequence[int], place: int, dearest: int) -> str:
    power, low, high = powers[place], order.lows[place], order.highs[place]
    if high == 0:
        return "it cannot run: there is no power that it could produce"
    if power == 0:
        return _reason_to_be_off(order, place, dearest)
    if low == high:
        return f"it runs at the only power that it has, {_mw(power)}"
    if power == high:
        return f"it runs at its greatest power, {_mw(high)}"
    if power == low:
        return f"it runs at its least power, {_mw(low)}: the load cannot be met for less without it"
    return "it follows the load: it produces what the other plants leave"


def _reason_to_be_off(order: MeritOrder, place: int, dearest: int) -> str:
    if dearest < 0:
        return "it is off: there is no load"
    if place > dearest:
        words = "cost no more" if order.keys[place] == order.keys[dearest] else "cost less"
        return f"it is off: plants that {words} meet the load"
    low = max(order.lows[place], 1)
    return f"it is off: with its least power, {_mw(low)}, the load cannot be met for less"


def _mw(steps: int) -> str:
    return f"{in_mw(steps)} MW"
