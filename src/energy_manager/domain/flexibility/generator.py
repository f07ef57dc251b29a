"""A made-up offer with the distribution of the Flexcity test's own generator, for demonstrations and measurements."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from energy_manager.domain.errors import faults_of, refuse
from energy_manager.domain.flexibility.assets import MAX_ASSETS, MAX_VOLUME_KW, Offer
from energy_manager.domain.flexibility.selection import MAX_COST_CENTS

# Half the assets are small, 45 % medium, 5 % large; volumes in kW before they are scaled to the total, both ends
# included.
SMALL_BELOW_PERCENT, SMALL_KW = 50, (10, 100)
MEDIUM_BELOW_PERCENT, MEDIUM_KW = 95, (101, 1_000)
LARGE_KW = (1_001, 5_000)
LEAST_COST_CENTS = 100


def generate_offer(
    *, count: int = 15_000, total_kw: int = 5_000_000, seed: int = 0, base_price_factor: float = 1.0, today: date
) -> Offer:
    """Assets that together have about ``total_kw``, at ``base_price_factor`` € a kW give or take half of it.

    Each is available on one day: yesterday, today or tomorrow, in equal parts; has at least 1 kW; and costs at least 1
    €. The same arguments give the same offer (numpy's default generator, drawn in the order volumes, days, prices).

    Raises:
        Refused: a number is out of its range; every fault by name.
    """
    _refuse_unusable(count=count, total_kw=total_kw, seed=seed, base_price_factor=base_price_factor)
    draw = np.random.default_rng(seed)
    percent = draw.integers(0, 100, count)
    unscaled_kw = np.select(
        [percent < SMALL_BELOW_PERCENT, percent < MEDIUM_BELOW_PERCENT],
        [draw.integers(*SMALL_KW, count, endpoint=True), draw.integers(*MEDIUM_KW, count, endpoint=True)],
        draw.integers(*LARGE_KW, count, endpoint=True),
    )
    volumes_kw = unscaled_kw * (total_kw / int(unscaled_kw.sum()))
    days = draw.integers(-1, 2, count)
    euros_per_kw = base_price_factor * (0.5 + draw.random(count))
    availability = {offset: (today + timedelta(days=offset),) for offset in (-1, 0, 1)}
    return Offer(
        codes=[f"ASSET-{number}" for number in range(count)],
        names=[f"Generated Asset {number}" for number in range(count)],
        volumes_kw=np.maximum(1, np.floor(volumes_kw + 0.5).astype(np.int64)),
        costs_cents=np.maximum(LEAST_COST_CENTS, np.floor(volumes_kw * euros_per_kw * 100 + 0.5).astype(np.int64)),
        availability=[availability[offset] for offset in days.tolist()],
    )


def _refuse_unusable(*, count: int, total_kw: int, seed: int, base_price_factor: float) -> None:
    most = MAX_COST_CENTS / (max(total_kw, 1) * 150)
    price = f"{base_price_factor} €/kW, from 0 to {most:g} €/kW is needed"
    faults = {
        "count": None if 1 <= count <= MAX_ASSETS else f"{count}, from 1 to {MAX_ASSETS} is needed",
        "total_kw": None
        if 1 <= total_kw <= MAX_VOLUME_KW
        else f"{total_kw} kW, from 1 to {MAX_VOLUME_KW} kW is needed",
        "seed": None if seed >= 0 else f"{seed}, at least 0 is needed",
        "base_price_factor": None if 0 <= base_price_factor <= most else price,
    }
    refuse(faults_of(faults))
