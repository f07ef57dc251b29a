"""The site file: devices, schedule and limits of one site, in TOML."""

from energy_manager.entrypoints.site_file.model import (
    AssetEntry,
    HouseholdEntry,
    PccEntry,
    PeakShavingEntry,
    SharedAsset,
    SharedScheduleEntry,
    SimulatedAppliance,
    SimulatedMeter,
    SimulatedStorage,
    SiteFile,
    kind_of,
)
from energy_manager.entrypoints.site_file.reading import DEMO_SITE, read_site_file

__all__ = [
    "DEMO_SITE",
    "AssetEntry",
    "HouseholdEntry",
    "PccEntry",
    "PeakShavingEntry",
    "SharedAsset",
    "SharedScheduleEntry",
    "SimulatedAppliance",
    "SimulatedMeter",
    "SimulatedStorage",
    "SiteFile",
    "kind_of",
    "read_site_file",
]
