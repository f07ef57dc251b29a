"""JSON schemas of households, appliances and runs, for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from energy_manager.domain.appliances.admission.preference import STRATEGIES
from energy_manager.domain.appliances.power_course import MOST_SLOTS
from energy_manager.domain.appliances.reading import LONGEST_NAME, MOST_MINUTES, MOST_WATTS

Schema = dict[str, Any]

_TEXT: Final[Schema] = {"type": "string"}
_NAME: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": LONGEST_NAME}
_TRUTH: Final[Schema] = {"type": "boolean"}
_NUMBER: Final[Schema] = {"type": "number"}
_WATTS: Final[Schema] = {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_WATTS}
_MINUTES: Final[Schema] = {"type": "number", "minimum": 0, "maximum": MOST_MINUTES}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_PRIORITY: Final[Schema] = {"enum": ["urgent", "normal", "low"]}
_STRATEGY: Final[Schema] = {"enum": list(STRATEGIES)}
_LISTED: Final[Schema] = {"type": "array", "items": {"type": "object"}}


def _or_null(entry: Schema) -> Schema:
    return entry | {"type": [entry["type"], "null"]}


_PV: Final[Schema] = {
    "type": ["object", "null"],
    "description": "forecast of the sun's power: slots from start on, by itself the household's last midnight",
    "required": ["resolution_min", "values"],
    "properties": {
        "start": _TIME,
        "resolution_min": {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_MINUTES},
        "values": {"type": "array", "items": {"type": "number", "minimum": 0, "maximum": MOST_WATTS}},
    },
}
_BASE_LOAD: Final[Schema] = _PV | {"description": "forecast of what the home takes besides its runs; as pv_w"}
_BATTERY: Final[Schema] = {
    "type": ["object", "null"],
    "required": ["capacity_wh", "power_w"],
    "properties": {
        "capacity_wh": _WATTS,
        "power_w": _WATTS,
        "depth_of_discharge": {"type": "number", "minimum": 0, "maximum": 1},
        "stored_wh": {"type": "number", "minimum": 0, "description": "at most the capacity; left out: full"},
        "asset": {
            "type": ["string", "null"],
            "minLength": 1,
            "description": "asset id of the battery; without one it is planned but not controlled",
        },
    },
}
_POLICY: Final[Schema] = {
    "strategy": _STRATEGY,
    "target_peak_w": {"type": ["number", "null"], "minimum": 0, "maximum": MOST_WATTS},
    "price_eur_per_mwh": {
        "type": ["array", "null"],
        "items": {"type": "number", "minimum": -(10**6), "maximum": 10**6},
        "minItems": 24,
        "description": "24 by the hour on the wall, or 92 quarter hours or more from midnight on; for strategy cost",
    },
}
_OWN: Final[Schema] = {
    "power_w": _WATTS,
    "duration_min": {
        "type": ["number", "null"],
        "exclusiveMinimum": 0,
        "maximum": MOST_MINUTES,
        "description": "null: until it is ended",
    },
    "profile_w": {
        "type": ["object", "null"],
        "required": ["resolution_min", "values"],
        "additionalProperties": False,
        "properties": {
            "resolution_min": {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_MINUTES},
            "values": {
                "type": "array",
                "items": {"type": "number", "minimum": 0, "maximum": MOST_WATTS},
                "minItems": 1,
                "maxItems": MOST_SLOTS,
            },
        },
        "description": "one power a slot, in the place of power_w and duration_min; such a run is never paused",
    },
    "interruptible": _TRUTH,
    "priority": _PRIORITY,
}
_MAX_DELAY: Final[Schema] = _or_null(_MINUTES) | {"description": "total waiting, pauses included; null: unlimited"}

_TIME_OF_RUN: Final[Schema] = {"type": ["string", "null"]}

HOUSEHOLD: Final[Schema] = {
    "type": "object",
    "required": ["threshold_w"],
    "additionalProperties": False,
    "properties": {
        "threshold_w": _WATTS,
        "time_zone": _TEXT,
        "pv_w": _PV,
        "base_load_w": _BASE_LOAD,
        "battery": _BATTERY,
        "follows_aggregator": _TRUTH,
        **_POLICY,
    },
}
HOUSEHOLD_EXAMPLE: Final[Schema] = {
    "threshold_w": 3000,
    "time_zone": "Europe/Brussels",
    "battery": {"capacity_wh": 5000, "power_w": 1500, "depth_of_discharge": 0.9, "stored_wh": 3000},
    "strategy": "flat",
}
HOUSEHOLD_CHANGE: Final[Schema] = {
    "type": "object",
    "minProperties": 1,
    "additionalProperties": False,
    "properties": {
        "threshold_w": _WATTS,
        "pv_w": _PV,
        "base_load_w": _BASE_LOAD,
        "stored_wh": {"type": "number", "minimum": 0, "description": "what its battery holds, at most its capacity"},
        "follows_aggregator": _TRUTH,
        **_POLICY,
    },
}
CHANGE_EXAMPLE: Final[Schema] = {"threshold_w": 2500, "strategy": "earliest"}
APPLIANCE: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "description": "profiles of the catalogue that it may run, or a power of its own",
    "properties": {
        "profiles": {"type": "array", "items": _TEXT},
        "max_delay_min": _MAX_DELAY,
        "asset": {
            "type": ["string", "null"],
            "minLength": 1,
            "description": "the site's asset; by itself the appliance's name; null: planned and not switched",
        },
        **_OWN,
    },
}
APPLIANCE_EXAMPLE: Final[Schema] = {"profiles": ["Dishwasher, eco", "Dishwasher, quick"], "max_delay_min": 720}
RUN: Final[Schema] = {
    "type": "object",
    "required": ["household", "appliance"],
    "additionalProperties": False,
    "description": "what its profile and appliance say, unless it is said here",
    "properties": {
        "household": _NAME,
        "appliance": _NAME,
        "profile": {"type": "string", "description": "needed where the appliance has several"},
        "max_delay_min": _MAX_DELAY,
        "not_before": _TIME_OF_RUN | {"description": "it draws no power earlier; HH:MM: the last time before ready_by"},
        "ready_by": _TIME_OF_RUN | {"description": "it is over by then; HH:MM: the next time the clock shows that"},
        "queue": {"type": "boolean", "description": "wait behind the appliance's run instead of being refused"},
        **_OWN,
    },
}
RUN_EXAMPLE: Final[Schema] = {
    "household": "home",
    "appliance": "Dishwasher",
    "profile": "Dishwasher, quick",
    "max_delay_min": 240,
    "queue": True,
}

MOVE: Final[Schema] = {
    "type": "object",
    "required": ["max_delay_min"],
    "additionalProperties": False,
    "properties": {"max_delay_min": _MAX_DELAY},
}
MOVE_EXAMPLE: Final[Schema] = {"max_delay_min": 120}

VEHICLE: Final[Schema] = {
    "type": "object",
    "required": ["ready_by", "energy_kwh"],
    "additionalProperties": False,
    "properties": {
        "ready_by": {"type": "string", "description": "HH:MM of the household's clock, or a time with its zone"},
        "energy_kwh": {
            "type": "number",
            "exclusiveMinimum": 0,
            "maximum": 1000,
            "description": "what the charger is to deliver from now on",
        },
        "not_before": _TIME_OF_RUN,
        "profile": {"type": "string", "description": "needed where the charger has several"},
    },
}
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
