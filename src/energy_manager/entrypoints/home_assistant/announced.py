"""Which entities Home Assistant was told of, kept in the store: what has left the site file is taken back there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from loguru import logger

from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository

KIND = "home_assistant"


class Announced:
    """The topics of a site's descriptions; the broker keeps them until they are made empty."""

    def __init__(self, documents: DocumentRepository, *, site: str) -> None:
        self._documents = documents
        self._id = hashlib.sha256(site.encode()).hexdigest()  # a name may be any text

    def left(self, topics: Iterable[str]) -> list[str]:
        """Those that were told earlier and are none of these; while the store is away, none are known."""
        try:
            kept = self._documents.document(KIND, self._id)
        except StoreUnavailable:
            return []
        return [] if kept is None else sorted(set(kept.body["topics"]).difference(topics))

    def keep(self, topics: Iterable[str]) -> None:
        """Keep these; what the store cannot take now is taken at the next introduction."""
        body = {"topics": sorted(topics)}
        try:
            kept = self._documents.document(KIND, self._id)
            if kept is None or kept.body != body:
                self._documents.put_document(KIND, self._id, body)
        except StoreUnavailable as error:
            logger.debug("Home Assistant: what it was told of cannot be kept: {}", error.reason)
