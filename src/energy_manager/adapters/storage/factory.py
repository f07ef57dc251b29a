"""From a URL to a store."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from energy_manager.adapters.storage.in_memory import InMemoryStore
from energy_manager.application.ports.records.history import History, Recorder, Retention
from energy_manager.application.ports.schedules.durability import StoreState, StoreWatch
from energy_manager.application.ports.schedules.schedule_repository import StateRepository
from energy_manager.domain.errors import Fault, Refused

IN_MEMORY = "memory:"
"""The URL of a store that forgets everything when the process ends."""

PRODUCT = "energy-manager"


class Store(StoreWatch, Protocol):
    """State and history, whatever stands behind them."""

    @property
    def repository(self) -> StateRepository:
        """Schedules, activations and documents."""
        ...

    @property
    def history(self) -> History:
        """What happened."""
        ...

    @property
    def recorder(self) -> Recorder:
        """Takes what happens."""
        ...

    def open(self, *, timeout_s: float = 5.0) -> StoreState:
        """Begin; waits at most ``timeout_s`` for the first try and works on without it."""
        ...

    def look(self) -> bool:
        """Open it for questions alone: nothing is written. False: it must be opened, or cannot be read."""
        ...

    def close(self, *, timeout_s: float = 5.0) -> None:
        """End; what was recorded is saved if that can be done in time."""
        ...


def store_at(
    url: str = "",
    *,
    retention: Retention | None = None,
    lived_until: Callable[[], datetime | None] | None = None,
) -> Store:
    """The store behind ``sqlite:///<file>``, ``postgresql://…`` or ``memory:``; empty = a file of the user's.

    Nothing is opened yet. Only with ``lived_until`` (see ``SqlStore``) anything is ever deleted for its age.

    Raises:
        Refused: the URL is none of these, or its driver is not installed.
    """
    if url == IN_MEMORY:
        return InMemoryStore()
    # Imported here: SQLAlchemy takes a third of a second, which other commands do not need.
    from energy_manager.adapters.storage.sql import SqlStore  # noqa: PLC0415

    return SqlStore(url or f"sqlite:///{default_path()}", retention=retention, lived_until=lived_until)


def default_path() -> Path:
    """The store in the user's data directory (XDG base directories; on macOS Application Support).

    A service has its own: ``STATE_DIRECTORY``, as systemd sets it.

    Raises:
        Refused: the user has no home.
    """
    state = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    if state:
        return Path(state) / "store.db"
    if sys.platform == "darwin":
        return _home() / "Library" / "Application Support" / PRODUCT / "store.db"
    data = Path(os.environ.get("XDG_DATA_HOME", ""))
    # The standard: a relative path is invalid and to be ignored.
    folder = data if data.is_absolute() else _home() / ".local" / "share"
    return folder / PRODUCT / "store.db"


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError:
        raise Refused([Fault(field="ENERGY_MANAGER_STORE__URL", message="is needed: this user has no home")]) from None
