"""The building's peak has risen: what may still move in its homes goes where it makes the least peak.

Two moves after each other. First together: the lowest level is found by bisection below which all that may move finds
a place, each run at its earliest start below the level, those with the earliest last start first (earliest due date:
Jackson 1955); unlike moving one run after the other this makes room for a run that can start nowhere else by moving one
that can. Then, under ``target_peak``, one run after the other, lowest priority first, out of what is still the peak:
that also finds places in pieces and may use the whole of a max delay. The work of both is limited by a count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from energy_manager.domain.appliances.admission.admit import fitted
from energy_manager.domain.appliances.admission.placement_problem import settled
from energy_manager.domain.appliances.admission.starts import earliest_start
from energy_manager.domain.appliances.ledger.charging import with_charging_planned
from energy_manager.domain.appliances.ledger.home import NOTHING_W, Home
from energy_manager.domain.appliances.ledger.step_function import Step, StepFunction
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.timetable_state import State, TimetableState
from energy_manager.domain.appliances.units import FOREVER_US, Watts

# Runs that are planned again together for one decision: those that are next.
_MOST_RUNS = 16
# Levels that are tried, fewer where runs and pieces of the building's load are many: pieces walked over (some ms).
_MOST_LEVELS = 8
_MOST_PIECES = 8000
# Runs that are moved one by one for one decision.
_MOST_MOVES = 8
# A level that is lower by less is not worth another try, nor is a peak worth moving runs.
_LITTLE_W = 50
# The part of a peak that has been up to which runs are put again; the rest is head-room for what nobody knows of yet.
_SHARE_OF_PEAK = (4, 5)


def with_peak_lowered(before: State, table: State, new: Run, *, target_w: Watts | None) -> State:
    """The timetable with a lower booked peak of all homes than ``table``, if moving what may move gives one.

    ``before`` is without the new run. ``target_w`` is the peak that the new run's home keeps under ``target_peak``
    (None: another strategy, in which nothing moves one by one). May move: what has not begun, and what is interruptible
    and of lower priority than the new run; under ``target_peak`` of every class, of followers under other strategies
    but ``cost`` of the low class.
    """
    if len(table.homes) == 1:
        return table
    table = _placed_together(before, table, new)
    return table if target_w is None else _moved_one_by_one(table, new, target_w)


def _placed_together(before: State, table: State, new: Run) -> State:
    """The timetable with everything that may move placed anew below the lowest level that holds it all."""
    rests = _rests(table, new)
    if not rests:
        return table
    peak_w = peak_of(table).value
    aim_w = _aim(before, table, new)
    starts = _lowest(table, rests, aim_w, peak_w) if peak_w - aim_w >= _LITTLE_W else None
    after = None if starts is None else _with_starts(table, rests, starts)
    return table if after is None or peak_w - peak_of(after).value < _LITTLE_W else after


def _moved_one_by_one(table: State, new: Run, target_w: Watts) -> State:
    """The timetable with as low a booked peak, down to the target, as moving run after run out of the peak gives."""
    eased = table
    for _ in range(_MOST_MOVES):
        peak = peak_of(eased)
        if peak.value - target_w < _LITTLE_W:
            break
        tried = (_out_of_peak(eased, run, peak.value) for run in _movable_at(eased, new, peak))
        moved = next((after for after in tried if after is not None), None)
        if moved is None:
            break
        eased = moved
    return table if eased is table else eased.with_batteries_shared()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rest:
    """What remains of a run, unbroken, from ``now_us`` on or later, but not after ``latest_us``."""

    run: Run
    length_us: int
    latest_us: int

    @property
    def household(self) -> str:
        return self.run.request.household

    def at(self, start_us: int) -> Run:
        """Only this rest, as a run of its own to be booked."""
        return replace(self.run, segments=(Segment(start_us=start_us, end_us=start_us + self.length_us),))


def _aim(before: TimetableState, table: TimetableState, new: Run) -> Watts:
    """The peak below which nothing is moved: the target, or the peak that was booked anyway."""
    household = new.request.household
    home = table.homes[household]
    if table.policy_of(household).strategy != "target_peak" or home.target_w is None:
        return peak_of(before).value
    part, whole = _SHARE_OF_PEAK
    return home.target_w * part // whole if home.does_target_rise else home.target_w


def _rests(table: TimetableState, new: Run) -> list[_Rest]:
    now_us = table.now_us
    givers = {name: _gives_way(table, home) for name, home in table.homes.items()}
    movable = [
        run
        for run in table.runs.values()
        if run.is_open(now_us)
        and run.request.duration_us is not None
        and run.request.priority_class in givers[run.request.household]
        and (run.run_id == new.run_id or _may_move(run, new, now_us))
    ]
    movable.sort(key=lambda run: (run.next_us(now_us), run.run_id))
    rests = [
        _Rest(run=run, length_us=run.remaining_us(now_us), latest_us=_latest(run, new, now_us))
        for run in movable[:_MOST_RUNS]
    ]
    return sorted(rests, key=lambda rest: (rest.latest_us, rest.run.run_id))


def _may_move(run: Run, new: Run, now_us: int) -> bool:
    return not run.has_started(now_us) or (run.request.is_interruptible and run.priority(now_us) < new.priority(now_us))


def _gives_way(table: TimetableState, home: Home) -> tuple[str, ...]:
    """The priority classes of the home whose runs move for the building's peak."""
    strategy = table.policy_of(home.household.household_id).strategy
    if strategy == "target_peak":
        return ("urgent", "normal", "low")
    return ("low",) if strategy != "cost" and home.household.follows_building_peak else ()


def _latest(run: Run, new: Run, now_us: int) -> int:
    """The last start of what remains; a pause takes at most half the delay that is left, the home may need the rest."""
    latest_us = run.latest_resume_us(now_us)
    if run.run_id == new.run_id or not run.has_started(now_us):
        return latest_us
    return max(run.end_us - run.remaining_us(now_us), (now_us + latest_us) // 2)


def _lowest(table: TimetableState, rests: Sequence[_Rest], low_w: Watts, high_w: Watts) -> list[int] | None:
    """Each rest's start below the lowest level that is found to hold all of them; None: none below ``high_w``."""
    bare = _without(table, rests)
    load_w = building_w(bare)
    low_w = max(low_w, *load_w.values)
    level_w, best = low_w, None
    for _ in range(min(_MOST_LEVELS, _MOST_PIECES // (len(rests) * len(load_w.values)))):
        if high_w - low_w < _LITTLE_W:
            break
        starts = _below(bare, rests, StepFunction.constant(level_w) - load_w)
        if starts is None:
            low_w = level_w
        else:
            best, high_w = starts, level_w
        level_w = (low_w + high_w) // 2
    return best


def _below(bare: TimetableState, rests: Sequence[_Rest], spare_w: StepFunction) -> list[int] | None:
    """Each rest, in order, at its earliest start within its home's room and the building's; None: one finds none."""
    rooms_w = {rest.household: bare.homes[rest.household].room_w for rest in rests}
    starts = []
    for rest in rests:
        start_us = earliest_start(
            rooms_w[rest.household].combined(spare_w, min),
            rest.run.request.draws,
            length_us=rest.length_us,
            not_before_us=max(bare.now_us, rest.run.request.waits_from_us),
            not_after_us=rest.latest_us,
        )
        if start_us is None:
            return None
        for piece in rest.at(start_us).pieces():
            taken = piece.start_us, piece.end_us, -piece.value
            rooms_w[rest.household] = rooms_w[rest.household].plus_on(*taken)
            spare_w = spare_w.plus_on(*taken)
        starts.append(start_us)
    return starts


def _without(table: State, rests: Sequence[_Rest]) -> State:
    for household in {rest.household: None for rest in rests}:
        runs = [rest.run for rest in rests if rest.household == household]
        table = table.with_home(table.homes[household].released_all(runs))
    return table


def _with_starts(table: State, rests: Sequence[_Rest], starts: Sequence[int]) -> State | None:
    """The timetable with every rest at its start; None where a battery could no longer give what it has promised."""
    moved = _without(table, rests)
    for rest, start_us in zip(rests, starts, strict=True):
        run = rest.run.cut(table.now_us).resumed(start_us, remaining_us=rest.length_us)
        home = moved.homes[rest.household].booked(rest.at(start_us))
        moved = moved.with_home(home).with_runs([run])
    for household in {rest.household: None for rest in rests}:
        charged = settled(table.homes[household], moved.homes[household])
        if charged is None:
            return None
        moved = moved.with_home(charged)
    return moved.with_batteries_shared()


def building_w(table: TimetableState) -> StepFunction:
    """The booked net load of all homes from now on."""
    return sum((home.net_w() for home in table.homes.values()), NOTHING_W).since(table.now_us)


def peak_of(table: TimetableState) -> Step:
    """The first piece of the highest booked net load of all homes."""
    return max(building_w(table).pieces(table.now_us, FOREVER_US), key=lambda piece: piece.value)


def _movable_at(table: TimetableState, new: Run, peak: Step) -> list[Run]:
    now_us = table.now_us
    movable = [
        run
        for name in table.homes
        if table.policy_of(name).strategy == "target_peak"
        for run in table.open_runs(name)
        if run.overlaps(peak.start_us, peak.end_us) and run.run_id != new.run_id and _may_move(run, new, now_us)
    ]
    return sorted(movable, key=lambda run: (run.priority(now_us), run.run_id))


def _out_of_peak(table: State, run: Run, peak_w: Watts) -> State | None:
    """The timetable with the rest of the run where the peak is lowest; None unless that is well below ``peak_w``."""
    home = with_charging_planned(table.homes[run.request.household].released(run))
    placement = fitted(table.with_home(home).question(run.cut(table.now_us)))
    if placement is None:
        return None
    after = table.with_home(placement.home).with_runs([placement.run])
    return after if peak_w - peak_of(after).value >= _LITTLE_W else None
