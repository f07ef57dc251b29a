"""The board of alarms over what can be wrong at a site."""

from __future__ import annotations

import threading

from energy_manager.adapters.runtime.clocks import MonotonicClock, seconds_awake_and_asleep
from energy_manager.adapters.schedules import StoredSchedules
from energy_manager.adapters.storage import Store
from energy_manager.application.alarms import AlarmBoard, TroublesOfSite
from energy_manager.application.clock import SiteClock
from energy_manager.application.dispatch import ReadSiteState, TickStatistics
from energy_manager.application.mastership import Mastership
from energy_manager.application.rolling import RollingPlan
from energy_manager.entrypoints.settings import DispatchSettings
from energy_manager.entrypoints.site_file import SiteFile


def alarms_of(
    site: SiteFile,
    settings: DispatchSettings,
    *,
    store: Store,
    clock: MonotonicClock,
    site_clock: SiteClock,
    state: ReadSiteState,
    statistics: TickStatistics,
    schedules: StoredSchedules,
    mastership: Mastership,
    planner: RollingPlan | None = None,
) -> AlarmBoard:
    """The board; it looks when it is told to."""

    def tick_age_s() -> float | None:
        last_s = statistics.last_tick_s
        return None if last_s is None else clock.now_s() - last_s

    troubles = TroublesOfSite(
        site=state,
        store=store,
        clock=site_clock.trust,
        oddities=lambda: schedules.oddities,
        planning=lambda: (planner.trouble,) if planner is not None and planner.trouble else (),
        lost=lambda: mastership.lost,
        power_unit=site.site.power_unit,
        tick_age_s=tick_age_s,
        period_s=settings.period_s,
    )
    return AlarmBoard(
        troubles=troubles,
        store=store.repository,
        documents=store.repository,
        now=site_clock.now,
        elapsed_s=seconds_awake_and_asleep,
        one_at_a_time=threading.Lock(),
    )
