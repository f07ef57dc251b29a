"""The greedy engine: cheapest per kW until the target is reached, then drop what is not needed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from energy_manager.domain.flexibility.engines.bounds import selection_of
from energy_manager.domain.flexibility.exact.knapsack import order_by_efficiency
from energy_manager.domain.flexibility.selection import Selection, check_offer


def select_greedily(
    volumes_kw: NDArray[np.int64],
    costs_cents: NDArray[np.int64],
    target_kw: int,
    *,
    time_limit_s: float | None = None,
) -> Selection:
    """A good selection in the time of a sort; arguments and errors as for ``select_cheapest``.

    ``lower_bound_cents`` is the linear bound, and the selection is optimal only where it costs no more than that.
    """
    check_offer(volumes_kw, costs_cents, target_kw, time_limit_s)
    return selection_of(greedy_choice(volumes_kw, costs_cents, int(target_kw)), volumes_kw, costs_cents, int(target_kw))


def greedy_choice(volumes_kw: NDArray[np.int64], costs_cents: NDArray[np.int64], target_kw: int) -> NDArray[np.bool_]:
    """The mask of the greedy selection. Equal prices keep the order of the offer."""
    by_price = cheapest_first(volumes_kw, costs_cents)
    needed = int(np.searchsorted(np.cumsum(volumes_kw[by_price]), target_kw)) + 1
    chosen = np.zeros(volumes_kw.size, dtype=np.bool_)
    chosen[by_price[:needed]] = True
    drop_unneeded(chosen, by_price[:needed], volumes_kw, costs_cents, target_kw)
    return chosen


def cheapest_first(volumes_kw: NDArray[np.int64], costs_cents: NDArray[np.int64]) -> NDArray[np.intp]:
    """The assets by cost per kW, exactly; equal ones in the order of the offer."""
    last_first = order_by_efficiency(volumes_kw[::-1], costs_cents[::-1])
    return volumes_kw.size - 1 - last_first[::-1]


def drop_unneeded(
    chosen: NDArray[np.bool_],
    considered: NDArray[np.intp],
    volumes_kw: NDArray[np.int64],
    costs_cents: NDArray[np.int64],
    target_kw: int,
) -> None:
    """Take assets out of ``chosen``, dearest activation first, as long as the rest reaches the target.

    Of equal costs, the first in ``considered`` goes first.
    """
    surplus_kw = int(volumes_kw[chosen].sum()) - target_kw
    droppable = considered[volumes_kw[considered] <= surplus_kw]
    dearest_first = droppable[np.argsort(-costs_cents[droppable], kind="stable")]
    for position, volume_kw in zip(dearest_first.tolist(), volumes_kw[dearest_first].tolist(), strict=True):
        if volume_kw <= surplus_kw:
            surplus_kw -= volume_kw
            chosen[position] = False
