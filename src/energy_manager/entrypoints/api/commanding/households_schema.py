"""What households, appliances and runs look like in answers, and examples of requests, for the OpenAPI document."""

from __future__ import annotations

from typing import Final

from energy_manager.domain.appliances.admission.preference import STRATEGIES
from energy_manager.entrypoints.api.schemas import NUMBER, OBJECT, TEXT, TIME, TRUTH, Schema, an_object, listed, or_null

_PRIORITY: Final[Schema] = {"enum": ["urgent", "normal", "low"]}
_STRATEGY: Final[Schema] = {"enum": list(STRATEGIES)}


HOUSEHOLD_EXAMPLE: Final[Schema] = {
    "threshold_w": 3000,
    "time_zone": "Europe/Brussels",
    "battery": {"capacity_wh": 5000, "power_w": 1500, "depth_of_discharge": 0.9, "stored_wh": 3000},
    "strategy": "flat",
}
CHANGE_EXAMPLE: Final[Schema] = {"threshold_w": 2500, "strategy": "earliest"}
APPLIANCE_EXAMPLE: Final[Schema] = {"profiles": ["Dishwasher, eco", "Dishwasher, quick"], "max_delay_min": 720}
RUN_EXAMPLE: Final[Schema] = {
    "household": "home",
    "appliance": "Dishwasher",
    "profile": "Dishwasher, quick",
    "max_delay_min": 240,
    "queue": True,
}

MOVE_EXAMPLE: Final[Schema] = {"max_delay_min": 120}

VEHICLE_EXAMPLE: Final[Schema] = {"ready_by": "07:00", "energy_kwh": 20}

PROFILE: Final[Schema] = an_object(
    ["name", "power_w", "duration_min", "interruptible", "priority"],
    name=TEXT,
    power_w=NUMBER,
    duration_min=or_null(NUMBER),
    profile_w=or_null(OBJECT),
    interruptible=TRUTH,
    priority=_PRIORITY,
)
APPLIANCE_ANSWER: Final[Schema] = an_object(
    name=TEXT, asset=or_null(TEXT), profiles=listed(TEXT), own=or_null(OBJECT), max_delay_min=or_null(NUMBER)
)
HOUSEHOLD_ANSWER: Final[Schema] = an_object(
    ["id", "threshold_w", "time_zone", "strategy", "battery", "booked_w", "alerts", "appliances"],
    id=TEXT,
    threshold_w=NUMBER,
    time_zone=TEXT,
    follows_aggregator=TRUTH,
    strategy=_STRATEGY,
    target_peak_w=or_null(NUMBER),
    battery=or_null(OBJECT),
    pv_w=NUMBER | {"description": "now"},
    booked_w=NUMBER | {"description": "now"},
    alerts=listed(OBJECT),
    appliances=listed(APPLIANCE_ANSWER),
)
RUN_ANSWER: Final[Schema] = an_object(
    ["id", "household", "appliance", "status", "outcome", "priority", "segments", "reason", "would_do"],
    id=TEXT,
    household=TEXT,
    appliance=TEXT,
    power_w=NUMBER,
    duration_min=or_null(NUMBER),
    profile_w=or_null(OBJECT) | {"description": "null: power_w all the time"},
    max_delay_min=or_null(NUMBER),
    interruptible=TRUTH,
    priority_class=_PRIORITY,
    priority={"type": "integer", "minimum": 1, "maximum": 10},
    requested_at=TIME,
    not_before=or_null(TIME),
    status={"enum": ["pending", "running", "paused", "finished", "rejected", "missed", "cancelled"]},
    outcome={
        "enum": ["fit", "battery", "shift", "replan", "rejected", None],
        "description": "null: not decided yet",
    },
    segments=listed(listed(or_null(TIME))),
    waited_min=NUMBER,
    progress_min=NUMBER,
    reason=or_null(TEXT),
    shortfall_w=or_null(NUMBER),
    would_do=or_null(OBJECT),
    moved=listed(TEXT),
)
TIMETABLE_ANSWER: Final[Schema] = an_object(
    ["at", "is_attended", "households", "runs", "alerts"],
    at=TIME,
    is_attended=TRUTH | {"description": "whether a running loop switches what is planned"},
    households=listed(OBJECT),
    runs=listed(RUN_ANSWER),
    alerts=listed(OBJECT),
    neighbours=listed(TEXT) | {"description": "what was not believed of what neighbours publish"},
)
PROFILE_PUBLISHED: Final[Schema] = an_object(at=TIME, net_w=listed(an_object(from_=TIME, w=NUMBER)))
