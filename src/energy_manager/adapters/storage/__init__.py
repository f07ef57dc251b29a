"""Where schedules, activations, documents and history are kept."""

from energy_manager.adapters.storage.in_memory import InMemoryStore
from energy_manager.adapters.storage.journal import StoreJournal
from energy_manager.adapters.storage.opening import IN_MEMORY, Books, Store, default_path, store_at

__all__ = ["IN_MEMORY", "Books", "InMemoryStore", "Store", "StoreJournal", "default_path", "store_at"]
