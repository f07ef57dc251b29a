"""Where schedules come from."""

from energy_manager.adapters.schedules.in_memory import InMemorySchedule
from energy_manager.adapters.schedules.prefetched import BlockingSchedule, PrefetchedSchedule

__all__ = ["BlockingSchedule", "InMemorySchedule", "PrefetchedSchedule"]
