"""The flexibility job, handed to the centre: the cheapest offers that reach a volume."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from energy_manager.domain.fleet import SiteOffer
from energy_manager.domain.flexibility import Offer, plan_activation

TIME_LIMIT_S = 0.2
"""A selection is for now: a dearer one in time is worth more than the cheapest too late."""


def cheapest(offers: Sequence[SiteOffer], volume_kw: int) -> Sequence[SiteOffer]:
    """The cheapest offers that reach the volume together; all of them where they do not."""
    if sum(offer.volume_kw for offer in offers) <= volume_kw:
        return offers
    names = [offer.site for offer in offers]
    offer = Offer(
        codes=names,
        names=names,
        volumes_kw=np.array([offer.volume_kw for offer in offers], dtype=np.int64),
        costs_cents=np.array([offer.cost_cents for offer in offers], dtype=np.int64),
    )
    chosen = {asset.code for asset in plan_activation(offer, volume_kw, time_limit_s=TIME_LIMIT_S).assets}
    return [entry for entry in offers if entry.site in chosen]
