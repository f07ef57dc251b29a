"""Series and levels on a time grid: what numbers and grids must be, and readings brought onto a grid, for every job."""

from energy_manager.domain.series.grid import Grid, Reach, Series, fitted, note_unequal
from energy_manager.domain.series.levels import (
    FAULTS_PER_SERIES,
    LARGEST,
    LEAST_EFFICIENCY,
    LONGEST_STEP_S,
    MOST_STEPS,
    NEGLIGIBLE,
    Level,
    at_each_step,
    grid_faults,
    level_faults,
    number_fault,
    series_faults,
    step_faults,
    utc_text,
)
from energy_manager.domain.series.readings import HeldSeries, Reading, floored, microseconds, time_of

__all__ = [
    "FAULTS_PER_SERIES",
    "LARGEST",
    "LEAST_EFFICIENCY",
    "LONGEST_STEP_S",
    "MOST_STEPS",
    "NEGLIGIBLE",
    "Grid",
    "HeldSeries",
    "Level",
    "Reach",
    "Reading",
    "Series",
    "at_each_step",
    "fitted",
    "floored",
    "grid_faults",
    "level_faults",
    "microseconds",
    "note_unequal",
    "number_fault",
    "series_faults",
    "step_faults",
    "time_of",
    "utc_text",
]
