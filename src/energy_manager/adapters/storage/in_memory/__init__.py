"""A store that forgets everything when the process ends: for tests, simulations and runs without a disk."""

from __future__ import annotations

from energy_manager.adapters.storage.in_memory.history import InMemoryHistory
from energy_manager.adapters.storage.in_memory.state_repository import InMemoryStateRepository
from energy_manager.application.ports.schedules.durability import StoreState

__all__ = ["InMemoryHistory", "InMemoryStateRepository", "InMemoryStore"]


class InMemoryStore:
    """State and history in memory; always reachable, never late."""

    def __init__(self) -> None:
        self.repository = InMemoryStateRepository()
        self.history = InMemoryHistory()
        self.recorder = self.history

    def open(self, *, timeout_s: float = 0.0) -> StoreState:  # noqa: ARG002 - it is there at once
        """Nothing to open."""
        return self.state()

    def look(self) -> bool:
        """Nothing to open."""
        return True

    def close(self, *, timeout_s: float = 0.0) -> None:
        """Nothing to close."""

    def state(self) -> StoreState:
        """Always well."""
        return StoreState(is_reachable=True, stored=self.history.stored, dropped=self.history.dropped)
