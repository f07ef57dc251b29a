"""The points that a template may read; a point's name carries its unit and its positive direction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

PointName = Literal[
    "import_w",
    "export_w",
    "output_w",
    "charge_w",
    "discharge_w",
    "load_w",
    "soc_percent",
    "stored_wh",
    "max_charge_w",
    "max_discharge_w",
    "rated_w",
    "current_a",
    "on",
]

DELIVERS = {"output_w": 1, "export_w": 1, "discharge_w": 1, "import_w": -1, "charge_w": -1, "load_w": -1}
"""The points that measure power, with the sign that turns them into what the asset delivers."""

STATES = frozenset({"rated_w", "max_charge_w", "max_discharge_w"})
"""Points that say what a device is rather than what it does; their age does not matter."""


def delivered_w(points: Mapping[str, float | None]) -> float | None:
    """What the asset delivers by its points, + = delivers; the sum of those that it has, None where one is missing."""
    parts = [(sign, points[name]) for name, sign in DELIVERS.items() if name in points]
    if not parts:
        return None
    total_w = 0.0
    for sign, power_w in parts:
        if power_w is None:
            return None
        total_w += sign * power_w
    return total_w
