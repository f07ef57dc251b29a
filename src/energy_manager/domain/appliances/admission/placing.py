"""The first two steps of admission: the run fits as it is, or with the battery's help."""

from __future__ import annotations

from dataclasses import replace

from energy_manager.domain.appliances.admission.preference import Preference, preference_of, preferred_start
from energy_manager.domain.appliances.admission.question import Placement, Question, searchable, settled
from energy_manager.domain.appliances.admission.starts import Window, fitting_windows, is_free, meeting_points
from energy_manager.domain.appliances.household import Battery
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.run import Run, Segment
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_DAY, US_PER_MINUTE, Watts

# A battery that is charged meanwhile makes "earliest" a search; it ends at this width.
_FINEST_SEARCH_US = US_PER_MINUTE // 60


def fit(question: Question, *, preference: Preference | None = None) -> Placement | None:
    """The preferred start at which the power stays under threshold + sun for the whole run.

    Planned charging is no obstacle as long as it can give way; where booked discharges need it, it counts as load.
    """
    home, run, from_us = searchable(question), question.run, question.from_us
    if preference is None:
        preference = preference_of(question.home, run.request, question.policy, question.others_w)
    remaining_us = run.remaining_us(from_us)
    views = [home] if max(home.charge_w.values) == 0 else [home, replace(home, room_w=home.room_w - home.charge_w)]
    for view in views:
        start_us = preferred_start(
            view,
            run.request,
            preference,
            length_us=remaining_us,
            not_before_us=from_us,
            not_after_us=run.latest_resume_us(from_us),
        )
        if start_us is None:
            return None
        placement = _placed(question, run, start_us, remaining_us)
        if placement is not None:
            return placement
    return None


def with_battery(question: Question) -> Placement | None:
    """The earliest start at which the battery can give what is above the limit, for the whole run."""
    home, run, from_us = searchable(question), question.run, question.from_us
    battery = home.household.battery
    if battery is None:
        return None
    remaining_us = run.remaining_us(from_us)
    windows = fitting_windows(
        home.room_w,
        run.request.power_w - battery.power_w,
        length_us=remaining_us,
        not_before_us=from_us,
        not_after_us=run.latest_resume_us(from_us),
    )
    # Whatever a day of charging and the end of all that is booked do not make possible will never be.
    enough_us = max(from_us, home.room_w.starts_us[-1]) + US_PER_DAY
    for window in windows:
        bounded = replace(window, last_us=max(window.first_us, min(window.last_us, enough_us)))
        placement = _earliest_covered(question, bounded, remaining_us)
        if placement is not None:
            return replace(placement, outcome="battery")
    return None


def place_at(question: Question, start_us: int) -> Placement | None:
    """The run at exactly ``start_us``, without or else with the battery; None when it does not fit there."""
    home, run = searchable(question), question.run
    remaining_us = run.remaining_us(question.from_us)
    if is_free(home.room_w, run.request.power_w, start_us=start_us, length_us=remaining_us):
        return _placed(question, run, start_us, remaining_us)
    if not _may_be_covered(home, run, start_us, remaining_us):
        return None
    placement = _placed(question, run, start_us, remaining_us)
    return None if placement is None else replace(placement, outcome="battery")


def _placed(question: Question, run: Run, start_us: int, remaining_us: int) -> Placement | None:
    placed = run.resumed(start_us, remaining_us=remaining_us)
    # What the run does before its new segment is in the books already.
    added = replace(run, segments=(Segment(start_us=start_us, end_us=min(FOREVER_US, start_us + remaining_us)),))
    home = settled(question.home, question.home.booked(added))
    return None if home is None else Placement(home=home, run=placed, moved=(), outcome="fit")


def _earliest_covered(question: Question, window: Window, remaining_us: int) -> Placement | None:
    """The earliest start of the window that the battery covers.

    Between two meeting points the energy needed is linear in the start, so where the first point fails and the next
    one works the earliest start lies between them and is found by bisection.
    """
    run = question.run

    def covered(start_us: int) -> Placement | None:
        if not _may_be_covered(searchable(question), run, start_us, remaining_us):
            return None
        return _placed(question, run, start_us, remaining_us)

    failed_us: int | None = None
    finest_us = 1 if max(question.home.charge_w.values) == 0 else _FINEST_SEARCH_US
    for point_us in meeting_points(question.home.room_w, window, length_us=remaining_us):
        best = covered(point_us)
        if best is None:
            failed_us = point_us
            continue
        low_us, high_us = point_us if failed_us is None else failed_us, point_us
        while high_us - low_us > finest_us:
            middle_us = (low_us + high_us) // 2
            found = covered(middle_us)
            if found is None:
                low_us = middle_us
            else:
                high_us, best = middle_us, found
        return best
    return None


def _may_be_covered(home: Home, run: Run, start_us: int, remaining_us: int) -> bool:
    """Whether the battery's power, and its energy were it full, would do: a quick test before the exact one."""
    battery: Battery | None = home.household.battery
    if battery is None:
        return False
    needed: Watts = 0
    for piece in home.room_w.pieces(start_us, min(FOREVER_US, start_us + remaining_us)):
        excess_w = run.request.power_w - piece.value
        if excess_w > battery.power_w:
            return False
        needed += max(0, min(excess_w, run.request.power_w)) * (piece.end_us - piece.start_us)
    return needed <= battery.capacity_wus - battery.floor_wus
