"""The history: how records become rows, and rows become answers."""

from energy_manager.adapters.storage.sql.history.buffer import Inbox
from energy_manager.adapters.storage.sql.history.maintenance import HistoryHousework
from energy_manager.adapters.storage.sql.history.queries import SqlHistory

__all__ = ["HistoryHousework", "Inbox", "SqlHistory"]
