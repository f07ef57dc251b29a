"""Which of its possible starts a run prefers: the strategies as one choice among starts that fit.

- earliest: the first start;
- flat, for the low class: the start with the most spare power during the run;
- target_peak, and low runs of households that follow the aggregator: the start that raises the building's net load
  least above the target (followers: above the peak that is booked anyway; a target of None: above that and the peak
  that has been);
- cost: the start with the cheapest import, the battery's help and what it is worth counted in.

Equals are decided by the earlier start.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from energy_manager.domain.appliances.admission.starts import (
    RunCost,
    StartWindow,
    cheapest_start,
    earliest_start,
    fitting_windows,
    roomiest_level,
)
from energy_manager.domain.appliances.ledger.charging import cheapest_course_of
from energy_manager.domain.appliances.ledger.cheapest_course import marginal_cost
from energy_manager.domain.appliances.ledger.home import NOTHING_W, Home, HomePrices
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.run_request import RunRequest, Segment
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_DAY, Watts

Strategy: TypeAlias = Literal["earliest", "flat", "target_peak", "cost"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)

# Below every real spare power: an instant at which the run does not fit.
_BLOCKED_W = -(10**30)
# The part of the threshold below which a peak is worth no waiting and no discharge.
_WORTH_AN_EFFORT = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a plan aims at, for all households of it.

    Args:
        target_peak_w: for ``target_peak``, the net load of all households together that should not be exceeded;
            None: the peak that has been or is booked anyway.
        price_eur_per_mwh: for ``cost``, the import price over time.
        feed_in_eur_per_mwh: what surplus earns over time; None: nothing.
        building_limit_w: the most that all households together may import; None: unlimited.
    """

    strategy: Strategy = "earliest"
    target_peak_w: Watts | None = None
    price_eur_per_mwh: StepFunction | None = None
    feed_in_eur_per_mwh: StepFunction | None = None
    building_limit_w: Watts | None = None

    @property
    def prices(self) -> HomePrices | None:
        """What homes that go by money go by; None: the prices are not known."""
        if self.price_eur_per_mwh is None:
            return None
        return HomePrices(buy=self.price_eur_per_mwh, sell=self.feed_in_eur_per_mwh or NOTHING_W)


def with_policy(home: Home, policy: Policy, *, is_alone: bool) -> Home:
    """The home with the target that it keeps or, but for ``target_peak``, that only its battery keeps.

    What the sun puts into a battery is worth giving back; what the grid puts in is kept for runs that need it, unless
    the battery serves a building. Where the target rises, no battery is spent for less than a third of its home's
    threshold, and nobody waits for it.
    """
    household = home.household
    is_shaving = policy.strategy in ("earliest", "flat") and (
        max(household.pv_w.values) > 0 or (household.follows_building_peak and not is_alone)
    )
    target_w = policy.target_peak_w if policy.strategy == "target_peak" else None
    does_rise = target_w is None and (
        policy.strategy == "target_peak" or (is_shaving and household.battery is not None)
    )
    if does_rise:
        target_w = 0 if household.battery is None else household.threshold_w // _WORTH_AN_EFFORT
    return replace(
        home,
        limit_w=policy.building_limit_w,
        target_w=target_w,
        does_target_rise=does_rise,
        # Where money counts, filling a battery at any price for no run costs for nothing.
        is_filled_daily=policy.strategy != "cost",
        level_w=None,
        prices=policy.prices if policy.strategy == "cost" else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Either ``spare_w``, of which more is better up to ``enough_w``, or ``cost``, of which less is; or neither.

    Where a battery helps, ``cost`` takes it to have energy enough; ``cost_alone`` is without it, and ``beside`` the
    home in which the best start by the one and by the other are compared, its battery planned around each.
    """

    spare_w: StepFunction | None = None
    enough_w: Watts | None = None
    cost: RunCost | None = None
    cost_alone: RunCost | None = None
    beside: Home | None = None

    def score(self, start_us: int, length_us: int) -> tuple[Watts, int]:
        """Less is better; comparable between starts of one run in one ledger."""
        end_us = min(FOREVER_US, start_us + length_us)
        if self.spare_w is not None:
            lowest_w = self.spare_w.lowest(start_us, end_us)
            return -(lowest_w if self.enough_w is None else min(lowest_w, self.enough_w)), start_us
        if self.cost is not None:
            return self.cost.at(start_us), start_us
        return 0, start_us


def preference_of(home: Home, request: RunRequest, policy: Policy) -> Preference:
    """What the request prefers in this home beside its neighbours."""
    is_low = request.priority_class == "low"
    if policy.strategy == "target_peak" or (is_low and home.household.follows_building_peak):
        building_w = home.building_w()
        target_w = max(building_w.values)
        if policy.strategy == "target_peak" and home.target_w is not None:
            target_w = max(home.target_w, target_w) if home.does_target_rise else home.target_w
        return Preference(spare_w=building_w.mapped(lambda net_w: -net_w), enough_w=request.power_w - target_w)
    if policy.strategy == "flat" and is_low:
        return Preference(spare_w=home.room_w)
    if policy.strategy == "cost" and policy.prices is not None and request.duration_us is not None:
        draws, length_us, prices = request.draws, request.duration_us, policy.prices
        alone = RunCost.of(draws, length_us, lambda power_w: _cost_alone(home, power_w, prices))
        course = cheapest_course_of(home)
        if course is None:
            return Preference(cost=alone)
        cost = RunCost.of(draws, length_us, lambda power_w: marginal_cost(course, power_w))
        return Preference(cost=cost, cost_alone=alone, beside=home)
    return Preference()


def _cost_alone(home: Home, power_w: Watts, prices: HomePrices) -> StepFunction:
    """What the power adds to import and takes off feed-in, W x EUR/MWh, whatever a battery does."""
    net_w = home.load_w - home.sun_w
    bought_w = net_w.mapped(lambda net: max(0, net + power_w) - max(0, net))
    cost = bought_w.combined(prices.buy, lambda watts, price: watts * price)
    if prices.sell.values == (0,):
        return cost
    return cost + bought_w.combined(prices.sell, lambda watts, price: (power_w - watts) * price)


def preferred_start(
    home: Home, request: RunRequest, preference: Preference, *, length_us: int, not_before_us: int, not_after_us: int
) -> int | None:
    """The start that fits and is preferred; None when none fits in time."""
    power_w = request.power_w
    earliest_us = earliest_start(
        home.room_w, request.draws, length_us=length_us, not_before_us=not_before_us, not_after_us=not_after_us
    )
    if earliest_us is None or earliest_us == not_after_us:
        return earliest_us
    if preference.cost is not None:
        # Nobody waits more than a day for a better price.
        not_after_us = min(not_after_us, earliest_us + US_PER_DAY)
        windows = list(
            fitting_windows(
                home.room_w, request.draws, length_us=length_us, not_before_us=earliest_us, not_after_us=not_after_us
            )
        )
        return _cheapest(preference, request, windows, length_us)
    if preference.spare_w is None:
        return earliest_us
    spare_w = preference.spare_w.combined(home.room_w, lambda spare, room_w: spare if room_w >= power_w else _BLOCKED_W)
    level_w = roomiest_level(
        spare_w,
        length_us=length_us,
        not_before_us=earliest_us,
        not_after_us=not_after_us,
        at_least_w=_BLOCKED_W + 1,
        enough_w=preference.enough_w,
    )
    if level_w is None:
        return earliest_us
    return earliest_start(spare_w, level_w, length_us=length_us, not_before_us=earliest_us, not_after_us=not_after_us)


def _cheapest(preference: Preference, request: RunRequest, windows: list[StartWindow], length_us: int) -> int | None:
    assert preference.cost is not None, "asked only where money counts"
    start_us = cheapest_start(preference.cost, windows)
    if preference.cost_alone is None or preference.beside is None or start_us is None:
        return start_us
    other_us = cheapest_start(preference.cost_alone, windows)
    if other_us is None or other_us == start_us:
        return start_us
    return min(
        (start_us, other_us), key=lambda at_us: (_total_eur(preference.beside, request, at_us, length_us), at_us)
    )


def _total_eur(home: Home | None, request: RunRequest, start_us: int, length_us: int) -> float:
    """What the home pays with the run there and its battery planned around it, to a millionth."""
    assert home is not None, "compared only beside a battery"
    segment = Segment(start_us=start_us, end_us=min(FOREVER_US, start_us + length_us))
    run = Run(request=request, segments=(segment,), outcome="fit", decision_priority=0)
    course = cheapest_course_of(home.booked(run))
    return math.inf if course is None else round(course.cost_eur, 6)
