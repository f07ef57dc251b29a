"""Which plants run, and at what power, so that a load is met exactly at least cost.

The steps, each only where the one before does not settle the matter: the merit-order fill; sharing among the plants
that cost as much as the marginal one; and a search for the least excess over that lower bound, in budgets that grow
until they hold a plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import thread_time

from energy_manager.domain.errors import Refused
from energy_manager.domain.production.filling.equal_costs import common_step, share, share_at_equal_cost
from energy_manager.domain.production.filling.few_switches import few_switches
from energy_manager.domain.production.filling.fill import Fill, fill
from energy_manager.domain.production.filling.first_plan import first_plan
from energy_manager.domain.production.filling.reachable_loads import loads_of, power_options, shed_options
from energy_manager.domain.production.filling.two_halves import two_halves
from energy_manager.domain.production.merit_order import MeritOrder, merit_order
from energy_manager.domain.production.plan import LoadNotCoverable, PlanningOutOfTime, ProductionPlan, Stage, in_mw
from energy_manager.domain.production.plants import STEPS_PER_MW, ProductionRequest, WindMode, missing_prices
from energy_manager.domain.production.search.budgets import Progress, search_in_growing_budgets
from energy_manager.domain.production.stopwatch import Stopwatch, WorkExhausted

# For so few plants, or plants times steps, all reachable loads are known in less time than a search takes.
_FEW_PLANTS = 12
_FEW_BITS = 1 << 22
# How many plants on each side of the margin any plan is looked for among, and how long when the time is over.
_FIRST_REACH = 8
_REACH_GROWTH = 4
_ANY_PLAN_S = 0.25
_ANY_PLAN_SHARE = 0.05
_COVERAGE_SHARE = 0.1
# Switches are tried in one piece of half a second of work, which takes longer on a busy machine.
_LATE_S = 0.3


def plan_production(
    request: ProductionRequest,
    *,
    co2: bool = True,
    wind: WindMode | str = WindMode.ON_OFF,
    time_limit_s: float | None = 10.0,
) -> ProductionPlan:
    """The cheapest plan that meets the load exactly, proved; ties go to the greatest powers in merit order, one by one.

    ``co2``: whether burning gas pays for its CO2. ``wind``: whether wind parks are on or off, or may be curtailed.
    ``time_limit_s``: seconds, None for as long as it takes. Raises ``Refused`` where a price is missing that a plant
    needs, and ``LoadNotCoverable`` where no plan meets the load. Where time or memory ends before either is proved, the
    best plan found is the answer, with ``is_optimal`` False and the bound; ``PlanningOutOfTime`` where there is none.
    """
    watch = Stopwatch(time_limit_s)
    stated = {name for name in request.fuels.__slots__ if getattr(request.fuels, name) is not None}
    missing = missing_prices(stated, {plant.kind for plant in request.plants}, co2=co2)
    if missing:
        raise Refused(missing)
    order = merit_order(request.plants, request.fuels, co2=co2, wind=WindMode(wind))
    numerator, denominator = request.load_mw.as_integer_ratio()
    load = numerator * STEPS_PER_MW // denominator
    if load == 0:
        return _plan(order, [0] * len(order.names), Stage.NO_LOAD)
    _refuse_loads_out_of_range(order, load)
    filled = fill(order, load)
    if filled.is_plan:
        return _plan(order, filled.powers, Stage.MERIT_ORDER)
    progress = Progress(filled=filled)
    try:
        found = _plan_beyond_the_fill(progress, watch, _any_plan_s(time_limit_s, share=_COVERAGE_SHARE))
        return replace(found, seconds=watch.seconds)
    except WorkExhausted:
        # A load may be far from every plan near the fill: a while for any plan at all is better than none (law 4).
        # It is counted in work, for on a busy machine it may pass without any; but none is left where the time is long
        # over and switches have told nothing.
        is_late = time_limit_s is not None and watch.seconds > time_limit_s + _LATE_S
        is_hopeless = is_late and progress.are_switches_tried
        return _best_found(progress, 0.0 if is_hopeless else _any_plan_s(time_limit_s, share=_ANY_PLAN_SHARE))


def _any_plan_s(time_limit_s: float | None, *, share: float) -> float | None:
    return None if time_limit_s is None else max(_ANY_PLAN_S, share * time_limit_s)


def _plan_beyond_the_fill(progress: Progress, watch: Stopwatch, coverage_s: float | None) -> ProductionPlan:
    filled = progress.filled
    powers = share_at_equal_cost(filled, watch)
    if powers is not None:
        return _plan(filled.order, powers, Stage.EQUAL_COSTS)
    found = first_plan(filled)
    progress.best_excess = None if found is None else found.excess
    if progress.best_excess is None and _is_coverage_quickly_known(filled):
        _refuse_gaps(filled, watch)

    def assure_coverage() -> None:
        """Where not all sums are soon known, a plan by other means is as good, and is there when the time is over."""
        try:
            _refuse_gaps(filled, Stopwatch(coverage_s, clock=thread_time))
        except WorkExhausted:
            progress.are_switches_tried = True
            progress.fallback = _by_switches(filled)
            if progress.fallback is None:
                _refuse_gaps(filled, watch)

    powers = search_in_growing_budgets(progress, assure_coverage, watch)
    return _plan(filled.order, powers, Stage.SEARCH, states=progress.states)


def _best_found(progress: Progress, limit_s: float | None) -> ProductionPlan:
    """The best plan known when the time is over, with the proven bound; raises ``PlanningOutOfTime`` without one.

    Where there is none near the fill, any plan may be looked for, around the margin for ``limit_s``.
    """
    filled = progress.filled
    order = filled.order
    bound_eur = filled.cost_eur + progress.proved_excess / (order.key_scale * STEPS_PER_MW)
    found = first_plan(filled)
    known = progress.fallback if found is None else found.powers
    try:
        powers = _any_plan(progress, limit_s) if known is None else known
    except WorkExhausted:
        raise PlanningOutOfTime(bound_eur=bound_eur) from None
    plan = _plan(order, powers, Stage.SEARCH, states=progress.states)
    return replace(plan, proved_cost_eur=min(bound_eur, plan.cost_eur), is_optimal=False)


def _any_plan(progress: Progress, limit_s: float | None) -> Sequence[int]:
    """Any plan, of windows that are known as a whole or, where their sums are too many, of a few switches or of halves.

    Raises ``LoadNotCoverable`` where there is no plan, ``WorkExhausted`` where neither is known in time.
    """
    try:
        return _plan_around_the_margin(progress.filled, Stopwatch(limit_s, clock=thread_time))
    except WorkExhausted:
        powers = None if progress.are_switches_tried else _by_switches(progress.filled)
        if powers is None:
            raise
        return powers


def _by_switches(filled: Fill) -> Sequence[int] | None:
    """A plan of a few switches away from the fill, or of many next to the margin; None where that does not tell.

    Raises ``LoadNotCoverable`` where it tells that there is none.
    """
    powers = few_switches(filled)
    if powers is not None:
        return powers
    met = two_halves(filled)
    if met.powers is None and met.are_all:
        raise _gap(filled.load, met.nearest_below, met.nearest_above)
    return met.powers


def _plan_around_the_margin(filled: Fill, watch: Stopwatch) -> Sequence[int]:
    """The first plan in windows around the margin that grow: outside all plants are as in the fill, so it costs little.

    Raises ``LoadNotCoverable`` where there is no plan, ``WorkExhausted`` where neither is known in time.
    """
    order, margin = filled.order, filled.margin
    reach = _FIRST_REACH
    while True:
        first, end = max(0, margin - reach), min(len(order.highs), margin + reach)
        target = filled.load - sum(order.highs[:first])
        shared = share(order.lows[first:end], order.highs[first:end], {target}, watch)
        if shared is not None:
            return [*order.highs[:first], *shared, *[0] * (len(order.highs) - end)]
        if first == 0 and end == len(order.highs):
            _refuse_gaps(filled, watch)
            raise WorkExhausted
        reach *= _REACH_GROWTH


def _is_coverage_quickly_known(filled: Fill) -> bool:
    order = filled.order
    plants = len(order.highs)
    if filled.load % common_step(order.lows, order.highs):
        return True
    return plants <= _FEW_PLANTS or plants * filled.load <= _FEW_BITS


def _refuse_loads_out_of_range(order: MeritOrder, load: int) -> None:
    total = sum(order.highs)
    if load > total:
        raise LoadNotCoverable(load_mw=in_mw(load), reason="too_high", nearest_below=in_mw(total), nearest_above=None)
    if load >= max(order.lows):
        return
    smallest = min(max(low, 1) for low, high in zip(order.lows, order.highs, strict=True) if high > 0)
    if load < smallest:
        raise LoadNotCoverable(
            load_mw=in_mw(load), reason="too_low", nearest_below=in_mw(0), nearest_above=in_mw(smallest)
        )


def _refuse_gaps(filled: Fill, watch: Stopwatch) -> None:
    """Raise ``LoadNotCoverable`` where the load cannot be met at all."""
    order, load = filled.order, filled.load
    plants = [(low, high) for low, high in zip(order.lows, order.highs, strict=True) if high > 0]
    common = common_step(order.lows, order.highs)
    total = sum(high for _, high in plants)
    is_shedding = 2 * load > total
    options_of, wanted = (shed_options, total - load) if is_shedding else (power_options, load)
    # Without one of its plants, the least sum above a gap would be below it: so it is within one high.
    ceiling = min(wanted + max(high for _, high in plants), total) // common
    sums = loads_of((options_of(low // common, high // common) for low, high in plants), ceiling=ceiling, watch=watch)
    below = sums.greatest(wanted // common) * common
    if below == wanted:
        return
    above = sums.least(wanted // common + 1, ceiling)
    nearest: list[int | None] = [below, None if above is None else above * common]
    if is_shedding:
        nearest = [None if sheds is None else total - sheds for sheds in reversed(nearest)]
    raise _gap(load, nearest[0], nearest[1])


def _gap(load: int, below: int | None, above: int | None) -> LoadNotCoverable:
    return LoadNotCoverable(
        load_mw=in_mw(load),
        reason="gap",
        nearest_below=None if below is None else in_mw(below),
        nearest_above=None if above is None else in_mw(above),
    )


def _plan(order: MeritOrder, powers: Sequence[int], stage: Stage, *, states: int = 0) -> ProductionPlan:
    return ProductionPlan(
        names=tuple(order.names), powers=tuple(powers), cost_eur=order.cost_eur(powers), stage=stage, states=states
    )
