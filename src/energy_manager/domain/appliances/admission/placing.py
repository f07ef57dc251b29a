"""The first two steps of admission: the run fits as it is, or with the battery's help."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from energy_manager.domain.appliances.admission.placement_problem import (
    Placement,
    PlacementProblem,
    charged,
    is_coverable,
)
from energy_manager.domain.appliances.admission.preference import Preference, preference_of, preferred_start
from energy_manager.domain.appliances.admission.starts import (
    StartWindow,
    earliest_pieces,
    earliest_start,
    fitting_windows,
    is_free,
    meeting_points,
)
from energy_manager.domain.appliances.ledger.battery import battery_course, could_cover, uncovered_energy
from energy_manager.domain.appliances.ledger.coverage import Coverage
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.power_course import phases_of
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.units import (
    FOREVER_US,
    US_PER_DAY,
    US_PER_SECOND,
    Watts,
    least_that_does,
)

# A day of quarter hours: more starts than these are no better.
_MOST_POINTS = 96


def fit(question: PlacementProblem) -> Placement | None:
    """The preferred start at which the power stays under threshold + sun for the whole run.

    Planned charging is no obstacle as long as it can give way; where booked discharges need it, it counts as load.
    """
    home, run, from_us = question.home, question.run, question.from_us
    remaining_us, latest_us = run.remaining_us(from_us), question.latest_us
    first_us = earliest_start(
        home.room_w, run.request.draws, length_us=remaining_us, not_before_us=from_us, not_after_us=latest_us
    )
    if first_us is None:
        return None
    preference = question.preference or preference_of(home, run.request, question.policy)
    views = [home] if max(home.charge_w.values) == 0 else [home, replace(home, room_w=home.room_w - home.charge_w)]
    for view in views:
        start_us = preferred_start(
            view,
            run.request,
            preference,
            length_us=remaining_us,
            not_before_us=first_us,
            not_after_us=latest_us,
        )
        if start_us is None:
            return None
        placement = _placed(question, run, start_us, remaining_us)
        if placement is not None:
            return placement
    return None


def with_battery(question: PlacementProblem) -> Placement | None:
    """The earliest start at which the battery can give what is above the limit, for the whole run; or the cheapest."""
    home, run, from_us = question.home, question.run, question.from_us
    battery = home.household.battery
    if battery is None:
        return None
    remaining_us = run.remaining_us(from_us)
    windows = fitting_windows(
        home.room_w,
        run.request.draws,
        length_us=remaining_us,
        not_before_us=from_us,
        not_after_us=question.latest_us,
        less_w=battery.power_w,
    )
    preference = question.preference or preference_of(home, run.request, question.policy)
    # Whatever a day of charging and the end of all that is booked do not make possible will never be.
    enough_us = max(from_us, home.room_w.starts_us[-1]) + US_PER_DAY
    search = _CoveredStarts(
        home=home, run=run, remaining_us=remaining_us, promised_wus=uncovered_energy(home), coverage=Coverage.of(home)
    )
    bounded = [
        replace(window, last_us=max(window.first_us, min(window.last_us, enough_us)))
        for window in windows
        if window.first_us <= enough_us
    ]
    earliest = next(
        (found for window in bounded if (found := _earliest_covered(question, window, search)) is not None), None
    )
    if earliest is None:
        return None
    cheapest = None if preference.cost is None else _cheapest_covered(question, bounded, search, preference)
    found = min(
        (placement for placement in (earliest, cheapest) if placement is not None),
        key=lambda placement: preference.score(placement.run.segments[-1].start_us, remaining_us),
    )
    return replace(found, outcome="battery")


def place_at(question: PlacementProblem, start_us: int) -> Placement | None:
    """The run at exactly ``start_us``, without or else with the battery; None when it does not fit there."""
    home, run = question.home, question.run
    remaining_us = run.remaining_us(question.from_us)
    if is_free(home.room_w, run.request.draws, start_us=start_us, length_us=remaining_us):
        return _placed(question, run, start_us, remaining_us)
    if not _may_be_covered(home, run, start_us, remaining_us):
        return None
    placement = _placed(question, run, start_us, remaining_us)
    return None if placement is None else replace(placement, outcome="battery")


def in_pieces(question: PlacementProblem) -> Placement | None:
    """An interruptible run that finds no unbroken place, in the first pieces that its remaining delay allows."""
    home, run, from_us = question.home, question.run, question.from_us
    if not run.request.is_interruptible or run.request.duration_us is None:
        return None
    segments = earliest_pieces(
        home.room_w,
        run.request.power_w,
        length_us=run.remaining_us(from_us),
        not_before_us=from_us,
        most_waiting_us=run.latest_resume_us(from_us) - from_us,
    )
    if segments is None:
        return None
    home = home.booked(replace(run, segments=segments))
    for segment in segments:
        run = run.resumed(segment.start_us, remaining_us=segment.end_us - segment.start_us)
    return Placement(home=home, run=run, moved=(), outcome="fit") if is_coverable(question.home, home) else None


def _placed(question: PlacementProblem, run: Run, start_us: int, remaining_us: int) -> Placement | None:
    placed = run.resumed(start_us, remaining_us=remaining_us)
    # What the run does before its new segment is in the books already.
    added = replace(run, segments=(Segment(start_us=start_us, end_us=min(FOREVER_US, start_us + remaining_us)),))
    home = question.home.booked(added)
    return Placement(home=home, run=placed, moved=(), outcome="fit") if is_coverable(question.home, home) else None


def _cheapest_covered(
    question: PlacementProblem, windows: Sequence[StartWindow], search: _CoveredStarts, preference: Preference
) -> Placement | None:
    """The cheapest of a day of starts on a step of room or cost that the battery covers; None: none is covered."""
    assert preference.cost is not None, "asked only where money counts"
    remaining_us = search.remaining_us
    last_us = question.from_us + US_PER_DAY
    draws, room_w = question.run.request.draws, question.home.room_w
    points = {
        point_us
        for window in windows
        for found in (
            meeting_points(room_w, window, length_us=remaining_us, draws=draws),
            preference.cost.points(window),
        )
        for point_us in found
        if point_us <= last_us
    }
    for start_us in sorted(points, key=lambda point_us: preference.score(point_us, remaining_us))[:_MOST_POINTS]:
        if search.may_be_covered(start_us):
            placement = charged(question, _placed(question, question.run, start_us, remaining_us))
            if placement is not None:
                return placement
    return None


def _earliest_covered(question: PlacementProblem, window: StartWindow, search: _CoveredStarts) -> Placement | None:
    """The earliest start of the window that the battery covers.

    Between two meeting points the energy needed is linear in the start, so where the first point fails and the next
    one works the earliest start lies between them.
    """
    remaining_us = search.remaining_us
    failed_us: int | None = None
    draws = question.run.request.draws
    for point_us in meeting_points(question.home.room_w, window, length_us=remaining_us, draws=draws):
        if search.may_be_covered(point_us):
            first_us = point_us if failed_us is None else search.first_between(failed_us, point_us)
            # Charging is planned to the watt and the microsecond, so the first start may be missed by a µs.
            for start_us in sorted({first_us, min(first_us + US_PER_SECOND, point_us), point_us}):
                placement = charged(question, _placed(question, question.run, start_us, remaining_us))
                if placement is not None:
                    return placement
        failed_us = point_us
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _CoveredStarts:
    """The starts at which the battery, charged as much as it may be, gives what a run needs above the limit.

    ``promised_wus`` is the energy that it cannot give even without the run, ``coverage`` the battery without it.
    """

    home: Home
    run: Run
    remaining_us: int
    promised_wus: Watts
    coverage: Coverage

    def may_be_covered(self, start_us: int) -> bool:
        """Whether some plan of charging covers the run at exactly ``start_us``."""
        if not _may_be_covered(self.home, self.run, start_us, self.remaining_us):
            return False
        end_us = min(FOREVER_US, start_us + self.remaining_us)
        if self.run.request.profile is not None:
            booked = replace(self.run, segments=(Segment(start_us=start_us, end_us=end_us),))
            return could_cover(self.home.booked(booked), self.promised_wus)
        return self.coverage.holds_with(self.run.request.power_w, start_us, end_us, self.promised_wus)

    def first_between(self, failed_us: int, works_us: int) -> int:
        """The first start after ``failed_us`` that may be covered, not after ``works_us``, which may.

        Without charging the start follows from the energy in store, which is tried first; else by bisection.
        """
        if max(self.home.charge_w.values) == 0:
            guess_us = self._where_energy_suffices(failed_us, works_us)
            if self.may_be_covered(guess_us):
                works_us = guess_us
                failed_us = failed_us if self.may_be_covered(guess_us - 1) else guess_us - 1
        return least_that_does(self.may_be_covered, failed_us, works_us)

    def _where_energy_suffices(self, failed_us: int, works_us: int) -> int:
        home, run = self.home, self.run
        battery = home.household.battery
        assert battery is not None, "only with a battery anything is covered"
        booked = -sum(piece.charge_w * (piece.end_us - piece.start_us) for piece in battery_course(home))
        left = home.stored_wus - battery.floor_wus - booked
        needed_then = _energy_needed(home, run, failed_us, self.remaining_us)
        needed_later = _energy_needed(home, run, works_us, self.remaining_us)
        if needed_then <= needed_later:
            return works_us
        share = min(Fraction(1), Fraction(needed_then - left) / Fraction(needed_then - needed_later))
        return max(failed_us + 1, failed_us + math.ceil(share * (works_us - failed_us)))


def _may_be_covered(home: Home, run: Run, start_us: int, remaining_us: int) -> bool:
    """Whether the battery's power, and its energy were it charged all the time, would do: a quick test at first."""
    battery = home.household.battery
    if battery is None:
        return False
    if not is_free(home.room_w.raised(battery.power_w), run.request.draws, start_us=start_us, length_us=remaining_us):
        return False
    at_most = min(battery.capacity_wus, home.stored_wus + battery.power_w * (start_us - home.now_us))
    return _energy_needed(home, run, start_us, remaining_us) <= max(at_most, home.stored_wus) - battery.floor_wus


def _energy_needed(home: Home, run: Run, start_us: int, remaining_us: int) -> Watts:
    """What the run needs above the limit, besides what is booked above it already, in watt-microseconds."""
    needed: Watts = 0
    for offset_us, length_us, power_w in phases_of(run.request.draws, remaining_us):
        begin_us = start_us + offset_us
        for piece in home.room_w.pieces(begin_us, min(FOREVER_US, begin_us + length_us)):
            needed += max(0, min(power_w - piece.value, power_w)) * (piece.end_us - piece.start_us)
    return needed
