"""The command ``run``: dispatch a site until interrupted."""

from __future__ import annotations

import ctypes
import gc
import math
import sys
import time
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger

from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.runtime.output import DroppingStream, about_dropped
from energy_manager.adapters.runtime.threads import repeat, start_daemon
from energy_manager.adapters.runtime.watchdog import FeedWatchdog, Notifier
from energy_manager.adapters.storage import Store
from energy_manager.application.appliances.monitor import LOOK_S, WatchAppliances
from energy_manager.application.appliances.site_prices import LOOK_S as PRICES_S
from energy_manager.application.clock import WatchClock
from energy_manager.application.dispatch import KeepControl
from energy_manager.application.mastership import RENEWED_EVERY_S, Mastership
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.application.site_registry import keep_site
from energy_manager.domain.site import PlanningSite
from energy_manager.entrypoints.container.site_container import Container
from energy_manager.entrypoints.container.store.store import start_line
from energy_manager.entrypoints.container.store.store_place import remember_as_last_run
from energy_manager.entrypoints.jobs import JOBS
from energy_manager.entrypoints.running.descriptors import make_room
from energy_manager.entrypoints.running.farewell import Farewell
from energy_manager.entrypoints.running.logs import closing_line, configure_logs, take_over
from energy_manager.entrypoints.running.shutdown import Stopper
from energy_manager.entrypoints.settings import Settings, load_settings, secrets_of
from energy_manager.entrypoints.site_file import chosen_site

if TYPE_CHECKING:  # the API takes a second to load, which a run without it does not need
    from energy_manager.entrypoints.container.web.servers import ApiServers

WATCH_S = 0.05
"""How often finished status rounds and overdue devices are looked for."""

CONTROL_S = 2.0
"""How often the record of what is under control is looked at though nothing was told: the store may be back."""

ALARMS_S = 0.5
"""How often it is looked for what is wrong."""

OVERRIDES_S = 0.2
"""How often overrides that have had their time are looked for; the tick minds their end by itself."""

FED_S = 0.2
"""How often whoever watches over this process may hear that it ticks."""

LOGBOOK_S = 1.0
"""How often lines that the store could not take are tried again."""

FORECASTS_S = 5.0
"""How often it is looked whether a new quarter hour has begun."""

STORE_PATIENCE_S = 1.0
"""The start waits this long for the store, so that its schedules hold from the first tick on; then goes on without."""

SWITCH_INTERVAL_S = 0.0005
"""How long a busy thread may keep the interpreter from the ticker (Python's default is ten times that)."""

TELL_AGAIN_S = 2.0
"""A store that is away is told later which site follows its schedules."""


def load(*, with_api: bool) -> None:
    """Load what a start takes its time for where it is needed, for a run that is to begin at once when it is wanted."""
    modules = ["energy_manager.adapters.storage.sql"]
    if with_api:
        modules += ["energy_manager.entrypoints.container.web.api", *(outline.module for outline in JOBS.values())]
    for module in modules:
        import_module(module)


def run(stopper: Stopper, *, site_path: Path | None, for_s: float | None, with_api: bool, takeover: bool) -> None:
    """Dispatch the site for ``for_s`` seconds, or until a signal comes; does not return.

    Raises:
        Refused: a setting or the site file is not acceptable; nothing was started.
        AnotherMaster, OtherSite: another process commands the site, or the store is another site's.
    """
    settings = load_settings()
    site = chosen_site(site_path, settings)
    warning = make_room(connections=settings.api.max_connections) if with_api else ""
    container = Container(settings=settings, site=site)
    time_zone = site.site.time_zone
    _begin_log(settings, time_zone)
    if site_path is None and settings.site:
        logger.info("site {} from {} (ENERGY_MANAGER_SITE)", site.site.name, settings.site)
    store, mastership = container.store(), container.mastership()
    take_command(store, mastership, takeover=takeover)
    remember_as_last_run(settings.store, site.site.name)
    home_assistant, fleet_link = container.home_assistant(), container.fleet_link()
    api = container.api() if with_api else None
    standard_output, standard_error = _take_over_output(settings, time_zone)
    loop, control = container.dispatch_loop(), container.control()
    stopper.farewell = Farewell(
        mastership=mastership,
        control=control,
        release_s=settings.dispatch.release_s,
        is_hurried=stopper.is_hurried,
        devices=container.devices(),
        store=store,
        statistics=loop.statistics,
        log_journal=container.log_journal(),
        standard_output=standard_output,
        standard_error=standard_error,
        style=settings.log.style,
    )
    repeat(mastership.look, every_s=RENEWED_EVERY_S, name="lease")
    start_daemon(
        partial(tell_which_site, store.repository, site.described.planning_site), name="telling the store which site"
    )
    keep_on_record(container)
    settle(control, store, for_s=settings.dispatch.release_s)
    if api is not None:
        serve(api, warnings=(warning, settings.api.warning))
    if home_assistant is not None:
        home_assistant.start()
    if fleet_link is not None:
        fleet_link.start()
    look_after(container, mastership)
    _favour_the_ticker()
    loop(for_s=math.inf if for_s is None else for_s)
    stopper.leave(0)


def _begin_log(settings: Settings, time_zone: str) -> None:
    log, secrets = settings.log, secrets_of(settings)
    configure_logs(sys.stderr, level=log.level, style=log.style, secrets=secrets, time_zone=time_zone)


def look_after(container: Container, mastership: Mastership) -> None:
    """Keep beside the loop what goes on by itself: plans, devices, prices of homes, time."""
    keep_planned(container, mastership)
    watch(container)
    keep_homes_priced(container, mastership)
    # One thread after the other: a jump of the clock is told before time is looked after again.
    watch_clock, watch_appliances = container.watch_clock(), container.watch_appliances()
    repeat(lambda: look_after_time(watch_clock, watch_appliances, mastership), every_s=LOOK_S, name="time")


def take_command(store: Store, mastership: Mastership, *, takeover: bool) -> None:
    """Open the store, if that can be done soon, and become the site's master."""
    store.open(timeout_s=STORE_PATIENCE_S)
    mastership.take(takeover=takeover)


def watch(container: Container) -> None:
    """Look after devices and forecasts, and write down what the store could not take at once."""
    repeat(container.watch_devices().look, every_s=WATCH_S, name="device watch")
    dog = FeedWatchdog(Notifier(), lambda: container.statistics().last_tick_s)
    repeat(dog.look, every_s=FED_S, name="watchdog")
    logbook = container.logbook()
    repeat(logbook.look, every_s=LOGBOOK_S, name="logbook")
    said, epoch = container.site().site, container.mastership().epoch
    line = start_line(epoch, site=said.name, time_zone=said.time_zone)
    start_daemon(lambda: logbook.write(line), name="first line of the logbook")
    repeat(container.alarms().look, every_s=ALARMS_S, name="alarms")
    repeat(container.overrides().look, every_s=OVERRIDES_S, name="overrides")
    forecasts = container.issue_forecasts()
    if forecasts is not None:
        repeat(forecasts.look, every_s=FORECASTS_S, name="forecasts")


def _take_over_output(settings: Settings, time_zone: str) -> tuple[DroppingStream, DroppingStream]:
    """Standard output and error that nobody can be stopped by, and the log on the latter."""
    style, secrets = settings.log.style, secrets_of(settings)
    standard_output, standard_error = DroppingStream(1, may_be_muted=True), DroppingStream(2)
    sys.stdout, sys.stderr = standard_output, standard_error
    configure_logs(standard_error, level=settings.log.level, style=style, secrets=secrets, time_zone=time_zone)
    take_over(style)
    standard_error.line_about_dropped = lambda count: closing_line(about_dropped(count), style)
    return standard_output, standard_error


def serve(api: ApiServers, *, warnings: tuple[str, ...]) -> None:
    """Start the API, and say where it is."""
    api.start()
    for warning in filter(None, warnings):
        logger.warning("{}", warning)
    logger.info("the site on a page at {}/", api.url)
    logger.info("API and its documentation at {}/docs", api.url)
    if api.health is not None:
        logger.info("health at {}/healthz", api.health.url)


def look_after_time(clock: WatchClock, appliances: WatchAppliances, mastership: Mastership) -> None:
    """The clock first; whatever is wrong with it, the appliances are looked after too. By the master alone."""
    if mastership.lost:
        return
    try:
        clock.look()
    finally:
        appliances.look()


def keep_planned(container: Container, mastership: Mastership) -> None:
    """Plan the storage, or the site, beside the loop, where the site file asks for it."""
    for planning in filter(None, (container.storage_planning(), container.site_planning())):
        from energy_manager.entrypoints.container.planning.storage_planning import start_keeping_planned  # noqa: PLC0415 - seldom needed

        start_keeping_planned(planning, mastership.may_command)


def keep_homes_priced(container: Container, mastership: Mastership) -> None:
    """Beside the loop, homes that go by money go by the site's tariff, where it has one."""
    priced = container.keep_homes_priced()
    if priced is not None:
        repeat(lambda: priced.look() if mastership.may_command() else None, every_s=PRICES_S, name="homes' prices")


def keep_on_record(container: Container) -> None:
    """Beside the loop, which devices are under control and what their drivers must not forget."""
    repeat(container.control().look, every_s=CONTROL_S, name="control on record", alarm=container.control_alarm())
    repeat(container.memories().look, every_s=CONTROL_S, name="driver memory", alarm=container.memories_alarm())


def settle(control: KeepControl, store: Store, *, for_s: float) -> None:
    """Wait, at most so long, until what an earlier run left under control at another place is released."""
    until_s = time.monotonic() + for_s
    while not control.is_settled() and store.state().is_reachable and time.monotonic() < until_s:
        time.sleep(0.002)


def tell_which_site(documents: DocumentRepository, site: PlanningSite) -> None:
    """Let commands that activate plans know the site; ends once the store has taken it."""
    while True:
        try:
            keep_site(documents, site)
        except StoreUnavailable:
            time.sleep(TELL_AGAIN_S)
        except Exception as error:  # noqa: BLE001 - a command can still be told the site by its file
            logger.error("telling the store which site: {}", describe_failure(error))
            return
        else:
            return


def _favour_the_ticker() -> None:
    """Let no other thread keep the interpreter for long, and no collection walk through what only the start made."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    gc.collect()
    gc.freeze()
    _give_memory_back()


def _give_memory_back() -> None:
    """Let the C library return what only the start needed: 5 MB, of which it would otherwise keep hold (glibc)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
