"""The centre's figures for Prometheus, in watts, worked out when they are asked for; no series for a single site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from energy_manager.application.fleet.views.fleet_view import FleetView
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.fleet import LIVE
from energy_manager.entrypoints.api.operation.metrics import by_label, gauge

WATTS = 1_000


class FleetCollector(Collector):
    """What an operator's alarms ask for: sites, orders, what is missing, whether this centre gives orders."""

    def __init__(self, view: FleetView) -> None:
        self._view = view

    def collect(self) -> Iterator[Metric]:
        """The figures now; those of sites are left out while the book is away."""
        centre = self._view.centre
        yield gauge("fleet_centre_active", "1: this centre gives orders; 0: it waits", float(centre.is_active))
        yield gauge("fleet_link_up", "1: there is a link to the sites", float(centre.is_linked))
        portfolios = centre.portfolios.values()
        missing = sum(found.missing_kw for found in portfolios)
        yield gauge("fleet_missing_watts", "Of running activations, what nobody is counted on for", WATTS * missing)
        states = Counter(str(record.state) for found in portfolios for record in found.records.values())
        live = [(str(state), float(states[str(state)])) for state in sorted(LIVE)]
        yield by_label("fleet_orders", "Orders that a site may be carrying out", "state", live)
        try:
            totals = self._view.totals()
        except StoreUnavailable:
            return
        standings = [(str(standing), float(count)) for standing, count in totals.standings.items()]
        yield by_label("fleet_sites", "Sites by how they stand", "standing", standings)
        room = [("up", float(WATTS * totals.up_kw)), ("down", float(WATTS * totals.down_kw))]
        yield by_label("fleet_room_watts", "What the sites could deliver more (up) or take (down)", "direction", room)
        yield gauge("fleet_import_watts", "Import of all sites that measure it", WATTS * totals.import_kw)
