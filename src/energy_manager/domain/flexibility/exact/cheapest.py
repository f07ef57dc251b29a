"""The cheapest assets for a volume, proved: an activation made into the smallest equivalent knapsack, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from energy_manager.domain.flexibility.exact.bounds.linear import masked_sum
from energy_manager.domain.flexibility.exact.knapsack import (
    Deadline,
    Indices,
    IntArray,
    Knapsack,
    Mask,
    Packing,
    common_divisor,
)
from energy_manager.domain.flexibility.exact.packing import best_packing
from energy_manager.domain.flexibility.exact.ties import exchange_equal_costs, settle_ties
from energy_manager.domain.flexibility.selection import Selection, check_offer, exact_sum


def select_cheapest(
    volumes_kw: NDArray[np.int64],
    costs_cents: NDArray[np.int64],
    target_kw: int,
    *,
    time_limit_s: float | None = None,
) -> Selection:
    """The assets of least total cost whose volumes together reach the target, each taken whole.

    Args:
        volumes_kw: what each asset delivers, at least 1 kW; together at most 2**61 kW.
        costs_cents: what activating it costs, from 0 to 10**17 cents; as many as there are volumes.
        target_kw: the volume asked for, at least 1 kW.
        time_limit_s: when to stop improving; the answer is then the best found, with a proved lower bound. None: never.

    Of equally cheap selections: least over-delivery, then fewest assets, then the first in the order of the offer
    (see ``exact.ties``).

    Raises:
        Refused: an array or number is not as described; every fault by field.
        VolumeNotAvailable: all assets together do not reach the target.
    """
    check_offer(volumes_kw, costs_cents, target_kw, time_limit_s)
    deadline = Deadline.after(time_limit_s)
    free = costs_cents == 0
    needed_kw = int(target_kw) - masked_sum(volumes_kw, free)
    chosen, lower_bound_cents = np.zeros(volumes_kw.size, dtype=np.bool_), 0
    if needed_kw > 0:
        paid, lower_bound_cents = _cheapest_of_paid(volumes_kw, costs_cents, free, needed_kw, deadline)
        chosen[paid] = True
    _add_free(chosen, volumes_kw, free, int(target_kw))
    cost_cents = masked_sum(costs_cents, chosen)
    settle = settle_ties if cost_cents == lower_bound_cents else exchange_equal_costs
    chosen = settle(chosen, volumes_kw, costs_cents, int(target_kw))
    return Selection(
        chosen=chosen,
        volume_kw=masked_sum(volumes_kw, chosen),
        cost_cents=cost_cents,
        lower_bound_cents=lower_bound_cents,
        is_optimal=cost_cents == lower_bound_cents,
    )


def _cheapest_of_paid(
    volumes_kw: IntArray, costs_cents: IntArray, free: Mask, needed_kw: int, deadline: Deadline
) -> tuple[Indices | Mask, int]:
    """Which of the assets that cost something to take for ``needed_kw``, and a lower bound for what that costs.

    An asset that reaches the volume alone is taken alone or not at all; so only the cheapest of them counts, and it is
    an alternative to the best of the others.
    """
    whole = volumes_kw >= needed_kw
    whole &= ~free
    alone = _cheapest_alone(costs_cents, whole)
    others = ~(free | whole)
    if others.all():
        positions, volumes, costs = None, volumes_kw, costs_cents
    else:
        positions = np.flatnonzero(others)
        volumes, costs = volumes_kw[positions], costs_cents[positions]
    available_kw, total_cents = exact_sum(volumes), exact_sum(costs)
    if available_kw < needed_kw:
        assert alone is not None, "the offer reaches the target"
        return np.array([alone]), int(costs_cents[alone])
    profit_to_beat = -1 if alone is None else total_cents - int(costs_cents[alone])
    left_out = _best_left_out(volumes, costs, available_kw - needed_kw, profit_to_beat, deadline)
    lower_bound_cents = total_cents - left_out.upper_bound
    if left_out.packed is None:
        assert alone is not None, "without an alternative there is always something to leave out, if only nothing"
        return np.array([alone]), lower_bound_cents
    taken = ~left_out.packed
    return taken if positions is None else positions[taken], lower_bound_cents


def _best_left_out(
    volumes: IntArray, costs: IntArray, surplus_kw: int, profit_to_beat: int, deadline: Deadline
) -> Packing:
    """The dearest assets that can be left out, in cents.

    Common divisors of all volumes and of all costs are taken out first. With them go the targets that no sum can meet
    exactly: even volumes never leave out an odd surplus.
    """
    kw, cents = common_divisor(volumes), common_divisor(costs)
    knapsack = Knapsack(
        weights=volumes if kw == 1 else volumes // kw,
        profits=costs if cents == 1 else costs // cents,
        capacity=surplus_kw // kw,
    )
    packing = best_packing(knapsack, profit_to_beat=profit_to_beat // cents, deadline=deadline)
    if packing.packed is None:
        return Packing(packed=None, profit=profit_to_beat, upper_bound=max(packing.upper_bound * cents, profit_to_beat))
    return Packing(packed=packing.packed, profit=packing.profit * cents, upper_bound=packing.upper_bound * cents)


def _cheapest_alone(costs_cents: IntArray, whole: Mask) -> int | None:
    """The cheapest asset that reaches the volume all by itself."""
    positions = np.flatnonzero(whole)
    return int(positions[costs_cents[positions].argmin()]) if positions.size else None


def _add_free(chosen: Mask, volumes_kw: IntArray, free: Mask, target_kw: int) -> None:
    """Add as few assets that cost nothing as the target still needs: the largest first."""
    missing_kw = target_kw - masked_sum(volumes_kw, chosen)
    if missing_kw <= 0:
        return
    positions = np.flatnonzero(free)
    largest_first = positions[np.argsort(-volumes_kw[positions], kind="stable")]
    enough = int(np.searchsorted(np.cumsum(volumes_kw[largest_first]), missing_kw)) + 1
    chosen[largest_first[:enough]] = True
