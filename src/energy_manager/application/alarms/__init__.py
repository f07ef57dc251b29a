"""Alarms: what needs somebody, since when, what follows from it and what was done about it."""

from energy_manager.application.alarms.alarm import ActiveAlarm, Priority, Trouble
from energy_manager.application.alarms.board import AlarmBoard
from energy_manager.application.alarms.sources import TroublesOfSite

__all__ = ["ActiveAlarm", "AlarmBoard", "Priority", "Trouble", "TroublesOfSite"]
