"""The site file: devices, schedule and limits of one site, in TOML."""

from energy_manager.entrypoints.site_file.model import (
    AssetEntry,
    HouseholdEntry,
    PccEntry,
    SharedAsset,
    SharedScheduleEntry,
    SimulatedAppliance,
    SimulatedMeter,
    SimulatedStorage,
    SiteFile,
)
from energy_manager.entrypoints.site_file.reading import DEMO_SITE, read_site_file

__all__ = [
    "DEMO_SITE",
    "AssetEntry",
    "HouseholdEntry",
    "PccEntry",
    "SharedAsset",
    "SharedScheduleEntry",
    "SimulatedAppliance",
    "SimulatedMeter",
    "SimulatedStorage",
    "SiteFile",
    "read_site_file",
]
