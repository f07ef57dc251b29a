"""An asset that can be told how much power to deliver."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One controllable device of a site, known by its id.

    Raises:
        Refused: the id is empty.
    """

    id: AssetId

    def __post_init__(self) -> None:
        if not self.id:
            raise Refused([Fault(field="id", message="an asset needs an id of at least one character")])
