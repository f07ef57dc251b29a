"""The offers and the results that the Flexcity test's best-documented solution publishes (fosc/flexcity_backend_test).

Its offers come from ``kotlin.random.Random(seed)``, which is Marsaglia's xorwow ("Xorshift RNGs", Journal of
Statistical Software 8, 2003) seeded as Kotlin does; drawn here again, number by number, so that its table can be held
against ours row by row.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor

import numpy as np
from numpy.typing import NDArray

WORD = 2**32


class KotlinRandom:
    """``kotlin.random.Random(seed)`` for a non-negative seed below 2**31."""

    def __init__(self, seed: int) -> None:
        self._history = [seed, 0, 0, 0]
        self._last = seed ^ (WORD - 1)
        self._counter = (seed << 10) % WORD
        for _ in range(64):
            self._next_word()

    def below(self, limit: int) -> int:
        """A whole number from 0 up to, not including, ``limit``; one call may draw several words."""
        if limit & -limit == limit:
            return self._next_word() >> (33 - limit.bit_length())
        while True:
            word = self._next_word() >> 1
            if word - word % limit + limit - 1 < WORD // 2:
                return word % limit

    def fraction(self) -> float:
        """A number from 0 up to, not including, 1, with 53 bits."""
        high, low = self._next_word() >> 6, self._next_word() >> 5
        return ((high << 27) + low) / 2**53

    def _next_word(self) -> int:
        oldest = self._history.pop(0)
        oldest ^= oldest >> 2
        self._history.append(self._last)
        self._last = (oldest ^ (oldest << 1) ^ self._last ^ (self._last << 4)) % WORD
        self._counter = (self._counter + 362437) % WORD
        return (self._last + self._counter) % WORD


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCase:
    """A row of the published table; ``best_cents`` is the cheapest that any of its engines found."""

    name: str
    assets: int
    total_kw: int
    target_kw: int
    seed: int
    greedy_cents: int
    hybrid_cents: int
    best_cents: int

    def offer(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Volumes in kW and costs in cents."""
        return published_offer(self.assets, self.total_kw, self.seed)


def published_offer(assets: int, total_kw: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Volumes in kW and costs in cents as the published generator makes them, rounding half up."""
    draw = KotlinRandom(seed)
    unscaled = []
    for _ in range(assets):
        percent = draw.below(100)
        if percent < 50:
            unscaled.append(10 + draw.below(91))
        elif percent < 95:
            unscaled.append(101 + draw.below(900))
        else:
            unscaled.append(1001 + draw.below(4000))
        draw.below(3)  # the day
    scale = total_kw / sum(unscaled)
    volumes = [max(1, floor(kw * scale + 0.5)) for kw in unscaled]
    costs = [max(100, floor(kw * scale * (0.5 + draw.fraction()) * 100 + 0.5)) for kw in unscaled]
    return np.array(volumes, dtype=np.int64), np.array(costs, dtype=np.int64)


def _case(name: str, sizes: tuple[int, int, int], cents: tuple[int, int, int], *, seed: int = 0) -> PublishedCase:
    assets, total_kw, target_kw = sizes
    greedy_cents, hybrid_cents, best_cents = cents
    return PublishedCase(
        name=name,
        assets=assets,
        total_kw=total_kw,
        target_kw=target_kw,
        seed=seed,
        greedy_cents=greedy_cents,
        hybrid_cents=hybrid_cents,
        best_cents=best_cents,
    )


PUBLISHED = (
    _case("greedy at its worst", (20, 100_000, 50_000), (6_856_903, 3_667_365, 3_667_365), seed=5528),
    _case("100 assets, 5 MW", (100, 50_000, 5_000), (287_598, 281_682, 281_682)),
    _case("1,000 assets, 50 MW", (1_000, 500_000, 50_000), (2_697_469, 2_696_714, 2_696_714)),
    _case("1,000 assets, 100 MW", (1_000, 500_000, 100_000), (5_806_507, 5_804_078, 5_804_078)),
    _case("3,000 assets, 100 MW", (3_000, 500_000, 100_000), (6_048_670, 6_048_518, 6_048_518)),
    _case("3,000 assets, 500 MW", (3_000, 1_000_000, 500_000), (37_560_083, 37_559_395, 37_559_395)),
    _case("3,000 assets, 1 GW", (3_000, 5_000_000, 1_000_000), (60_481_606, 60_478_386, 60_478_370)),
    _case("30,000 assets, 1 GW", (30_000, 10_000_000, 1_000_000), (55_385_075, 55_384_860, 55_384_860)),
)
