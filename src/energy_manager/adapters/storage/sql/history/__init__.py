"""The history: how records become rows, and rows become answers."""

from energy_manager.adapters.storage.sql.history.filing import Inbox
from energy_manager.adapters.storage.sql.history.housework import HistoryHousework
from energy_manager.adapters.storage.sql.history.reading import SqlHistory

__all__ = ["HistoryHousework", "Inbox", "SqlHistory"]
