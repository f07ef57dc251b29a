"""Sharing out a power: pure, from values to a value."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.domain.errors import Infeasible


class NoEqualParts(Infeasible):
    """The power is no multiple of the number of parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What each part gets, in kW; they add up to the power exactly."""

    power_kw: int
    parts: int

    @property
    def each_kw(self) -> int:
        """Of one part."""
        return self.power_kw // self.parts


def share_out(power_kw: int, parts: int) -> Shares:
    """Equal parts, or none at all."""
    if power_kw % parts:
        raise NoEqualParts(f"{power_kw} kW cannot be shared by {parts}")
    return Shares(power_kw=power_kw, parts=parts)
