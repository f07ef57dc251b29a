"""Names that are part of a subject on the bus, and of keys in the book."""

from __future__ import annotations

import re

from energy_manager.domain.errors import Fault, Refused, shown

LONGEST_SITE = 64
LONGEST_ID = 100

# A subject's tokens are parted by dots, and ``*`` and ``>`` stand for others: none of them may be in a name.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def site_fault(site: object, *, field: str = "site") -> Fault | None:
    """Why this can be no site's name; None: it can."""
    return _fault(site, field, LONGEST_SITE)


def id_fault(name: object, *, field: str = "id") -> Fault | None:
    """Why this can be no order's or activation's id; None: it can."""
    return _fault(name, field, LONGEST_ID)


def _fault(name: object, field: str, longest: int) -> Fault | None:
    if isinstance(name, str) and len(name) <= longest and _NAME.fullmatch(name):
        return None
    message = f"{shown(name)} is not 1 to {longest} letters, digits, - or _, the first a letter or digit"
    return Fault(field=field, message=message)


def checked_site(site: str) -> str:
    """The site's name.

    Raises:
        Refused: it can be none.
    """
    fault = site_fault(site)
    if fault is not None:
        raise Refused([fault])
    return site
