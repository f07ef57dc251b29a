"""The time of day that the product goes by, and whether it may be believed (law 12: a clock may lie)."""

from energy_manager.application.clock.marks import ClockDoubtful, ClockRecord, keep_clock, kept_clock, trust_of_store
from energy_manager.application.clock.site_clock import SiteClock
from energy_manager.application.clock.watch_clock import WatchClock

__all__ = ["ClockDoubtful", "ClockRecord", "SiteClock", "WatchClock", "keep_clock", "kept_clock", "trust_of_store"]
