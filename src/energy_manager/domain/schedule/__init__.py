"""Schedules: what planners produce and dispatch consumes, who may speak for an asset, and who wins."""

from energy_manager.domain.schedule.acceptance import AcceptedSchedule as AcceptedSchedule, Decider as Decider
from energy_manager.domain.schedule.blocks import LONGEST_ID as LONGEST_ID, Schedule as Schedule, TimeBlock as TimeBlock
from energy_manager.domain.schedule.fitting import (
    FittedSchedule as FittedSchedule,
    beyond_limits as beyond_limits,
    fitted as fitted,
    refuse_unfit as refuse_unfit,
)
from energy_manager.domain.schedule.merging import (
    BASE as BASE,
    MergedTargets as MergedTargets,
    ScheduleIndex as ScheduleIndex,
    Stretch as Stretch,
)
from energy_manager.domain.schedule.overrides import (
    Overridden as Overridden,
    Override as Override,
    OverrideIndex as OverrideIndex,
    overridden as overridden,
)
from energy_manager.domain.schedule.recurring import (
    DAY_S as DAY_S,
    WEEK_S as WEEK_S,
    RecurringPeriod as RecurringPeriod,
    RecurringSchedule as RecurringSchedule,
)
from energy_manager.domain.schedule.sources import Authority as Authority, Source as Source
from energy_manager.domain.schedule.spans import Span as Span
from energy_manager.domain.schedule.target_periods import TargetPeriod as TargetPeriod, blocks_of as blocks_of
