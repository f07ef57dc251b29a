"""The centre's book: in memory, or beside the product's store in SQLite or PostgreSQL."""

from energy_manager.adapters.fleet.book.in_memory import InMemoryFleetBook

__all__ = ["InMemoryFleetBook"]
