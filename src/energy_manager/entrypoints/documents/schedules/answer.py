"""What is told of a stored schedule."""

from __future__ import annotations

from typing import Any

from energy_manager.domain.schedule import AcceptedSchedule
from energy_manager.domain.series import utc_text


def full_document(accepted: AcceptedSchedule) -> dict[str, Any]:
    """A schedule with all its blocks; what was put reads back."""
    return summary(accepted) | {
        "blocks": [
            {"start": utc_text(block.start), "end": utc_text(block.end), "targets": dict(block.targets)}
            for block in accepted.schedule.blocks
        ]
    }


def summary(accepted: AcceptedSchedule) -> dict[str, Any]:
    """In a few words: ``number`` grows with each acceptance; ``start`` and ``end`` are None without blocks."""
    schedule = accepted.schedule
    return {
        "id": schedule.id,
        "source": str(schedule.source),
        "accepted_at": utc_text(accepted.accepted_at),
        "number": accepted.number,
        "start": None if schedule.start is None else utc_text(schedule.start),
        "end": None if schedule.end is None else utc_text(schedule.end),
        "assets": list(schedule.assets),
    }
