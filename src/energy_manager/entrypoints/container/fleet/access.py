"""How this process is let in at the fleet's NATS server."""

from __future__ import annotations

from energy_manager.adapters.fleet.nats import NatsAccess
from energy_manager.adapters.fleet.nats.users import is_key
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.fleet.fleet_access import CREDENTIALS, seed_in
from energy_manager.entrypoints.settings import FleetSettings


def access_of(settings: FleetSettings) -> NatsAccess:
    """The server and the key of the settings.

    Raises:
        Refused: the key's file cannot be read, or the key in it is damaged.
    """
    seed = seed_in(settings.credentials)
    if seed and not is_key(seed):
        message = f"the key in {settings.credentials!r} is damaged or cut off: its checksum does not fit"
        raise Refused.at(CREDENTIALS, message)
    return NatsAccess(url=settings.url, seed=seed, ca_file=settings.ca_file)
