"""An override as the store keeps it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

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
    def body(self) -> dict[str, Any]:
        """As JSON."""
        override = self.override
        return {
            "id": override.id,
            "assets": list(override.assets),
            "target": override.target,
            "made_at": override.made_at.isoformat(),
            "until": override.until.isoformat(),
            "reason": override.reason,
            "who": override.who,
            "role": override.role,
            "is_hold": override.is_hold,
            "ended_at": None if self.ended_at is None else self.ended_at.isoformat(),
            "ended_by": self.ended_by,
        }

    @property
    def change(self) -> PutDocument:
        """Keep it as it is now."""
        return PutDocument(kind=KIND, id=self.override.id, body=self.body)


def kept_override(body: Any) -> KeptOverride:  # noqa: ANN401 - as a store keeps it
    """Read ``KeptOverride.body`` back."""
    override = Override(
        id=body["id"],
        assets=tuple(body["assets"]),
        target=body["target"],
        made_at=datetime.fromisoformat(body["made_at"]),
        until=datetime.fromisoformat(body["until"]),
        reason=body["reason"],
        who=body["who"],
        role=body["role"],
        is_hold=body["is_hold"],
    )
    ended_at = body["ended_at"]
    return KeptOverride(
        override=override,
        ended_at=None if ended_at is None else datetime.fromisoformat(ended_at),
        ended_by=body["ended_by"],
    )
