"""Schedules: what planners produce and dispatch consumes, who may speak for an asset, and who wins."""

from energy_manager.domain.schedule.acceptance import AcceptedSchedule, Decider
from energy_manager.domain.schedule.blocks import LONGEST_ID, Schedule, TimeBlock
from energy_manager.domain.schedule.merging import BASE, MergedTargets, ScheduleIndex, Stretch, merge
from energy_manager.domain.schedule.sources import Authority, Source

__all__ = [
    "BASE",
    "LONGEST_ID",
    "AcceptedSchedule",
    "Authority",
    "Decider",
    "MergedTargets",
    "Schedule",
    "ScheduleIndex",
    "Source",
    "Stretch",
    "TimeBlock",
    "merge",
]
