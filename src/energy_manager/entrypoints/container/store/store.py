"""The store of the settings, for the loop and for commands beside it, and their lines in its logbook."""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from energy_manager import __version__
from energy_manager.adapters.runtime.clocks import MachineClock, wall_clock
from energy_manager.adapters.runtime.processes import LinuxProcesses
from energy_manager.adapters.storage import IN_MEMORY, Store, store_at
from energy_manager.application.clock import ClockDoubtful, trust_of_store
from energy_manager.application.ports.records.history import Retention
from energy_manager.application.ports.records.logbook import Actor, LogEntry, LogKind
from energy_manager.application.ports.schedules.durability import AppendLog, Change, ChangeStore, Done, StoreUnavailable
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.clock_trust import ClockTrust
from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.container.store.store_place import url_of
from energy_manager.entrypoints.settings import StoreSettings, load_settings

__all__ = ["LinuxProcesses", "commit_command", "opened_store", "store_of", "wall_clock"]

OPENING_S = 5.0
LOOK_S = 0.05
ROLE = "admin"
"""Who may write the store's files may do everything."""


def store_of(
    settings: StoreSettings, *, site: str | None, lived_until: Callable[[], datetime | None] | None = None
) -> Store:
    """The store of a site (None: of the one that ran last), not opened yet.

    ``lived_until`` is the running loop's, which alone prunes.

    Raises:
        Refused: its URL is not acceptable.
    """
    retention = Retention(
        detail_days=settings.detail_days,
        summary_days=settings.summary_days,
        max_bytes=int(settings.max_mb * 1_000_000),
    )
    try:
        return store_at(url_of(settings, site), retention=retention, lived_until=lived_until)
    except Refused as refused:
        faults = [Fault(field="ENERGY_MANAGER_STORE__URL", message=fault.message) for fault in refused.faults]
        raise Refused(faults) from None


def trust_in_clock(documents: DocumentRepository) -> ClockTrust:
    """Whether this machine's clock agrees with what the store knows of time."""
    return trust_of_store(documents, MachineClock()())


def refuse_doubtful_clock(documents: DocumentRepository) -> None:
    """Make sure that what is to hold from now on is not counted from a clock that is wrong.

    Raises:
        ClockDoubtful: this machine's clock disagrees with what the store knows of time.
    """
    trust = trust_in_clock(documents)
    if not trust.is_trusted:
        raise ClockDoubtful(trust)


@contextmanager
def opened_store(*, for_questions: bool = False, site: str | None = None) -> Iterator[Store]:
    """The store that ``run`` works with under the same settings; a question leaves it as it is.

    ``site`` None: that of the site that the settings choose, else of the one that ran last.

    Raises:
        Refused: a setting is not acceptable, or the store lives in another process's memory.
        StoreUnavailable: it cannot be opened.
    """
    chosen = load_settings()
    settings = chosen.store
    if settings.url == IN_MEMORY:
        message = f"{IN_MEMORY!r} is a store of one process only: no other command can see it"
        raise Refused.at("ENERGY_MANAGER_STORE__URL", message)
    if site is None and chosen.site and not settings.url:
        from energy_manager.entrypoints.site_file import chosen_name  # noqa: PLC0415 - slow to load, and seldom needed

        site = chosen_name(chosen)
    store = store_of(settings, site=site)
    if for_questions and store.look():
        yield store
        return
    give_up_s = time.monotonic() + OPENING_S
    store.open(timeout_s=OPENING_S)
    try:
        # A store that somebody is just writing to, or setting up, is tried again.
        while not store.state().is_reachable:
            if time.monotonic() >= give_up_s:
                raise StoreUnavailable(store.state().trouble)
            time.sleep(LOOK_S)
        yield store
    finally:
        store.close()


def this_user() -> str:
    """The name of the user whose command this is."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "an unknown user"


def start_line(epoch: int, *, site: str, time_zone: str) -> LogEntry:
    """The line of a start of the product: which version commands which site."""
    after = {"version": __version__, "process": os.getpid(), "epoch": epoch, "site": site, "time_zone": time_zone}
    return LogEntry(
        at=wall_clock(), kind=LogKind.START, actor=_this_actor(), action="start", subject="site", after=after
    )


def commit_command(
    store: ChangeStore,
    action: str,
    subject: str,
    *changes: Change,
    before: Any = None,  # noqa: ANN401 - JSON-ready
    after: Any = None,  # noqa: ANN401 - JSON-ready
) -> Done:
    """Make a command's changes as one with its line in the logbook; what came of the first. Raises as ``commit``."""
    line = LogEntry(
        at=wall_clock(),
        kind=LogKind.COMMAND,
        actor=_this_actor(),
        action=action,
        subject=subject[:200],
        before=before,
        after=after,
    )
    return store.commit([*changes, AppendLog(entry=line)])[0]


def _this_actor() -> Actor:
    return Actor(who=this_user(), role=ROLE, origin="command line")
