"""An override as the store keeps it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from energy_manager.application.ports.schedules.document_bodies import body_of
from energy_manager.application.ports.schedules.durability import PutDocument
from energy_manager.domain.schedule import Override

KIND = "override"

MOST_IN_FORCE = 200
"""At once; whoever wants one more gives one back first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOverride:
    """With when it was given back, or ended by itself; None while it is in force."""

    override: Override
    ended_at: datetime | None = None
    ended_by: str = ""

    def ended(self, *, at: datetime, by: str) -> KeptOverride:
        """The same, over."""
        return replace(self, ended_at=at, ended_by=by)

    @property
    def change(self) -> PutDocument:
        """Keep it as it is now."""
        return PutDocument(kind=KIND, id=self.override.id, body=body_of(self))
