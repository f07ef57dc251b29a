"""Lines of the logbook for what is commanded on the command line."""

from __future__ import annotations

import getpass
import os
from typing import Any

from energy_manager import __version__
from energy_manager.adapters.runtime.clocks import wall_clock
from energy_manager.application.ports.records.logbook import Actor, LogEntry, LogKind

ROLE = "admin"
"""Who may write the store's files may do everything."""


def this_user() -> str:
    """The name of the user whose command this is."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "an unknown user"


def start_line(epoch: int, *, site: str, time_zone: str) -> LogEntry:
    """The line of a start of the product: which version commands which site."""
    return LogEntry(
        at=wall_clock(),
        kind=LogKind.START,
        actor=Actor(who=this_user(), role=ROLE, origin="command line"),
        action="start",
        subject="site",
        after={
            "version": __version__,
            "process": os.getpid(),
            "epoch": epoch,
            "site": site,
            "time_zone": time_zone,
        },
    )


def line_of_command(action: str, subject: str, *, before: Any = None, after: Any = None) -> LogEntry:  # noqa: ANN401 - JSON-ready
    """The line of a command as of now."""
    return LogEntry(
        at=wall_clock(),
        kind=LogKind.COMMAND,
        actor=Actor(who=this_user(), role=ROLE, origin="command line"),
        action=action,
        subject=subject[:200],
        before=before,
        after=after,
    )
