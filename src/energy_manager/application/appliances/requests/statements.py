"""What a request has said, and what may be wrong with it in this building."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from energy_manager.application.appliances.building import Building
from energy_manager.domain.appliances.units import LONGEST_NAME
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId

Statement: TypeAlias = Mapping[str, Any]


def refuse_if(faults: Sequence[Fault]) -> None:
    """Raise ``Refused`` with all of them, if there are any."""
    if faults:
        raise Refused(faults)


def faults_of_name(name: str, field: str) -> Iterator[Fault]:
    """A fault unless the name is short and can be printed."""
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        message = f"{name[:LONGEST_NAME]!r} is not 1 to {LONGEST_NAME} printable characters"
        yield Fault(field=field, message=message)


def faults_of_taken_asset(
    asset: AssetId, field: str, building: Building, *, but_for: tuple[str, str | None]
) -> Iterator[Fault]:
    """A fault if the asset is anything but ``but_for``, a household's appliance or (None) its battery."""
    for owner, appliance in building.owners_of(asset):
        if (owner, appliance) != but_for:
            what = "the battery" if appliance is None else repr(appliance)
            yield Fault(field=field, message=f"{asset!r} is {what} of household {owner!r} already")
