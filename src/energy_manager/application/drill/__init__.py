"""The drill: a site is put through every kind of fault before it is trusted with hardware."""

from energy_manager.application.drill.run_drill import run_drill

__all__ = ["run_drill"]
