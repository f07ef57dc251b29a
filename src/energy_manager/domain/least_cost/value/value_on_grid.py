"""The value of the energy in a battery for many plans at once, on a grid of energies.

``value_of_energy`` is exact, and takes a millisecond a plan. A year of plans, each over the errors of a fortnight, is
half a million: here they go through the same backward recursion side by side in arrays. The value is a slope in each of
the cells between two energies; of the cost of a step with slopes m_1 < m_2 < ... between the changes b_0 < b_1 < ... it
becomes max(v(s + b_K), max_k min(m_k, v(s + b_{k-1}))): where marginal cost meets marginal value. Between cells it is
interpolated. No limits of the grid connection, one battery; where feeding in pays more than purchase costs, purchase
counts as dear as that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from energy_manager.domain.forecast.steps import Floats

Singles = npt.NDArray[np.float32]

CELLS = 50
"""The energies that are told apart."""

# Dearer than any energy, and cheaper: what lies outside a battery.
_NEVER = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class GridBattery:
    """A battery as the recursion sees it: energies in kWh inside it, powers in kW at its terminals."""

    usable_kwh: float
    max_charge_kw: float
    max_discharge_kw: float
    charge_efficiency: float
    discharge_efficiency: float
    wear_eur_per_kwh: float

    @property
    def cell_kwh(self) -> float:
        """The energy of a cell."""
        return self.usable_kwh / CELLS


def values_on_grid(
    battery: GridBattery, net: Floats, buy: Floats, sell: Floats, *, step_h: Floats, end_value: Floats
) -> Floats:
    """EUR/kWh in each cell after the first step, a row for each plan.

    ``net`` (plans x steps, kW) is load - production, ``buy`` and ``sell`` (plans x steps, EUR/kWh) the prices,
    ``step_h`` how long each step lasts, ``end_value`` what a kWh is worth after the last step of each plan.
    """
    steps = net.shape[1]
    into, out = battery.charge_efficiency, battery.discharge_efficiency
    wear, cell = battery.wear_eur_per_kwh, battery.cell_kwh
    most_in = battery.max_charge_kw * step_h * into / cell
    most_out = battery.max_discharge_kw * step_h / out / cell
    # The change of energy, in cells, at which the exchange with the grid is 0.
    balanced = np.where(net > 0.0, -net * step_h / out, -net * step_h * into) / cell
    balanced = np.clip(balanced, -most_out, most_in)
    is_load = net > 0.0
    dear = np.maximum(buy, sell)
    feed_in, covering = out * sell - wear, out * dear - wear
    surplus, purchase = sell / into + wear, dear / into + wear
    # Below prices of 0 giving may cost less than taking: the slopes may only rise.
    low = feed_in.astype(np.float32)
    middle = np.maximum(np.where(is_load, covering, surplus), feed_in).astype(np.float32)
    high = np.maximum(np.maximum(purchase, surplus), middle).astype(np.float32)
    shifts = [_Shift.of(balanced[:, step]) for step in range(steps)]
    full = {hours: (_even(most_in[at]), _even(-most_out[at])) for at, hours in enumerate(step_h.tolist())}
    values = np.repeat(end_value.astype(np.float32)[:, None], CELLS, axis=1)
    for step in range(steps - 1, 0, -1):
        # From full discharge on: feed in, then cover or take surplus, then buy. Of both inner changes one is 0.
        full_in, full_out = full[float(step_h[step])]
        at_zero, here = shifts[step].of_values(values), is_load[:, step, None]
        best = np.maximum(full_in.of_values(values), np.minimum(low[:, step, None], full_out.of_values(values)))
        np.maximum(best, np.minimum(middle[:, step, None], np.where(here, at_zero, values)), out=best)
        values = np.maximum(best, np.minimum(high[:, step, None], np.where(here, values, at_zero)), out=best)
    return values.astype(np.float64)


def _even(cells: float) -> _Shift:
    return _Shift.of(np.array([cells]))


_PADDING = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shift:
    """A look so many cells further up, the same for all plans or each its own."""

    whole: npt.NDArray[np.int64]
    part: npt.NDArray[np.float32]
    cells: npt.NDArray[np.float32]

    @classmethod
    def of(cls, cells: Floats) -> _Shift:
        whole = np.floor(cells).astype(np.int64)
        return cls(whole=whole, part=(cells - whole).astype(np.float32)[:, None], cells=cells.astype(np.float32))

    def of_values(self, values: Singles) -> Singles:
        """What is there: above full never worth anything, below empty dearer than all."""
        plans, width = values.shape[0], CELLS + 2 * _PADDING
        padded = np.empty((plans, width), dtype=np.float32)
        padded[:, _PADDING:-_PADDING] = values
        padded[:, :_PADDING] = _NEVER
        padded[:, -_PADDING:] = -_NEVER
        at = np.clip(np.arange(CELLS)[None, :] + self.whole[:, None] + _PADDING, 0, width - 2)
        if len(self.cells) == 1:
            below, above = padded[:, at[0]], padded[:, at[0] + 1]
        else:
            at += np.arange(plans)[:, None] * width
            flat = padded.ravel()
            below, above = flat[at], flat[at + 1]
        above -= below
        above *= self.part
        above += below
        return above
