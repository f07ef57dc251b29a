"""What a device says of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One reading; None = not known.

    ``power_w`` is what it delivers (+) or takes (−), ``lowest_w`` and ``highest_w`` what it could be told now,
    ``stored_wh`` what a storage holds; ``taken_at_s`` is when this was true.
    """

    power_w: float | None = None
    lowest_w: float | None = None
    highest_w: float | None = None
    stored_wh: float | None = None
    taken_at_s: float | None = None
