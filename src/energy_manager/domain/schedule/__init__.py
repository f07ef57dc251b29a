"""Schedules: what planners produce and dispatch consumes, who may speak for an asset, and who wins."""

from energy_manager.domain.schedule.acceptance import AcceptedSchedule, Decider
from energy_manager.domain.schedule.blocks import LONGEST_ID, Schedule, TimeBlock
from energy_manager.domain.schedule.fitting import FittedSchedule, beyond_limits, fitted, refuse_unfit
from energy_manager.domain.schedule.merging import BASE, MergedTargets, ScheduleIndex, Stretch, merge
from energy_manager.domain.schedule.overrides import Overridden, Override, OverrideIndex, overridden
from energy_manager.domain.schedule.recurring import DAY_S, WEEK_S, RecurringPeriod, RecurringSchedule
from energy_manager.domain.schedule.sources import Authority, Source
from energy_manager.domain.schedule.spans import Span
from energy_manager.domain.schedule.target_periods import TargetPeriod, blocks_of

__all__ = [
    "BASE",
    "DAY_S",
    "LONGEST_ID",
    "WEEK_S",
    "AcceptedSchedule",
    "Authority",
    "Decider",
    "FittedSchedule",
    "MergedTargets",
    "Overridden",
    "Override",
    "OverrideIndex",
    "RecurringPeriod",
    "RecurringSchedule",
    "Schedule",
    "ScheduleIndex",
    "Source",
    "Span",
    "Stretch",
    "TargetPeriod",
    "TimeBlock",
    "beyond_limits",
    "blocks_of",
    "fitted",
    "merge",
    "overridden",
    "refuse_unfit",
]
