"""The value of the energy in a battery for many plans at once, on a grid of energies.

``value_of_energy`` is exact, and takes a millisecond a plan. A year of plans, each over the errors of a fortnight, is
half a million: here they go through the same backward recursion side by side in arrays. The value is a slope in each of
the cells between two energies; of the cost of a step with slopes m_1 < m_2 < ... between the changes b_0 < b_1 < ... it
becomes max(v(s + b_K), max_k min(m_k, v(s + b_{k-1}))): where marginal cost meets marginal value. Between cells it is
interpolated. What a step may bring is known when it comes and not before: after each step the values of all scenarios
are averaged, so none of them plans with what it alone foresees. No limits of the grid connection, one battery; where
feeding in pays more than purchase costs, purchase counts as dear as that.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from energy_manager.domain.forecast.steps import Floats
from energy_manager.domain.least_cost.backtest.past import Battery

Singles = npt.NDArray[np.float32]

CELLS = 50
"""The energies that are told apart."""

# Dearer than any energy, and cheaper: what lies outside a battery.
_NEVER = 1e6


def values_on_grid(
    battery: Battery, net: Floats, buy: Floats, sell: Floats, *, step_h: Floats, end_value: Floats
) -> Floats:
    """EUR/kWh in each cell after the first step, a row for each plan.

    ``net`` (scenarios x plans x steps, kW) is load - production, ``buy`` and ``sell`` (plans x steps, EUR/kWh) the
    prices, ``step_h`` how long each step lasts, ``end_value`` what a kWh is worth after the last step of each plan.
    """
    steps = net.shape[2]
    into, out = battery.charge_efficiency, battery.discharge_efficiency
    wear, cell = battery.wear_eur_per_kwh, battery.capacity_kwh / CELLS
    most_in = battery.power_kw * step_h * into / cell
    most_out = battery.power_kw * step_h / out / cell
    # The change of energy, in cells, at which the exchange with the grid is 0.
    balanced = np.where(net > 0.0, -net * step_h / out, -net * step_h * into) / cell
    balanced = np.clip(balanced, -most_out, most_in)
    is_load = net > 0.0
    dear = np.maximum(buy, sell)
    feed_in, covering = out * sell - wear, out * dear - wear
    surplus, purchase = sell / into + wear, dear / into + wear
    # Below prices of 0 giving may cost less than taking: the slopes may only rise.
    low = feed_in.astype(np.float32)[:, :, None]
    middle = np.maximum(np.where(is_load, covering, surplus), feed_in).astype(np.float32)[..., None]
    high = np.maximum(np.maximum(purchase, surplus), np.maximum(covering, feed_in)).astype(np.float32)[:, :, None]
    values = np.repeat(end_value.astype(np.float32)[:, None], CELLS, axis=1)
    for step in range(steps - 1, 0, -1):
        # From full discharge on: feed in, then cover or take surplus, then buy. Of both inner changes one is 0.
        full_in = _looked_up(values, np.array([most_in[step]]))
        full_out = _looked_up(values, np.array([-most_out[step]]))
        at_zero, here = _looked_up(values, balanced[:, :, step]), is_load[:, :, step, None]
        best = np.maximum(full_in, np.minimum(low[:, step], full_out))
        best = np.maximum(best, np.minimum(middle[:, :, step], np.where(here, at_zero, values)))
        np.maximum(best, np.minimum(high[:, step], np.where(here, values, at_zero)), out=best)
        values = best.mean(axis=0)
    return values.astype(np.float64)


def _looked_up(values: Singles, cells: Floats) -> Singles:
    """What is so many cells further up, for each plan (the last axis of ``cells``), or for all of them the same.

    Above full it is never worth anything, below empty dearer than all, and so is what reaches beyond in part: the last
    cells are kept back a little for what no scenario knows of.
    """
    plans, width = values.shape[0], CELLS + 2
    padded = np.empty((plans, width), dtype=np.float32)
    padded[:, 1:-1] = values
    padded[:, 0], padded[:, -1] = _NEVER, -_NEVER
    at = np.arange(CELLS, dtype=np.float32) + cells.astype(np.float32)[..., None]
    whole = np.floor(at)
    part = at - whole
    place = whole.astype(np.int32) + 1
    first, second = np.clip(place, 0, width - 1), np.clip(place + 1, 0, width - 1)
    if cells.size == 1:
        below, above = padded[:, first[0]], padded[:, second[0]]
    else:
        flat, rows = padded.ravel(), (np.arange(plans, dtype=np.int32) * width)[:, None]
        below, above = flat.take(first + rows), flat.take(second + rows)
    above -= below
    above *= part
    above += below
    return above
