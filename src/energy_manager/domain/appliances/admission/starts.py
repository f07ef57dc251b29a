"""Where a run may start: walks over a step function that find the earliest, roomiest or cheapest start.

All searches but ``earliest_pieces`` speak of an unbroken run of ``length_us`` with a start between ``not_before_us``
and ``not_after_us``, both included. A start *fits* when the room is at least the run's power on the whole of
``[start, start + length)``. A run with a profile fits where each of its phases does: the starts that suit the phases,
one after the other, are intersected. ``less_w`` is what a battery gives beside the room.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from energy_manager.domain.appliances.ledger.step_function import StepFunction
from energy_manager.domain.appliances.power_course import Draws, Phase, PowerCourse, phases_of
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.units import FOREVER_US, Watts


@dataclass(frozen=True, slots=True, kw_only=True)
class StartWindow:
    """Every start from ``first_us`` to ``last_us``, both included, fits."""

    first_us: int
    last_us: int


def earliest_start(
    room_w: StepFunction, needed_w: Draws, *, length_us: int, not_before_us: int, not_after_us: int
) -> int | None:
    """The first start at which the room is at least ``needed_w`` throughout; None when there is none in time.

    One walk: a piece with too little room moves the start to that piece's end; enough of them in a row is a place.
    """
    if not_after_us < not_before_us:
        return None
    if isinstance(needed_w, PowerCourse):
        windows = _windows_of(room_w, needed_w, 0, not_before_us, not_after_us)
        return windows[0].first_us if windows else None
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
    room_w: StepFunction,
    draws: Draws,
    *,
    length_us: int,
    not_before_us: int,
    not_after_us: int,
    less_w: Watts = 0,
) -> Iterator[StartWindow]:
    """All starts that fit, as windows in the order of time."""
    if isinstance(draws, PowerCourse):
        yield from _windows_of(room_w, draws, less_w, not_before_us, not_after_us)
        return
    needed_w = draws - less_w
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


def _windows_of(
    room_w: StepFunction, course: PowerCourse, less_w: Watts, not_before_us: int, not_after_us: int
) -> list[StartWindow]:
    """The starts at which every phase of a course fits."""
    windows = [StartWindow(first_us=not_before_us, last_us=not_after_us)]
    for offset_us, length_us, power_w in course.phases:
        if not windows:
            break
        suiting = fitting_windows(
            room_w,
            power_w,
            length_us=length_us,
            not_before_us=windows[0].first_us + offset_us,
            not_after_us=windows[-1].last_us + offset_us,
            less_w=less_w,
        )
        windows = list(_intersected(windows, suiting, offset_us))
    return windows


def _intersected(windows: list[StartWindow], suiting: Iterable[StartWindow], offset_us: int) -> Iterator[StartWindow]:
    """The starts in windows that lie in those of a phase, too, which begins ``offset_us`` later; both in order."""
    place = 0
    for own in suiting:
        first_us, last_us = own.first_us - offset_us, own.last_us - offset_us
        while place < len(windows) and windows[place].last_us < first_us:
            place += 1
        at = place
        while at < len(windows) and windows[at].first_us <= last_us:
            yield StartWindow(first_us=max(first_us, windows[at].first_us), last_us=min(last_us, windows[at].last_us))
            at += 1


def is_free(room_w: StepFunction, needed_w: Draws, *, start_us: int, length_us: int) -> bool:
    """Whether a start at exactly ``start_us`` fits."""
    if isinstance(needed_w, PowerCourse):
        return all(
            room_w.lowest(step.start_us, step.end_us) >= step.value for step in needed_w.steps(start_us, FOREVER_US)
        )
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

    def is_missed(level_w: Watts) -> bool:
        bounds = {"length_us": length_us, "not_before_us": not_before_us, "not_after_us": not_after_us}
        return earliest_start(spare_w, level_w, **bounds) is None

    ordered = sorted(levels)
    reached = bisect_left(ordered, 1, key=is_missed)
    return ordered[reached - 1] if reached else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCost:
    """What a run costs by its start: for each of its phases what its power costs over time."""

    parts: tuple[tuple[Phase, StepFunction], ...]

    @classmethod
    def of(cls, draws: Draws, length_us: int, cost_of: Callable[[Watts], StepFunction]) -> RunCost:
        """The cost of a run whose constant power costs ``cost_of`` it."""
        phases = phases_of(draws, length_us)
        of_power = {power_w: cost_of(power_w) for power_w in {phase.power_w for phase in phases}}
        return cls(parts=tuple((phase, of_power[phase.power_w]) for phase in phases))

    def at(self, start_us: int) -> Watts:
        """The cost of one start."""
        return sum(
            cost.area(start_us + phase.offset_us, min(FOREVER_US, start_us + phase.offset_us + phase.length_us))
            for phase, cost in self.parts
        )

    def points(self, window: StartWindow) -> list[int]:
        """Between two of these starts of the window, which has its ends among them, the cost is linear."""
        return sorted({point_us for phase, cost in self.parts for point_us in _phase_points(cost, window, phase)})


def cheapest_start(cost: RunCost, windows: list[StartWindow]) -> int | None:
    """The start within the windows at which the run costs least; the earliest of equals.

    Between two instants at which a phase's beginning or end meets a step of its cost the cost is linear in the start,
    so its least value lies at one of those instants or at the end of a window.
    """
    of_steps = {id(steps): _Integral(steps) for _, steps in cost.parts}
    integrals = [(phase, of_steps[id(steps)]) for phase, steps in cost.parts]
    best: tuple[Watts, int] | None = None
    for window in windows:
        for start_us in cost.points(window):
            total: Watts = 0
            for (offset_us, length_us, _), integral in integrals:
                begin_us = start_us + offset_us
                total += integral.up_to(begin_us + length_us) - integral.up_to(begin_us)
            if best is None or total < best[0]:
                best = (total, start_us)
    return None if best is None else best[1]


def meeting_points(steps: StepFunction, window: StartWindow, *, length_us: int, draws: Draws = 0) -> list[int]:
    """The window's two ends, and every start in it at which the run, or a phase of it, begins or ends on a step."""
    if not isinstance(draws, PowerCourse):
        return _phase_points(steps, window, Phase(0, length_us, draws))
    return sorted({point_us for phase in draws.phases for point_us in _phase_points(steps, window, phase)})


def _phase_points(steps: StepFunction, window: StartWindow, phase: Phase) -> list[int]:
    starts, (offset_us, length_us, _) = steps.starts_us, phase
    points = {window.first_us, window.last_us}
    for since_us in (offset_us, offset_us + length_us):
        if since_us < FOREVER_US:
            first = bisect_right(starts, window.first_us + since_us)
            met = starts[first : bisect_left(starts, window.last_us + since_us)]
            points.update(at_us - since_us for at_us in met)
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
