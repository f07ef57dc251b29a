"""Use cases of job 2: households ask for runs while the loop runs; what is planned is kept, watched and improved."""

from energy_manager.application.appliances.building import Building, InstalledAppliance, SwitchableAssets, Unknown
from energy_manager.application.appliances.service import ApplianceService

__all__ = ["ApplianceService", "Building", "InstalledAppliance", "SwitchableAssets", "Unknown"]
