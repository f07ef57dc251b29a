"""The fast loop: the storage keeps the measured power at the PCC inside its limits."""

from energy_manager.domain.peak_shaving.grid_limit.law import GridLimitDecision, Reason, decide
from energy_manager.domain.peak_shaving.grid_limit.learning import STALE_TICKS, GridLimitMemory
from energy_manager.domain.peak_shaving.grid_limit.readings import PccReading
from energy_manager.domain.peak_shaving.grid_limit.settings import GridLimitSettings

__all__ = ["STALE_TICKS", "GridLimitDecision", "GridLimitMemory", "GridLimitSettings", "PccReading", "Reason", "decide"]
