"""The board of alarms over what can be wrong at a site."""

from __future__ import annotations

import threading

from energy_manager.adapters.runtime.clocks import seconds_awake_and_asleep
from energy_manager.adapters.schedules import StoredSchedules
from energy_manager.application.alarms import AlarmBoard, TroublesOfSite
from energy_manager.application.rolling import RollingPlan
from energy_manager.entrypoints.container.parts import SiteParts


def alarms_of(parts: SiteParts, *, schedules: StoredSchedules, planner: RollingPlan | None = None) -> AlarmBoard:
    """The board; it looks when it is told to."""

    def tick_age_s() -> float | None:
        last_s = parts.statistics.last_tick_s
        return None if last_s is None else parts.clock.now_s() - last_s

    troubles = TroublesOfSite(
        site=parts.read_site_state,
        store=parts.store,
        clock=parts.site_clock.trust,
        oddities=lambda: schedules.oddities,
        planning=lambda: (planner.trouble,) if planner is not None and planner.trouble else (),
        lost=lambda: parts.mastership.lost,
        power_unit=parts.site.site.power_unit,
        tick_age_s=tick_age_s,
        period_s=parts.settings.dispatch.period_s,
    )
    return AlarmBoard(
        troubles=troubles,
        store=parts.store.repository,
        now=parts.site_clock.now,
        elapsed_s=seconds_awake_and_asleep,
        one_at_a_time=threading.Lock(),
    )
