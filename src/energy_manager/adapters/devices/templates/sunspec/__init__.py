"""SunSpec: devices that say themselves where their points stand. Model definitions come from ``pysunspec2``."""

from energy_manager.adapters.devices.templates.sunspec.chain import Chain, walk
from energy_manager.adapters.devices.templates.sunspec.definitions import has_point, model_definition

__all__ = ["Chain", "has_point", "model_definition", "walk"]
