"""Which units answer behind a host."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from energy_manager.domain.errors import EnergyManagerError


class NobodyListens(EnergyManagerError):
    """The connection cannot be made."""

    code = "nobody_listens"


@dataclass(frozen=True, slots=True, kw_only=True)
class SunSpecIdentity:
    """What a SunSpec device says of itself; texts that it does not say are None.

    ``models`` are the numbers of its models, ``templates`` the shipped templates that fit.
    """

    manufacturer: str | None
    model: str | None
    serial: str | None
    models: tuple[int, ...]
    templates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundUnit:
    """A unit that answers; ``sunspec`` None = without a SunSpec chain."""

    unit: int
    sunspec: SunSpecIdentity | None


class UnitScan(Protocol):
    """Asks one unit after the other, each once; reads only, and never for long."""

    @property
    def units(self) -> Sequence[int]:
        """Those that are to be asked."""
        ...

    @property
    def tried(self) -> int:
        """How many were asked so far."""
        ...

    def __call__(self) -> Iterator[FoundUnit]:
        """The units that answer, as they are found.

        Raises:
            NobodyListens: nothing can be asked there.
        """
        ...
