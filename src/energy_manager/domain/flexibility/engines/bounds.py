"""The linear bound of an activation, and selections that claim no more than it proves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from energy_manager.domain.flexibility.exact.bounds.break_item import find_break
from energy_manager.domain.flexibility.exact.bounds.linear import linear_bound, masked_sum
from energy_manager.domain.flexibility.exact.knapsack import Knapsack
from energy_manager.domain.flexibility.exact.ties import exchange_equal_costs, settle_ties
from energy_manager.domain.flexibility.selection import Selection, exact_sum


def linear_bound_cents(volumes_kw: NDArray[np.int64], costs_cents: NDArray[np.int64], target_kw: int) -> int:
    """What no selection can cost less than: the least cost if one asset could be taken in part.

    Rounded up to a whole cent. Volumes count up to the target, as more of one asset is of no use.
    """
    volumes = np.minimum(volumes_kw, target_kw)
    surplus_kw = exact_sum(volumes) - target_kw
    total_cents = exact_sum(costs_cents)
    if surplus_kw == 0 or total_cents == 0:
        return total_cents
    left_out = Knapsack(weights=volumes, profits=costs_cents, capacity=surplus_kw)
    return total_cents - linear_bound(left_out, find_break(left_out).item).profit


def selection_of(
    chosen: NDArray[np.bool_],
    volumes_kw: NDArray[np.int64],
    costs_cents: NDArray[np.int64],
    target_kw: int,
    *,
    is_proved: bool = False,
) -> Selection:
    """A selection with its cost as the bound where the engine proved it (``is_proved``), else with the linear one.

    Of equally cheap ones the preferred one where it is optimal, else the best by single exchanges (``exact.ties``).
    """
    cost_cents = masked_sum(costs_cents, chosen)
    lower_bound_cents = cost_cents if is_proved else linear_bound_cents(volumes_kw, costs_cents, target_kw)
    is_optimal = cost_cents == lower_bound_cents
    settle = settle_ties if is_optimal else exchange_equal_costs
    settled = settle(chosen, volumes_kw, costs_cents, target_kw)
    return Selection(
        chosen=settled,
        volume_kw=masked_sum(volumes_kw, settled),
        cost_cents=cost_cents,
        lower_bound_cents=lower_bound_cents,
        is_optimal=is_optimal,
    )
