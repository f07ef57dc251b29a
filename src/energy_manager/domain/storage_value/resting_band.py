"""The band of grid exchange in which a storage rests."""

from __future__ import annotations

from typing import NamedTuple


class Band(NamedTuple):
    """Exchange with the grid (kW, import positive) between which a storage rests; None: without end on that side.

    Below ``lo_kw`` it charges until the exchange is there, above ``hi_kw`` it discharges.
    """

    lo_kw: float | None
    hi_kw: float | None

    def charge_kw(self, base_kw: float) -> float:
        """The charge that brings the exchange into the band, where it is ``base_kw`` without the storage."""
        if self.lo_kw is not None and base_kw < self.lo_kw:
            return self.lo_kw - base_kw
        if self.hi_kw is not None and base_kw > self.hi_kw:
            return self.hi_kw - base_kw
        return 0.0


SELF_CONSUMPTION = Band(0.0, 0.0)
"""The rule of every inverter: take surplus, cover load."""
