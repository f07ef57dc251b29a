"""Where schedules, activations, documents and history are kept."""

from energy_manager.adapters.storage.in_memory import InMemoryStore

__all__ = ["InMemoryStore"]
