"""Power over time: what an hour, a minute or the part of a minute so far comes to.

A measured value holds until the next one, and only while the loop ran: time between two records counts where they lie
no further apart than a few ticks. So nothing counts before the first record, in an outage, or after the last record.
"""

from __future__ import annotations

from dataclasses import dataclass

MISSED_TICKS = 3
"""So many ticks in a row may be missing before it is an outage: a machine may stumble."""

LEAST_OUTAGE_S = 3.0

LONGEST_HOLD_S = 60.0
"""A device that has said nothing for longer is not known; where rounds are rarer, one and a half of them."""

ROUNDS_HELD = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Integral:
    """In each step of a window for how long a power is known, s, and its integral over that time.

    The integral is in power steps × s of an asset's output (> 0 delivered), in kW × s of the import at the PCC. Steps
    of neighbouring windows add up, wherever the windows are cut.
    """

    covered_s: tuple[float, ...]
    total: tuple[float, ...]
