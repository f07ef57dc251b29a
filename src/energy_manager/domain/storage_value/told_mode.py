"""What a storage is told that knows no powers, only modes."""

from __future__ import annotations

NORMAL, HOLD, CHARGE, FEED = "normal", "hold", "charge", "feed"
TOLD_MODES = (NORMAL, HOLD, CHARGE, FEED)
"""It takes surplus and covers load by itself; it does not discharge; it charges, or discharges, with all its power."""

_NEAREST = {"store": HOLD, "cover": NORMAL}
"""What leads it only halfway: without discharge, or without charge, which a device seldom knows."""


def mode_of_power(setpoint_w: float) -> str:
    """The mode that comes nearest to a power (+ = delivers): a device that is to give covers the load."""
    if setpoint_w == 0:
        return HOLD
    return NORMAL if setpoint_w > 0 else CHARGE


def told_mode(led: str, *, charge_kw: float, max_charge_kw: float, max_discharge_kw: float) -> str:
    """The mode for what leads a storage by its energy's worth, where ``charge_kw`` is the power inside all limits.

    Charging and feeding in are full power, whatever the limits of the grid connection leave: where they leave less,
    the storage holds, or takes surplus and covers the load by itself.
    """
    if led == CHARGE and charge_kw < max_charge_kw:
        return HOLD if charge_kw >= 0.0 else NORMAL
    if led == FEED and -charge_kw < max_discharge_kw:
        return NORMAL
    return _NEAREST.get(led, led)
