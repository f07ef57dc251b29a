"""The store in a database: SQLite or PostgreSQL, by URL."""

from energy_manager.adapters.storage.sql.store import SqlStore

__all__ = ["SqlStore"]
