"""Where schedules come from."""

from energy_manager.adapters.schedules.in_memory import InMemorySchedule
from energy_manager.adapters.schedules.prefetched import BlockingSchedule, PrefetchedSchedule
from energy_manager.adapters.schedules.stored import StoredSchedules

__all__ = ["BlockingSchedule", "InMemorySchedule", "PrefetchedSchedule", "StoredSchedules"]
