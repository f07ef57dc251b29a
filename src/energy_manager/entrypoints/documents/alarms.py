"""An alarm as JSON, the same at a site and at its centre."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from energy_manager.application.alarms import ActiveAlarm
from energy_manager.domain.series import utc_text


def alarm_document(alarm: ActiveAlarm, now: datetime) -> dict[str, Any]:
    """An alarm as JSON."""
    trouble = alarm.trouble
    return {
        "id": trouble.id,
        "subject": trouble.subject,
        "priority": trouble.priority.word,
        "what": trouble.what,
        "consequence": trouble.consequence,
        "done": trouble.done,
        "since": utc_text(alarm.since),
        "acknowledged_at": None if alarm.acknowledged_at is None else utc_text(alarm.acknowledged_at),
        "acknowledged_by": alarm.acknowledged_by,
        "shelved": alarm.is_shelved(now),
        "shelved_until": None if alarm.shelved_until is None else utc_text(alarm.shelved_until),
        "shelved_by": alarm.shelved_by,
    }
