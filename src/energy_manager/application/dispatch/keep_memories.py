"""Beside the loop: keep what drivers must not forget over a restart, such as how often a register was written."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from energy_manager.application.ports.schedules.durability import JsonObject, StoreUnavailable
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.quantities import AssetId

KIND = "driver_memory"


@dataclass(slots=True, kw_only=True)
class KeepMemories:
    """The memories of a site's drivers, in one document; the drivers' threads read and write them at any time.

    ``lock`` keeps these threads apart, ``wake`` makes the look that writes come now.
    """

    site: str
    documents: DocumentRepository
    wake: Callable[[], None] = lambda: None
    lock: AbstractContextManager[object] = field(default_factory=nullcontext)
    _states: dict[AssetId, JsonObject] = field(default_factory=dict, init=False)
    _is_read: bool = field(default=False, init=False)
    _is_new: bool = field(default=False, init=False)

    def of(self, asset_id: AssetId) -> Memory:
        """The memory of one asset's driver."""
        return Memory(book=self, asset_id=asset_id)

    def recall(self, asset_id: AssetId) -> Mapping[str, Any] | None:
        """What was kept of the asset; nothing while the store is away."""
        self._read()
        return self._states.get(asset_id)

    def remember(self, asset_id: AssetId, state: Mapping[str, Any]) -> None:
        """Keep the state with the next look."""
        with self.lock:
            self._states[asset_id] = dict(state)
            self._is_new = True
        self.wake()

    def look(self) -> None:
        """Bring the document up to date; what cannot be kept now is kept by a later look."""
        if not self._is_new:
            return
        self._read()
        with self.lock:
            states, self._is_new = dict(self._states), False
        try:
            self.documents.put_document(KIND, self._document_id, {"site": self.site, "assets": states})
        except StoreUnavailable:
            self._is_new = True

    def _read(self) -> None:
        if self._is_read:
            return
        try:
            kept = self.documents.document(KIND, self._document_id)
        except StoreUnavailable:
            return
        with self.lock:
            if not self._is_read:
                self._states = {**({} if kept is None else kept.body["assets"]), **self._states}
                self._is_read = True

    @property
    def _document_id(self) -> str:
        """Of the site, whose name may be any text."""
        return hashlib.sha256(self.site.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What the driver of one asset keeps."""

    book: KeepMemories
    asset_id: AssetId

    def recall(self) -> Mapping[str, Any] | None:
        """What was kept last."""
        return self.book.recall(self.asset_id)

    def remember(self, state: Mapping[str, Any]) -> None:
        """Keep this with the next look."""
        self.book.remember(self.asset_id, state)
