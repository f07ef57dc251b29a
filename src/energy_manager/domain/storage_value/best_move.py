"""What one step does with a storage, by what energy is worth after it."""

from __future__ import annotations

from typing import NamedTuple

from energy_manager.domain.storage_value.value_function import EAGER_OUT, UNSERVED, Step, Value


class Moved(NamedTuple):
    """What one step does: kWh that enter the storage (negative: leave it), and use that is left unserved."""

    entered: float
    unserved: float


def best_move(step: Step, value: Value, stored: float) -> Moved:  # noqa: C901, PLR0912 - one loop, run for every step
    """Store as long as the next kWh costs at most what it is worth; ``value`` is the one after the step.

    At equality energy is stored, and what is EAGER_OUT leaves.
    """
    slopes, lengths = value.slopes, value.lengths
    entered = step.least
    unserved = 0.0
    # ``above`` is the part of piece ``place`` that lies above the energy after the step; all pieces before it do.
    above = value.upper - (step.keep * stored - step.use + entered)
    if above < 0.0:
        # Even the least that must enter is too much, or just as much as there is room for.
        return Moved(entered, 0.0)
    place, last = 0, len(lengths)
    while place < last and above > lengths[place]:
        above -= lengths[place]
        place += 1
    forced = above if place == last else 0.0
    for slope, length, kind in step.pieces:
        left = length
        if forced > 0.0:
            # Below the least energy: whatever it costs.
            take = left if left < forced else forced
            if kind == UNSERVED:
                unserved += take
            else:
                entered += take
            forced -= take
            left -= take
            if forced > 0.0:
                continue
            place = last - 1
            above = lengths[place]
        taken = 0.0
        while left > 0.0:
            if place < 0:
                break
            worth = slopes[place]
            if slope > worth or (kind == EAGER_OUT and slope == worth):
                place = -1
                break
            if left < above:
                above -= left
                taken += left
                break
            taken += above
            left -= above
            place -= 1
            if place >= 0:
                above = lengths[place]
        if kind == UNSERVED:
            unserved += taken
        else:
            entered += taken
        if place < 0:
            break
    return Moved(entered, unserved)
