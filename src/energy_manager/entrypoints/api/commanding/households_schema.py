"""What households, appliances and runs look like in answers, and examples of requests, for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from energy_manager.domain.appliances.admission.preference import STRATEGIES

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_TRUTH: Final[Schema] = {"type": "boolean"}
_NUMBER: Final[Schema] = {"type": "number"}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_PRIORITY: Final[Schema] = {"enum": ["urgent", "normal", "low"]}
_STRATEGY: Final[Schema] = {"enum": list(STRATEGIES)}
_LISTED: Final[Schema] = {"type": "array", "items": {"type": "object"}}


def _or_null(entry: Schema) -> Schema:
    return entry | {"type": [entry["type"], "null"]}


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

PROFILE: Final[Schema] = {
    "type": "object",
    "required": ["name", "power_w", "duration_min", "interruptible", "priority"],
    "properties": {
        "name": _TEXT,
        "power_w": _NUMBER,
        "duration_min": _or_null(_NUMBER),
        "profile_w": {"type": ["object", "null"]},
        "interruptible": _TRUTH,
        "priority": _PRIORITY,
    },
}
APPLIANCE_ANSWER: Final[Schema] = {
    "type": "object",
    "required": ["name", "asset", "profiles", "own", "max_delay_min"],
    "properties": {
        "name": _TEXT,
        "asset": _or_null(_TEXT),
        "profiles": {"type": "array", "items": _TEXT},
        "own": {"type": ["object", "null"]},
        "max_delay_min": _or_null(_NUMBER),
    },
}
HOUSEHOLD_ANSWER: Final[Schema] = {
    "type": "object",
    "required": ["id", "threshold_w", "time_zone", "strategy", "battery", "booked_w", "alerts", "appliances"],
    "properties": {
        "id": _TEXT,
        "threshold_w": _NUMBER,
        "time_zone": _TEXT,
        "follows_aggregator": _TRUTH,
        "strategy": _STRATEGY,
        "target_peak_w": _or_null(_NUMBER),
        "battery": {"type": ["object", "null"]},
        "pv_w": _NUMBER | {"description": "now"},
        "booked_w": _NUMBER | {"description": "now"},
        "alerts": _LISTED,
        "appliances": {"type": "array", "items": APPLIANCE_ANSWER},
    },
}
RUN_ANSWER: Final[Schema] = {
    "type": "object",
    "required": ["id", "household", "appliance", "status", "outcome", "priority", "segments", "reason", "would_do"],
    "properties": {
        "id": _TEXT,
        "household": _TEXT,
        "appliance": _TEXT,
        "power_w": _NUMBER,
        "duration_min": _or_null(_NUMBER),
        "profile_w": {"type": ["object", "null"], "description": "null: power_w all the time"},
        "max_delay_min": _or_null(_NUMBER),
        "interruptible": _TRUTH,
        "priority_class": _PRIORITY,
        "priority": {"type": "integer", "minimum": 1, "maximum": 10},
        "requested_at": _TIME,
        "not_before": _or_null(_TIME),
        "status": {"enum": ["pending", "running", "paused", "finished", "rejected", "missed", "cancelled"]},
        "outcome": {
            "enum": ["fit", "battery", "shift", "replan", "rejected", None],
            "description": "null: not decided yet",
        },
        "segments": {"type": "array", "items": {"type": "array", "items": _or_null(_TIME)}},
        "waited_min": _NUMBER,
        "progress_min": _NUMBER,
        "reason": _or_null(_TEXT),
        "shortfall_w": _or_null(_NUMBER),
        "would_do": {"type": ["object", "null"]},
        "moved": {"type": "array", "items": _TEXT},
    },
}
TIMETABLE_ANSWER: Final[Schema] = {
    "type": "object",
    "required": ["at", "is_attended", "households", "runs", "alerts"],
    "properties": {
        "at": _TIME,
        "is_attended": {"type": "boolean", "description": "whether a running loop switches what is planned"},
        "households": _LISTED,
        "runs": {"type": "array", "items": RUN_ANSWER},
        "alerts": _LISTED,
        "neighbours": {
            "type": "array",
            "items": {"type": "string"},
            "description": "what was not believed of what neighbours publish",
        },
    },
}
PROFILE_PUBLISHED: Final[Schema] = {
    "type": "object",
    "required": ["at", "net_w"],
    "properties": {
        "at": _TIME,
        "net_w": {
            "type": "array",
            "items": {"type": "object", "required": ["from", "w"], "properties": {"from": _TIME, "w": _NUMBER}},
        },
    },
}
