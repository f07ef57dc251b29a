"""A device that its own template describes, simulated: what tests, demos and authors of templates speak with."""

from energy_manager.adapters.devices.templated.simulation.behaviour import SimulatedDevice, SimulatedUsage
from energy_manager.adapters.devices.templated.simulation.documents import SimulatedDocuments
from energy_manager.adapters.devices.templated.simulation.house import SimulatedHouse
from energy_manager.adapters.devices.templated.simulation.registers import SimulatedUnit

__all__ = ["SimulatedDevice", "SimulatedDocuments", "SimulatedHouse", "SimulatedUnit", "SimulatedUsage"]
