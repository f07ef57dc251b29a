"""What sites' quarter hours say was delivered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from energy_manager.application.ports.fleet_bus import QUARTERS, Reports
from energy_manager.domain.fleet import Delivered
from energy_manager.domain.fleet.names import id_fault
from energy_manager.domain.fleet.settlement import QUARTER

MOST_S = QUARTER.total_seconds()
HOUR_S = 3600.0


def delivered_in(reports: Reports, *, most_kw: int) -> Iterator[Delivered]:
    """By order and quarter hour; what is not as it should be, or more than ``most_kw`` make, is left out."""
    if reports.stream != QUARTERS:
        return
    most_kwh = most_kw * MOST_S / HOUR_S
    for report in reports.reports:
        orders = report.body.get("orders")
        for order, said in orders.items() if isinstance(orders, Mapping) else ():
            kwh = _number(said, "energy_kwh", least=-most_kwh, most=most_kwh)
            covered_s = _number(said, "covered_s", least=0.0, most=MOST_S)
            if kwh is not None and covered_s is not None and id_fault(order) is None:
                yield Delivered(
                    site=reports.site,
                    order=order,
                    quarter=report.sequence,
                    energy_kwh=kwh,
                    covered_s=covered_s,
                )


def _number(said: object, name: str, *, least: float, most: float) -> float | None:
    value = said.get(name) if isinstance(said, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if least <= value <= most else None
