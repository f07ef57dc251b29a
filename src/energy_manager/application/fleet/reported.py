"""What sites' quarter hours say was delivered."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from energy_manager.application.ports.fleet_bus import QUARTERS, Reports
from energy_manager.domain.fleet import Delivered

LONGEST_ID = 100


def delivered_in(reports: Reports) -> Iterator[Delivered]:
    """By order and quarter hour; what is not as it should be is left out."""
    if reports.stream != QUARTERS:
        return
    for report in reports.reports:
        orders = report.body.get("orders")
        for order, said in orders.items() if isinstance(orders, Mapping) else ():
            kwh, covered_s = _number(said, "energy_kwh"), _number(said, "covered_s")
            if kwh is not None and covered_s is not None and len(order) <= LONGEST_ID:
                yield Delivered(
                    site=reports.site,
                    order=order,
                    quarter=report.sequence,
                    energy_kwh=kwh,
                    covered_s=covered_s,
                )


def _number(said: object, name: str) -> float | None:
    value = said.get(name) if isinstance(said, Mapping) else None
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None
