"""Who a device says that it is, and whether that is the one that the site file means."""

from __future__ import annotations

from dataclasses import dataclass

from energy_manager.adapters.devices.links.errors import LinkError


class WrongDevice(LinkError):
    """Another device than the pinned one is at this address: its readings are not the asset's, it is never written."""

    code = "wrong_device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """What a device says that it is; ``is_pinned_one`` False: the site file names another serial number."""

    serial: str | None
    model: str | None
    is_pinned_one: bool


def is_pinned(found: str | None, pinned: str | None) -> bool:
    """Whether the serial number that was found is the pinned one, as decimal number or as text; any is without one."""
    if pinned is None:
        return True
    if found is None:
        return False
    if found.isdecimal() and pinned.isdecimal():
        return int(found) == int(pinned)
    return found == pinned.strip()
