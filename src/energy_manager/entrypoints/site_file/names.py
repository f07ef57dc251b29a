"""Names and time zones in a site file; names stand in lists, addresses and records: printable and not endless."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from energy_manager.domain.schedule import LONGEST_ID


def _printable(name: str) -> str:
    if not 0 < len(name) <= LONGEST_ID or not name.isprintable():
        sentence = f"must be 1 to {LONGEST_ID} printable characters"
        raise PydanticCustomError("site_file", "{sentence}", {"sentence": sentence})
    return name


Name = Annotated[str, AfterValidator(_printable)]
"""Of a site, an asset, a connection."""


def _known_zone(name: str) -> str:
    zones = available_timezones()
    if name not in zones:
        by_small_letters = {zone.lower(): zone for zone in zones}
        near = get_close_matches(name.lower(), by_small_letters, n=1)
        hint = f"; did you mean {by_small_letters[near[0]]}?" if near else ""
        raise PydanticCustomError("site_file", "{sentence}", {"sentence": f"is no time zone{hint}"})
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""An IANA name."""
