"""Time zones in a site file."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise PydanticCustomError("site_file", "{sentence}", {"sentence": "is no time zone"})
    return name


TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""An IANA name."""
