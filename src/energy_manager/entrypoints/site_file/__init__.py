"""The site file: devices, schedule and limits of one site, in TOML."""

from energy_manager.entrypoints.site_file.assets import AssetEntry
from energy_manager.entrypoints.site_file.choice import chosen_name, chosen_path, chosen_site
from energy_manager.entrypoints.site_file.forecasts import ForecastsEntry
from energy_manager.entrypoints.site_file.homes import HouseholdEntry
from energy_manager.entrypoints.site_file.least_cost import CarEntry, LeastCostEntry
from energy_manager.entrypoints.site_file.model import SiteFile
from energy_manager.entrypoints.site_file.planning import PccEntry, PeakShavingEntry
from energy_manager.entrypoints.site_file.reading import DEMO_SITE, read_site_file
from energy_manager.entrypoints.site_file.schedule import FileScheduleEntry, SharedScheduleEntry
from energy_manager.entrypoints.site_file.tariff import PricesEntry, PriceSourceEntry, TariffEntry, price_source_of

__all__ = [
    "DEMO_SITE",
    "AssetEntry",
    "CarEntry",
    "FileScheduleEntry",
    "ForecastsEntry",
    "HouseholdEntry",
    "LeastCostEntry",
    "PccEntry",
    "PeakShavingEntry",
    "PriceSourceEntry",
    "PricesEntry",
    "SharedScheduleEntry",
    "SiteFile",
    "TariffEntry",
    "chosen_name",
    "chosen_path",
    "chosen_site",
    "price_source_of",
    "read_site_file",
]
