"""Lines of the logbook, and schedules in them, as JSON."""

from __future__ import annotations

from typing import Any

from energy_manager.application.ports.records.logbook import LogRecord
from energy_manager.domain.schedule import AcceptedSchedule, Schedule
from energy_manager.domain.series import utc_text


def log_document(record: LogRecord) -> dict[str, Any]:
    """One line; ``before`` and ``after`` are null where there was nothing."""
    entry = record.entry
    return {
        "number": record.number,
        "at": utc_text(entry.at),
        "kind": str(entry.kind),
        "who": entry.actor.who,
        "role": entry.actor.role,
        "from": entry.actor.origin,
        "action": entry.action,
        "subject": entry.subject,
        "before": entry.before,
        "after": entry.after,
        "reason": entry.reason,
        "outcome": entry.outcome,
    }


def in_brief(schedule: Schedule) -> dict[str, Any]:
    """A schedule as a line of the logbook has it: whose, when, for whom; its blocks are counted."""
    return {
        "source": str(schedule.source),
        "start": None if schedule.start is None else utc_text(schedule.start),
        "end": None if schedule.end is None else utc_text(schedule.end),
        "assets": list(schedule.assets[:20]),
        "blocks": len(schedule.blocks),
    }


def kept_in_brief(accepted: AcceptedSchedule | None) -> dict[str, Any] | None:
    """The same of one that is kept, with its number; None where there is none."""
    return None if accepted is None else in_brief(accepted.schedule) | {"number": accepted.number}
