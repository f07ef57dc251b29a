"""Powers as people read them: a direction in words, never a bare sign. Positive = delivers, negative = takes.

``amount`` is the power without its sign, with its unit: ``800 W``. Nothing flows at 0, which has no direction.
"""

from __future__ import annotations


def to_do(power: float, amount: str) -> str:
    """``to deliver 5 kW``, ``to take 5 kW`` or ``0 kW``."""
    return _directed(power, amount, "to deliver", "to take")


def does(power: float, amount: str) -> str:
    """``delivers 5 kW``, ``takes 5 kW`` or ``0 kW``."""
    return _directed(power, amount, "delivers", "takes")


def doing(power: float, amount: str) -> str:
    """``delivering 5 kW``, ``taking 5 kW`` or ``0 kW``."""
    return _directed(power, amount, "delivering", "taking")


def measures(power: float, amount: str) -> str:
    """``delivers 5 kW``, ``takes 5 kW`` or ``measures 0 kW``."""
    return does(power, amount) if power else f"measures {amount}"


def _directed(power: float, amount: str, gives: str, takes: str) -> str:
    return amount if not power else f"{gives if power > 0 else takes} {amount}"
