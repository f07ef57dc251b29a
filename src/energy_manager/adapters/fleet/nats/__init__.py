"""The fleet's bus over NATS."""

from energy_manager.adapters.fleet.nats.buses import NatsCentreBus, NatsSiteBus
from energy_manager.adapters.fleet.nats.link import OLDEST_SERVER, NatsAccess, look_for_server

__all__ = ["OLDEST_SERVER", "NatsAccess", "NatsCentreBus", "NatsSiteBus", "look_for_server"]
