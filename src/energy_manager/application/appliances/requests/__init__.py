"""What people ask of the live half, read from parsed JSON: every fault by its field, or a value that is good."""

from energy_manager.application.appliances.requests.households import HouseholdUpdate, read_change, read_household
from energy_manager.application.appliances.requests.runs import read_appliance, read_move, read_run
from energy_manager.application.appliances.requests.vehicles import read_vehicle

__all__ = [
    "HouseholdUpdate",
    "read_appliance",
    "read_change",
    "read_household",
    "read_move",
    "read_run",
    "read_vehicle",
]
