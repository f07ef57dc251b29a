"""How this process is let in at the fleet's NATS server."""

from __future__ import annotations

from energy_manager.adapters.fleet.nats import NatsAccess
from energy_manager.entrypoints.fleet_access import seed_in
from energy_manager.entrypoints.settings import FleetSettings


def access_of(settings: FleetSettings) -> NatsAccess:
    """The server and the key of the settings.

    Raises:
        Refused: the key's file cannot be read.
    """
    return NatsAccess(url=settings.url, seed=seed_in(settings.credentials), ca_file=settings.ca_file)
