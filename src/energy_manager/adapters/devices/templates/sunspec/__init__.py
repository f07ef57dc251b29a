"""SunSpec: devices that say themselves where their points stand. Model definitions come from ``pysunspec2``."""

from energy_manager.adapters.devices.templates.sunspec.chain import Chain, Located, ReadRegisters, walk
from energy_manager.adapters.devices.templates.sunspec.definitions import ModelDefinition, has_point, model_definition

__all__ = ["Chain", "Located", "ModelDefinition", "ReadRegisters", "has_point", "model_definition", "walk"]
