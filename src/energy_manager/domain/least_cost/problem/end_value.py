"""What energy that is left after the last step is worth, where nobody says so."""

from __future__ import annotations

import numpy as np

from energy_manager.domain.least_cost.problem.site import Site
from energy_manager.domain.least_cost.problem.storages import Storage
from energy_manager.domain.series import at_each_step

# A stored kWh saves purchase at one of the cheaper prices: what is left is hardly used at the dearest hour.
CHEAP_SHARE = 0.25


def end_value(site: Site, storage: Storage) -> float:
    """EUR for a kWh left in a storage: as it was said, else what it saves later, at least 0.

    By default discharge efficiency x the 25 % quantile of the purchase prices of the last 7 days - wear; of the plan's
    own prices where those are not known. A kWh of heat saves only the electricity it is made of.
    """
    if storage.end_value_eur_per_kwh is not None:
        return storage.end_value_eur_per_kwh
    prices = site.recent_buy_eur_per_kwh or at_each_step(site.buy_eur_per_kwh, site.steps)
    cheap = float(np.quantile(prices, CHEAP_SHARE))
    saved = storage.discharge_efficiency * cheap / max(storage.charge_efficiency, 1.0)
    return max(saved - storage.wear_eur_per_kwh, 0.0)
