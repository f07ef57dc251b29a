"""What sites report: each line once in the book, and from their quarter hours what was delivered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from energy_manager.application.ports.fleet.fleet_book import FleetBook
from energy_manager.application.ports.fleet.fleet_bus import QUARTERS, Acknowledged, Reports
from energy_manager.domain.fleet import Delivered
from energy_manager.domain.fleet.names import id_fault
from energy_manager.domain.fleet.settlement import QUARTER

MOST_S = QUARTER.total_seconds()
HOUR_S = 3600.0


def keep_reports(
    reports: Sequence[Reports], book: FleetBook, *, most_kw: Callable[[str], int]
) -> tuple[Acknowledged, ...]:
    """Put them into the book; what the sites are to be told then. ``most_kw`` is what a site can deliver at most.

    Raises:
        StoreUnavailable: none is kept.
    """
    if not reports:
        return ()
    delivered = [entry for of_site in reports for entry in delivered_in(of_site, most_kw=most_kw(of_site.site))]
    book.keep_reports(reports, delivered)
    return tuple(
        Acknowledged(
            site=of_site.site,
            store=of_site.store,
            stream=of_site.stream,
            through=max(report.sequence for report in of_site.reports),
        )
        for of_site in reports
        if of_site.reports
    )


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
