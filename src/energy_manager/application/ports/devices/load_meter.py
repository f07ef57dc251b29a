"""What a home really draws, where it is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from energy_manager.domain.appliances.units import Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteredImport:
    """A home's import at its connection, W (negative: export), ``age_us`` microseconds ago."""

    import_w: Watts
    age_us: int


class LoadMeter(Protocol):
    """Reads the meters of homes that have one."""

    def read(self, household: str) -> MeteredImport | None:
        """The last good reading that may still be believed, or None; never waits."""
        ...
