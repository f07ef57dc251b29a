"""The charging profile that a target is; pure.

OCPP 1.6, section 3.13: an absolute schedule with a duration. When it has run out, the charger charges as it would
without us. Relative schedules count from the begin of the transaction, so they could not be renewed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

Purpose = Literal["TxProfile", "TxDefaultProfile"]

PROFILE_ID = 7400
STACK_LEVEL = 0
"""The lowest: every charger has it (ChargeProfileMaxStackLevel may be 0)."""

EARLIER = timedelta(seconds=60)
"""The schedule begins before now: a charger whose clock is slow by less than this obeys at once."""


def profile_of(
    amps: float, *, purpose: Purpose, phases: int, now: datetime, expires_s: float, transaction_id: int | None
) -> dict[str, Any]:
    """The profile that allows so many amperes on each phase until ``expires_s`` from now; keys in snake case."""
    start = (now - EARLIER).replace(microsecond=0)
    profile: dict[str, Any] = {
        "charging_profile_id": PROFILE_ID,
        "stack_level": STACK_LEVEL,
        "charging_profile_purpose": purpose,
        "charging_profile_kind": "Absolute",
        "charging_schedule": {
            "start_schedule": start.isoformat().replace("+00:00", "Z"),
            "duration": round(expires_s + EARLIER.total_seconds()),
            "charging_rate_unit": "A",
            "charging_schedule_period": [{"start_period": 0, "limit": amps, "number_phases": phases}],
        },
    }
    if purpose == "TxProfile":
        profile["transaction_id"] = transaction_id
    return profile


def purposes(transaction_id: int | None, refused: Sequence[Purpose]) -> list[Purpose]:
    """The purposes to try, the best first; those that the charger has refused come last."""
    fitting: list[Purpose] = ["TxDefaultProfile"] if transaction_id is None else ["TxProfile", "TxDefaultProfile"]
    return sorted(fitting, key=lambda purpose: purpose in refused)
