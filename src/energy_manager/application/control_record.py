"""The record in the store of the devices that are under control, so that every start knows whom to release."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from energy_manager.application.ports.schedules.document_bodies import body_of, of_body
from energy_manager.application.ports.schedules.durability import PATIENCE_S
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.dispatch import Controlled

KIND = "controlled"

_NAMED = {"asset_id": "asset"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRecord:
    """One document a site: two sites in one store leave each other's devices alone."""

    site: str
    documents: DocumentRepository

    def load(self) -> tuple[Controlled, ...]:
        """What is under control, or was when the last process ended.

        Raises:
            StoreUnavailable: it cannot be read.
        """
        kept = self.documents.document(KIND, self._document_id)
        entries = () if kept is None else kept.body["controlled"]
        return tuple(of_body(Controlled, entry, named=_NAMED) for entry in entries)

    def keep(self, controlled: tuple[Controlled, ...], *, timeout_s: float = PATIENCE_S) -> None:
        """Put this in place of what was there.

        Raises:
            StoreUnavailable: it could not be made durable in time.
        """
        body = {"site": self.site, "controlled": [body_of(entry, named=_NAMED) for entry in controlled]}
        self.documents.put_document(KIND, self._document_id, body, timeout_s=timeout_s)

    @property
    def _document_id(self) -> str:
        """A name may be any text."""
        return hashlib.sha256(self.site.encode()).hexdigest()
