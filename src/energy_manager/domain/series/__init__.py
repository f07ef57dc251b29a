"""Series and levels on a time grid: what numbers and grids must be, and readings brought onto a grid, for every job."""

from energy_manager.domain.series.grid import (
    Grid as Grid,
    Reach as Reach,
    Series as Series,
    fitted as fitted,
    note_unequal as note_unequal,
)
from energy_manager.domain.series.levels import (
    FAULTS_PER_SERIES as FAULTS_PER_SERIES,
    LARGEST as LARGEST,
    LEAST_EFFICIENCY as LEAST_EFFICIENCY,
    LONGEST_STEP_S as LONGEST_STEP_S,
    MOST_STEPS as MOST_STEPS,
    NEGLIGIBLE as NEGLIGIBLE,
    Level as Level,
    at_each_step as at_each_step,
    grid_faults as grid_faults,
    level_faults as level_faults,
    number_fault as number_fault,
    series_faults as series_faults,
    step_faults as step_faults,
    utc_text as utc_text,
)
from energy_manager.domain.series.readings import (
    HeldSeries as HeldSeries,
    Reading as Reading,
    floored as floored,
    microseconds as microseconds,
    time_of as time_of,
)
