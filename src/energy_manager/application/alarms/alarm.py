"""One alarm, as ISA-18.2 has it: active or over, acknowledged or not, shelved for a while or not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from energy_manager.application.ports.schedules.document_bodies import body_of


class Priority(IntEnum):
    """How soon somebody must act: at once, today, when there is time."""

    HIGH = 1
    MEDIUM = 2
    LOW = 3

    @property
    def word(self) -> str:
        """``high``."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that is wrong at this moment: ``id`` is the same as long as it is the same trouble.

    One that ``has_lasted`` was waited for before it was called a trouble, and is an alarm at once.
    """

    id: str
    subject: str
    priority: Priority
    what: str
    consequence: str
    done: str = ""
    has_lasted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveAlarm:
    """A trouble that has lasted, ``since`` when, and who has seen it. Shelved, it is still active."""

    trouble: Trouble
    since: datetime
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    shelved_until: datetime | None = None
    shelved_by: str = ""

    def is_shelved(self, now: datetime) -> bool:
        """Whether it is put aside at this moment."""
        return self.shelved_until is not None and now < self.shelved_until

    @property
    def body(self) -> dict[str, Any]:
        """As the store keeps it."""
        return body_of(self, without={"has_lasted"})
