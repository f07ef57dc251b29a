"""The assets on offer: one by one for people, in columns for the engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

# The limits of an offer: more than all assets of a continent, and together still within int64.
MAX_ASSETS = 2_000_000
MAX_VOLUME_KW = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexibilityAsset:
    """One asset that can be activated as a whole.

    ``availability`` are the days on which it can be (UTC); None: on every day.
    """

    code: str
    name: str
    volume_kw: int
    cost_cents: int
    availability: tuple[date, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Offer:
    """The assets of a registry or a request, a column each; position i of every column is asset i.

    ``codes`` differ; ``volumes_kw`` are at least 1, ``costs_cents`` at least 0. ``availability`` is None when every
    asset is available on every day.
    """

    codes: Sequence[str]
    names: Sequence[str]
    volumes_kw: NDArray[np.int64]
    costs_cents: NDArray[np.int64]
    availability: Sequence[tuple[date, ...] | None] | None = None

    def __post_init__(self) -> None:
        lengths = [len(self.codes), len(self.names), self.volumes_kw.size, self.costs_cents.size]
        if self.availability is not None:
            lengths.append(len(self.availability))
        if len(set(lengths)) != 1:
            raise ValueError(f"the columns of an offer are equally long, not {lengths}")

    @staticmethod
    def of(assets: Sequence[FlexibilityAsset]) -> Offer:
        """The offer of some assets with different codes, in their order."""
        return Offer(
            codes=[asset.code for asset in assets],
            names=[asset.name for asset in assets],
            volumes_kw=np.array([asset.volume_kw for asset in assets], dtype=np.int64),
            costs_cents=np.array([asset.cost_cents for asset in assets], dtype=np.int64),
            availability=[asset.availability for asset in assets],
        )

    def __len__(self) -> int:
        return len(self.codes)

    def asset(self, position: int) -> FlexibilityAsset:
        """The asset at a position."""
        return FlexibilityAsset(
            code=self.codes[position],
            name=self.names[position],
            volume_kw=int(self.volumes_kw[position]),
            cost_cents=int(self.costs_cents[position]),
            availability=None if self.availability is None else self.availability[position],
        )

    def available_on(self, day: date) -> Offer:
        """The assets that can be activated on a day, in the same order."""
        if self.availability is None:
            return self
        days_with = {days: days is None or day in days for days in set(self.availability)}
        positions = [position for position, days in enumerate(self.availability) if days_with[days]]
        return Offer(
            codes=[self.codes[position] for position in positions],
            names=[self.names[position] for position in positions],
            volumes_kw=self.volumes_kw[positions],
            costs_cents=self.costs_cents[positions],
            availability=[self.availability[position] for position in positions],
        )


def euros(cents: int) -> int | float:
    """A non-negative amount as the number that JSON shows with its cents.

    It is exact for whole euros and below 10**15 cents: a decimal of up to 15 digits is what ``repr`` shows of the float
    nearest to it.
    """
    return cents // 100 if cents % 100 == 0 else cents / 100
