"""Where a run may start: walks over a step function that find the earliest, roomiest or cheapest start.

All searches but ``earliest_pieces`` speak of an unbroken run of ``length_us`` with a start between ``not_before_us``
and ``not_after_us``, both included. A start *fits* when the room is at least the run's power on the whole of
``[start, start + length)``.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.run import Segment
from energy_manager.domain.appliances.units import FOREVER_US, Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class StartWindow:
    """Every start from ``first_us`` to ``last_us``, both included, fits."""

    first_us: int
    last_us: int


def earliest_start(
    room_w: StepFunction, needed_w: Watts, *, length_us: int, not_before_us: int, not_after_us: int
) -> int | None:
    """The first start at which the room is at least ``needed_w`` throughout; None when there is none in time.

    One walk: a piece with too little room moves the start to that piece's end; enough of them in a row is a place.
    """
    if not_after_us < not_before_us:
        return None
    starts, values = room_w.starts_us, room_w.values
    start_us = not_before_us
    last = len(starts) - 1
    for index in range(bisect_right(starts, not_before_us) - 1, last + 1):
        piece_end_us = starts[index + 1] if index < last else FOREVER_US
        if values[index] < needed_w:
            start_us = piece_end_us
            if start_us > not_after_us or start_us >= FOREVER_US:
                return None
        elif piece_end_us - start_us >= length_us or piece_end_us >= FOREVER_US:
            return start_us
    return None


def earliest_pieces(
    room_w: StepFunction, needed_w: Watts, *, length_us: int, not_before_us: int, most_waiting_us: int
) -> tuple[Segment, ...] | None:
    """The first ``length_us`` at which the room is at least ``needed_w``, in as many pieces as that takes.

    None when more than ``most_waiting_us`` lies between ``not_before_us`` and the last piece without being one.
    """
    starts, values = room_w.starts_us, room_w.values
    pieces: list[Segment] = []
    left_us, waited_us = length_us, 0
    for index in range(bisect_right(starts, not_before_us) - 1, len(starts)):
        begin_us = max(starts[index], not_before_us)
        end_us = starts[index + 1] if index + 1 < len(starts) else FOREVER_US
        if values[index] < needed_w:
            waited_us += end_us - begin_us
            if waited_us > most_waiting_us:
                return None
            continue
        end_us = min(end_us, begin_us + left_us)
        left_us -= end_us - begin_us
        if pieces and pieces[-1].end_us == begin_us:
            begin_us = pieces.pop().start_us
        pieces.append(Segment(start_us=begin_us, end_us=end_us))
        if left_us == 0 or end_us == FOREVER_US:
            return tuple(pieces)
    return None


def fitting_windows(
    room_w: StepFunction, needed_w: Watts, *, length_us: int, not_before_us: int, not_after_us: int
) -> Iterator[StartWindow]:
    """All starts that fit, as windows in the order of time."""
    free_since_us: int | None = None
    for piece in room_w.pieces(not_before_us, FOREVER_US):
        if piece.value >= needed_w:
            free_since_us = piece.start_us if free_since_us is None else free_since_us
            if piece.end_us < FOREVER_US:
                continue
            last_us = not_after_us
        else:
            last_us = min(piece.start_us - length_us, not_after_us)
        if free_since_us is not None and free_since_us <= last_us:
            yield StartWindow(first_us=free_since_us, last_us=last_us)
        free_since_us = None
        if piece.start_us > not_after_us:
            return


def is_free(room_w: StepFunction, needed_w: Watts, *, start_us: int, length_us: int) -> bool:
    """Whether a start at exactly ``start_us`` fits."""
    return room_w.lowest(start_us, min(start_us + length_us, FOREVER_US)) >= needed_w


def roomiest_level(
    spare_w: StepFunction,
    *,
    length_us: int,
    not_before_us: int,
    not_after_us: int,
    at_least_w: Watts | None = None,
    enough_w: Watts | None = None,
) -> Watts | None:
    """The greatest lowest value of ``spare_w`` that any start has during its run, or ``enough_w`` when that is reached.

    None when no start reaches ``at_least_w``. Found by bisection over the values that occur: that a start exists is
    monotone in the level asked for.
    """
    if not_after_us < not_before_us:
        return None
    first = bisect_right(spare_w.starts_us, not_before_us) - 1
    last = bisect_left(spare_w.starts_us, min(not_after_us + length_us, FOREVER_US))
    levels = set(spare_w.values[first : max(last, first + 1)])
    if enough_w is not None:
        levels = {min(level, enough_w) for level in levels}
    if at_least_w is not None:
        levels = {level for level in levels if level >= at_least_w}

    def is_reached(level_w: Watts) -> bool:
        found = earliest_start(
            spare_w, level_w, length_us=length_us, not_before_us=not_before_us, not_after_us=not_after_us
        )
        return found is not None

    ordered = sorted(levels)
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) // 2
        if is_reached(ordered[middle]):
            low = middle + 1
        else:
            high = middle
    return ordered[low - 1] if low > 0 else None


def cheapest_start(cost: StepFunction, windows: list[StartWindow], *, length_us: int) -> int | None:
    """The start within the windows at which the integral of ``cost`` over the run is least; the earliest of equals.

    Between two instants at which the run's beginning or end meets a step the integral is linear in the start, so its
    least value lies at one of those instants or at the end of a window.
    """
    instants = _Integral(cost)
    best: tuple[Watts, int] | None = None
    for window in windows:
        candidates = meeting_points(cost, window, length_us=length_us)
        for start_us in candidates:
            total = instants.up_to(start_us + length_us) - instants.up_to(start_us)
            if best is None or total < best[0]:
                best = (total, start_us)
    return None if best is None else best[1]


def meeting_points(steps: StepFunction, window: StartWindow, *, length_us: int) -> list[int]:
    """The window's two ends, and every start in it at which the run begins or ends on a step; in order."""
    starts = steps.starts_us
    points = {window.first_us, window.last_us}
    points.update(starts[bisect_right(starts, window.first_us) : bisect_left(starts, window.last_us)])
    if length_us < FOREVER_US:
        first = bisect_right(starts, window.first_us + length_us)
        ends = starts[first : bisect_left(starts, window.last_us + length_us)]
        points.update(end_us - length_us for end_us in ends)
    return sorted(points)


class _Integral:
    """The integral of a step function from its second instant on, by prefix sums."""

    def __init__(self, steps: StepFunction) -> None:
        self._starts = steps.starts_us
        self._values = steps.values
        sums: list[Watts] = [0, 0]
        for index in range(1, len(self._starts) - 1):
            sums.append(sums[-1] + self._values[index] * (self._starts[index + 1] - self._starts[index]))
        self._sums = sums

    def up_to(self, instant_us: int) -> Watts:
        index = bisect_right(self._starts, instant_us) - 1
        if index == 0:
            anchor_us = self._starts[1] if len(self._starts) > 1 else 0
            return self._values[0] * (instant_us - anchor_us)
        return self._sums[index] + self._values[index] * (instant_us - self._starts[index])
