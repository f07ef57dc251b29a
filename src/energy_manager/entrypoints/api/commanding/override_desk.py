"""What overrides and schedules would do to a site, for the routes that set them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from energy_manager.application.overrides import Effect, OverrideBook, effect_of, effect_of_schedule
from energy_manager.application.ports.records.tick import Tick
from energy_manager.application.ports.schedules.schedule_repository import ScheduleRepository
from energy_manager.domain.schedule import BASE, Override, Schedule
from energy_manager.domain.site import PlanningSite


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideDesk:
    """What the routes work with; ``limited_live`` is the storage whose grid limit is held at each tick."""

    book: OverrideBook
    schedules: ScheduleRepository
    site: PlanningSite
    newest: Callable[[], Tick | None]
    now: Callable[[], datetime]
    limited_live: str | None

    def effect(self, override: Override) -> Effect:
        """What it would do.

        Raises:
            StoreUnavailable: what is scheduled cannot be read now.
        """
        return effect_of(
            override,
            accepted=self.schedules.unfinished_at(override.made_at),
            in_force=self.book.going_on,
            base=self._base(),
            unit=self.site.power_unit,
            limited_live=self.limited_live,
        )

    def effect_of_schedule(self, schedule_id: str, schedule: Schedule | None) -> Effect:
        """What putting this schedule, or with None deleting the one of this id, would do.

        Raises:
            StoreUnavailable: what is scheduled cannot be read now.
        """
        now = self.now()
        return effect_of_schedule(
            schedule_id,
            schedule,
            accepted=self.schedules.unfinished_at(now),
            in_force=self.book.going_on,
            now=now,
            unit=self.site.power_unit,
        )

    def _base(self) -> dict[str, int]:
        """What the site's own schedule says now, as far as the newest tick tells."""
        tick = self.newest()
        if tick is None:
            return {}
        return {name: power for name, power in tick.scheduled.items() if tick.decided_by.get(name) == BASE.label}
