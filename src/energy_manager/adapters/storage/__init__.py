"""Where schedules, activations, documents and history are kept."""

from energy_manager.adapters.storage.factory import IN_MEMORY, Store, default_path, store_at
from energy_manager.adapters.storage.in_memory import InMemoryStore
from energy_manager.adapters.storage.journal import StoreJournal

__all__ = ["IN_MEMORY", "InMemoryStore", "Store", "StoreJournal", "default_path", "store_at"]
