"""What an asset is built for, whatever its driver."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields

from energy_manager.domain.errors import Fault, refuse


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratings:
    """Powers in W and energies in Wh, finite and never below 0; None = not said.

    ``capacity_wh`` is what a storage holds, ``min_wh`` the reserve that it keeps, ``max_charge_w`` and
    ``max_discharge_w`` what it can take and deliver. ``rated_w`` is what a producer can deliver or a load draws.

    Raises:
        Refused: a rating is no such number, or the reserve is above the capacity; fields are named as here.
    """

    capacity_wh: float | None = None
    min_wh: float | None = None
    max_charge_w: float | None = None
    max_discharge_w: float | None = None
    rated_w: float | None = None

    def __post_init__(self) -> None:
        refuse(self._faults())

    def _faults(self) -> Iterator[Fault]:
        for name in RATINGS:
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value >= 0.0):
                yield Fault(field=name, message=f"{value} is no finite number of at least 0")
        if self.capacity_wh is not None and self.min_wh is not None and self.min_wh > self.capacity_wh:
            yield Fault(field="min_wh", message=f"{self.min_wh:g} Wh is above the capacity, {self.capacity_wh:g} Wh")

    def reach_w(self, *, is_load: bool) -> tuple[float | None, float | None]:
        """The most it can take and the most it can deliver, both at least 0; None = not said."""
        least, most = self.max_charge_w, self.max_discharge_w
        if self.rated_w is not None:
            least, most = (self.rated_w, most) if is_load else (least, self.rated_w)
        return least, most

    @property
    def given(self) -> frozenset[str]:
        """The names of the ratings that are said."""
        return frozenset(name for name in RATINGS if getattr(self, name) is not None)


RATINGS: tuple[str, ...] = tuple(field.name for field in fields(Ratings))
"""The names of all ratings."""

NO_RATINGS = Ratings()
"""Nothing is said."""
