"""The band of grid exchange in which a storage rests, from what its energy is worth.

With purchase price b, feed-in price f, efficiencies and wear, of the values of the next and the last kWh: cover load
(import 0) if b x eta_d - wear >= last; take surplus (export 0) if the next >= max(f, 0 if curtailable) / eta_c + wear;
charge from the grid if it is worth more than b / eta_c + wear; discharge into the grid if f x eta_d - wear is more than
the last is worth. Equality covers and stores, but buys and feeds in only what would be bought or fed in at another
time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from energy_manager.domain.least_cost.engine.exchange import Exchange, Floats
from energy_manager.domain.least_cost.engine.step_costs import SLOPE_DECIMALS
from energy_manager.domain.least_cost.engine.terms import StorageTerms
from energy_manager.domain.storage_value.resting_band import Band
from energy_manager.domain.storage_value.value_function import Slope


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What a kWh must be worth, inside one storage, for each kind of move; one value a step."""

    purchase: list[float]
    surplus: list[float]
    cover: list[float]
    feed_in: list[float]
    most_import: list[float]
    """The exchange at full charge, inside the import limit (kW)."""
    most_export: list[float]
    """The exchange at full discharge, inside the export limit (kW, negative)."""
    charges: list[bool]
    discharges: list[bool]

    @classmethod
    def of(cls, terms: StorageTerms, exchange: Exchange, base_kw: Floats) -> Thresholds:
        """The thresholds of a storage while ``base_kw`` is the net power without it."""
        wear = terms.storage.wear_eur_per_kwh
        worth = np.where(exchange.spare > 0.0, np.maximum(exchange.sell, 0.0), exchange.sell)
        full_in = base_kw + terms.most / (terms.into * exchange.hours)
        full_out = base_kw + terms.least / (terms.out * exchange.hours)

        def rounded(values: Floats) -> list[float]:
            return np.round(values, SLOPE_DECIMALS).tolist()  # type: ignore[no-any-return]

        return cls(
            purchase=rounded(exchange.buy / terms.into + wear),
            surplus=rounded(worth / terms.into + wear),
            cover=rounded(exchange.buy / terms.out - wear),
            feed_in=rounded(exchange.sell / terms.out - wear),
            most_import=np.maximum(np.minimum(full_in, exchange.import_limit), 0.0).tolist(),
            most_export=np.minimum(np.maximum(full_out, -exchange.export_limit), 0.0).tolist(),
            charges=(terms.most > 0.0).tolist(),
            discharges=(terms.least < 0.0).tolist(),
        )

    def band(self, step: int, after: Slope | None, last: Slope | None) -> Band:
        """The band of a step where the next kWh and the last kWh are worth so much; None where there is none."""
        return Band(*self._ends(step, after, last))

    def _ends(self, step: int, after: Slope | None, last: Slope | None) -> tuple[float | None, float | None]:
        lo: float | None = None
        hi: float | None = None
        if after is not None and self.charges[step]:
            if after >= (0.0, 0.0, self.purchase[step], 0.0, 1.0):
                lo = self.most_import[step]
            elif after >= (0.0, 0.0, self.surplus[step], 0.0, 0.0):
                lo = 0.0
        if last is not None and self.discharges[step]:
            if last < (0.0, 0.0, self.feed_in[step], 0.0, -1.0):
                hi = self.most_export[step]
            elif last <= (0.0, 0.0, self.cover[step], 0.0, 0.0):
                hi = 0.0
        if lo is not None and hi is not None and lo > hi:
            # Only where losing energy pays: charge.
            hi = None
        return lo, hi

    def planned_band(
        self, step: int, after: Slope | None, last: Slope | None, *, charge_kw: float, exchange_kw: float
    ) -> Band:
        """The band that leads to the power planned: a power that ends inside the band moves its end there."""
        lo, hi = self._ends(step, after, last)
        if charge_kw > 0.0:
            if lo != 0.0 or exchange_kw > 0.0:
                lo = exchange_kw
            if hi is not None and hi < lo:
                hi = None
        elif charge_kw < 0.0:
            if hi != 0.0 or exchange_kw < 0.0:
                hi = exchange_kw
            if lo is not None and lo > hi:
                lo = None
        else:
            if lo is not None and exchange_kw < lo:
                lo = exchange_kw
            if hi is not None and exchange_kw > hi:
                hi = exchange_kw
        return Band(lo, hi)
