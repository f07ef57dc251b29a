"""Who a device says that it is, and whether that is the one that the site file means."""

from __future__ import annotations

from energy_manager.adapters.devices.links.errors import LinkError


class WrongDevice(LinkError):
    """Another device than the pinned one is at this address: its readings are not the asset's, it is never written."""

    code = "wrong_device"


def is_pinned(found: str | None, pinned: str | None) -> bool:
    """Whether the serial number that was found is the pinned one, as decimal number or as text; any is without one."""
    if pinned is None:
        return True
    if found is None:
        return False
    if found.isdecimal() and pinned.isdecimal():
        return int(found) == int(pinned)
    return found == pinned.strip()
