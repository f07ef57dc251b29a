"""Names in a site file: they stand in lists, addresses and records, so they are printable and not endless."""

from __future__ import annotations

from typing import Annotated

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
