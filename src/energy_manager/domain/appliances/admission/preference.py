"""Which of its possible starts a run prefers: the strategies as one choice among starts that fit.

- earliest: the first start;
- flat, for the low class: the start with the most spare power during the run;
- target_peak, and low runs of households that follow the aggregator: the start that raises the building's net load
  least above the target (followers: above the peak that is booked anyway; a target of None: above that and the peak
  that has been);
- cost: the start with the cheapest import.

Equals are decided by the earlier start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from energy_manager.domain.appliances.admission.starts import (
    cheapest_start,
    earliest_start,
    fitting_windows,
    roomiest_level,
)
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.run import RunRequest
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_DAY, Watts

Strategy: TypeAlias = Literal["earliest", "flat", "target_peak", "cost"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)

# Below every real spare power: an instant at which the run does not fit.
_BLOCKED_W = -(10**30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a plan aims at, for all households of it.

    Args:
        target_peak_w: for ``target_peak``, the net load of all households together that should not be exceeded;
            None: the peak that has been or is booked anyway.
        price_eur_per_mwh: for ``cost``, the import price over time.
        building_limit_w: the most that all households together may import; None: unlimited.
    """

    strategy: Strategy = "earliest"
    target_peak_w: Watts | None = None
    price_eur_per_mwh: StepFunction | None = None
    building_limit_w: Watts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Either ``spare_w``, of which more is better up to ``enough_w``, or ``cost``, of which less is; or neither."""

    spare_w: StepFunction | None = None
    enough_w: Watts | None = None
    cost: StepFunction | None = None

    def score(self, start_us: int, length_us: int) -> tuple[Watts, int]:
        """Less is better; comparable between starts of one run in one ledger."""
        end_us = min(FOREVER_US, start_us + length_us)
        if self.spare_w is not None:
            lowest_w = self.spare_w.lowest(start_us, end_us)
            return -(lowest_w if self.enough_w is None else min(lowest_w, self.enough_w)), start_us
        if self.cost is not None:
            return self.cost.area(start_us, end_us), start_us
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
    if policy.strategy == "cost" and policy.price_eur_per_mwh is not None and request.duration_us is not None:
        net_w = home.load_w - home.sun_w
        added_w = net_w.mapped(lambda net: max(0, net + request.power_w) - max(0, net))
        return Preference(cost=added_w.combined(policy.price_eur_per_mwh, lambda watts, price: watts * price))
    return Preference()


def preferred_start(
    home: Home, request: RunRequest, preference: Preference, *, length_us: int, not_before_us: int, not_after_us: int
) -> int | None:
    """The start that fits and is preferred; None when none fits in time."""
    power_w = request.power_w
    earliest_us = earliest_start(
        home.room_w, power_w, length_us=length_us, not_before_us=not_before_us, not_after_us=not_after_us
    )
    if earliest_us is None or earliest_us == not_after_us:
        return earliest_us
    if preference.cost is not None:
        # Nobody waits more than a day for a better price.
        not_after_us = min(not_after_us, earliest_us + US_PER_DAY)
        windows = list(
            fitting_windows(
                home.room_w, power_w, length_us=length_us, not_before_us=earliest_us, not_after_us=not_after_us
            )
        )
        return cheapest_start(preference.cost, windows, length_us=length_us)
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
