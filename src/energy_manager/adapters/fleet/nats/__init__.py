"""The fleet's bus over NATS."""

from energy_manager.adapters.fleet.nats.access import OLDEST_SERVER, NatsAccess, look_for_server
from energy_manager.adapters.fleet.nats.buses import NatsCentreBus, NatsSiteBus

__all__ = ["OLDEST_SERVER", "NatsAccess", "NatsCentreBus", "NatsSiteBus", "look_for_server"]
