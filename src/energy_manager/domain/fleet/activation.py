"""What is asked of the portfolio as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from energy_manager.domain.errors import faults_of, refuse
from energy_manager.domain.fleet.names import id_fault
from energy_manager.domain.fleet.orders import MOST_KW, Direction, reason_fault, span_faults

LONGEST_ACTIVATION_ID = 80
"""Its orders' ids have a number behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetActivation:
    """``volume_kw`` in one direction during ``[start, until)``, from whichever sites.

    ``ended_at`` is when a person called it off, ``ended_by`` who; None: nobody has.

    Raises:
        Refused: every field that is not acceptable.
    """

    id: str
    direction: Direction
    volume_kw: int
    start: datetime
    until: datetime
    placed_at: datetime
    reason: str = ""
    asked_by: str = ""
    ended_at: datetime | None = None
    ended_by: str = ""

    def __post_init__(self) -> None:
        fault, volume_kw, letters = id_fault(self.id), self.volume_kw, len(self.id)
        faults = {
            "id": None
            if letters <= LONGEST_ACTIVATION_ID
            else f"{letters} characters, at most {LONGEST_ACTIVATION_ID}",
            "volume_kw": None if 1 <= volume_kw <= MOST_KW else f"{volume_kw} kW is not 1 to {MOST_KW} kW",
            "reason": reason_fault(self.reason),
        }
        refuse([*([] if fault is None else [fault]), *faults_of(faults), *span_faults(self.start, self.until)])
        for name in ("start", "until"):
            object.__setattr__(self, name, getattr(self, name).astimezone(UTC))

    def is_over(self, now: datetime) -> bool:
        """Whether nothing is to be ordered for it any more."""
        return self.ended_at is not None or now >= self.until

    def overlaps(self, other: FleetActivation) -> bool:
        """Whether both want power at one time."""
        return self.start < other.until and other.start < self.until
