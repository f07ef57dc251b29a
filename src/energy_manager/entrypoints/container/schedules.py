"""The site's own schedule, and the stored ones over it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from energy_manager.adapters.lanes import ElasticPool
from energy_manager.adapters.runtime.clocks import MonotonicClock
from energy_manager.adapters.runtime.threads import repeat
from energy_manager.adapters.schedules import InMemorySchedule, PrefetchedSchedule, StoredSchedules
from energy_manager.adapters.schedules.file import FileContent, FileSchedule
from energy_manager.adapters.schedules.file.source import LOOK_S as FILE_LOOK_S
from energy_manager.adapters.schedules.prefetched import LOOK_S
from energy_manager.adapters.schedules.shared_module import SharedSchedule
from energy_manager.adapters.schedules.stored import NOT_PUT_BACK, look_every_s
from energy_manager.adapters.shared_module import shared_module
from energy_manager.adapters.storage import Store
from energy_manager.application.clock import SiteClock
from energy_manager.application.logbook import KeepLogbook
from energy_manager.application.overrides import OverrideBook
from energy_manager.application.ports.records.logbook import THE_PRODUCT
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading, ScheduleSource
from energy_manager.entrypoints.settings import DispatchSettings
from energy_manager.entrypoints.site_file import FileScheduleEntry, SharedScheduleEntry, SiteFile

MOST_NAMED = 100
"""Of the schedules that were put back, in the line that tells of it."""


def _shared_schedule(entry: SharedScheduleEntry) -> SharedSchedule:
    return SharedSchedule(
        shared_module().schedule_provider(
            entry.blocks,
            sleep_chance=entry.sleep_chance,
            sleep_multiplier=entry.sleep_multiplier,
            exception_chance=entry.exception_chance,
        )
    )


def base_schedule_of(site: SiteFile, clock: MonotonicClock, site_clock: SiteClock, pool: ElasticPool) -> ScheduleSource:
    """The site's own schedule: of the ``shared`` module, in a file, or none."""
    entry = site.schedule
    if isinstance(entry, FileScheduleEntry):
        return _file_schedule(site, entry, site_clock)
    if entry is None:
        return InMemorySchedule(ScheduleReading(targets={}))
    return PrefetchedSchedule(
        _shared_schedule(entry),
        clock=clock,
        submit=pool.submit,
        start_watching=partial(repeat, every_s=LOOK_S, name="schedule watch"),
    )


def _file_schedule(site: SiteFile, entry: FileScheduleEntry, site_clock: SiteClock) -> FileSchedule:
    def load() -> FileContent:
        content = site.schedule_content()
        assert content is not None, "there is a file"
        return content

    def version() -> tuple[int, int]:
        now = entry.path.stat()
        return now.st_mtime_ns, now.st_size

    watch = partial(repeat, every_s=FILE_LOOK_S, name="schedule file")
    return FileSchedule(load, version=version, now=site_clock.now, start_watching=watch)


def stored_schedules_of(
    base: ScheduleSource,
    store: Store,
    site: SiteFile,
    clock: SiteClock,
    settings: DispatchSettings,
    *,
    overrides: OverrideBook,
    logbook: KeepLogbook,
) -> StoredSchedules:
    """The stored schedules over the site's own."""
    every_s = look_every_s(settings.period_s)
    return StoredSchedules(
        base,
        schedules=store.repository,
        site=site.described.planning_site,
        clock=clock,
        begun_anew=partial(say_begun_anew, overrides, logbook),
        start_watching=partial(repeat, every_s=every_s, name="stored schedules"),
    )


def say_begun_anew(overrides: OverrideBook, logbook: KeepLogbook, put_back: Sequence[str]) -> None:
    """The store is another one than before: overrides are kept anew, and the logbook says what else is there."""
    overrides.save_again()
    after = {"schedules": [*put_back[:MOST_NAMED]], "overrides": [override.id for override in overrides.going_on]}
    reason = f"put back are schedules, overrides and tokens that still count; {NOT_PUT_BACK}"
    logbook.write(logbook.command(THE_PRODUCT, "store begun anew", "store", after=after, reason=reason))
