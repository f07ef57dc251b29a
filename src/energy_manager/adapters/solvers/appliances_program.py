"""Many appliance runs as one mixed integer programme, time-indexed.

A run that may not pause has a binary for each start it may have; one that may pause has a binary for each piece of time
in which it may be on. The axis is cut at every instant at which anything may change, so that each row speaks of a
piece of time in which all powers are constant, and the rows are exact for the grid of starts. Powers are in kW, times
in hours, to keep the numbers near one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from energy_manager.adapters.solvers.appliances_grid import (
    GRIDS_US,
    MOST_ENTRIES,
    candidate_starts,
    chosen_grid_us,
    piece_us,
)
from energy_manager.adapters.solvers.appliances_homes import add_exchange, add_home
from energy_manager.adapters.solvers.appliances_rows import INF, ApplianceProgram
from energy_manager.domain.appliances.optimisation.problem import Job, PlanProblem, covered_until
from energy_manager.domain.appliances.power_course import phases_of
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.units import FOREVER_US, US_PER_HOUR

# Each time a run is switched on again counts as this share of its tolerated delay.
SWITCH_DELAY = 0.01


def programme_of(
    problem: PlanProblem,
    extra_starts: Mapping[str, Sequence[int]] | None = None,
    *,
    most_entries: int = MOST_ENTRIES,
) -> ApplianceProgram:
    """Build the programme; ``extra_starts`` are added to the grid, for an incumbent that does not lie on it."""
    grid_us = chosen_grid_us(problem, most_entries=most_entries)
    extra = extra_starts or {}
    starts_of = {
        job.run_id: sorted({*candidate_starts(problem, job, grid_us), *extra.get(job.run_id, ())})
        for job in problem.jobs
        if piece_us(job) is None
    }
    axis_us = _axis(problem, starts_of, grid_us)
    programme = ApplianceProgram(problem=problem, grid_us=grid_us, axis_us=axis_us)
    loads: dict[str, list[list[tuple[int, float]]]] = {
        home.household: [[] for _ in range(len(axis_us) - 1)] for home in problem.homes
    }
    for job in problem.jobs:
        if piece_us(job) is not None:
            _add_split_job(programme, job, loads[job.household])
        else:
            _add_whole_job(programme, job, starts_of[job.run_id], loads[job.household])
    _add_appliances(programme)
    for home in problem.homes:
        add_home(programme, home, loads[home.household])
    return _with_aim(programme, loads)


def _axis(problem: PlanProblem, starts_of: dict[str, list[int]], grid_us: int) -> tuple[int, ...]:
    instants = {problem.start_us, problem.end_us}
    for job in problem.jobs:
        if job.run_id in starts_of:
            instants.update(starts_of[job.run_id])
            for offset_us, length_us, _ in phases_of(job.draws, job.length_us):
                if length_us < FOREVER_US:
                    instants.update(
                        start + since_us
                        for start in starts_of[job.run_id]
                        for since_us in (offset_us, offset_us + length_us)
                    )
        else:
            instants.update(_blocks(problem, job))
    for home in problem.homes:
        instants.update(home.limit_w.starts_us[1:])
        instants.update(home.fixed_net_w.starts_us[1:])
        if home.battery is not None:
            instants.update(range(problem.start_us, problem.end_us, max(grid_us, GRIDS_US[3])))
    for price in (problem.price_eur_per_mwh, problem.feed_in_eur_per_mwh):
        instants.update(() if price is None else price.starts_us[1:])
    return tuple(sorted(at for at in instants if problem.start_us <= at <= problem.end_us))


def _add_whole_job(
    programme: ApplianceProgram, job: Job, starts: Sequence[int], load: list[list[tuple[int, float]]]
) -> None:
    """One binary a start; exactly one start, or left out."""
    rows = programme.rows
    columns = {start: rows.column(0, 1, is_whole=True) for start in starts}
    programme.starts[job.run_id] = columns
    for start, column in columns.items():
        for offset_us, length_us, power_w in phases_of(job.draws, job.length_us):
            for piece in _covered(programme, start + offset_us, length_us):
                load[piece].append((column, float(power_w) / 1000))
    entries = [(column, 1.0) for column in columns.values()]
    rows.row(1, [*entries, *_left_out(programme, job, 1.0)], 1)


def _blocks(problem: PlanProblem, job: Job) -> range:
    """The instants between which a job that may pause is on or off."""
    length_us = piece_us(job)
    assert length_us is not None, "only for jobs that are planned piece by piece"
    return range(job.earliest_us, covered_until(problem, job) + 1, length_us)


def _add_split_job(programme: ApplianceProgram, job: Job, load: list[list[tuple[int, float]]]) -> None:
    """One binary a block of time; their lengths add up to the job's, and its end is not before any of them."""
    rows = programme.rows
    blocks = _blocks(programme.problem, job)
    columns = {start_us: rows.column(0, 1, is_whole=True) for start_us in blocks[:-1]}
    programme.blocks[job.run_id] = columns
    power_kw = float(job.power_w) / 1000
    for start_us, column in columns.items():
        for piece in _covered(programme, start_us, blocks.step):
            load[piece].append((column, power_kw))
    needed = job.length_us // blocks.step
    rows.row(needed, [*((column, 1.0) for column in columns.values()), *_left_out(programme, job, needed)], needed)
    end, switches = rows.column(0, INF), rows.column(0, INF)
    programme.ends[job.run_id], programme.switches[job.run_id] = end, switches
    risings: list[int] = []
    before: int | None = None
    for start_us, column in columns.items():
        rows.row(0, [(end, 1.0), (column, -(start_us + blocks.step - job.earliest_us) / US_PER_HOUR)], INF)
        rising = rows.column(0, 1)
        rows.row(0, [(rising, 1.0), (column, -1.0), *([(before, 1.0)] if before is not None else [])], INF)
        risings.append(rising)
        before = column
    rows.row(0, [(switches, 1.0), *((rising, -1.0) for rising in risings)], INF)


def _add_appliances(programme: ApplianceProgram) -> None:
    """No two jobs of one appliance are on in the same piece of time."""
    by_appliance: dict[tuple[str, str], list[Job]] = {}
    for job in programme.problem.jobs:
        by_appliance.setdefault((job.household, job.appliance), []).append(job)
    for jobs in by_appliance.values():
        if len(jobs) < 2:
            continue
        on: list[list[tuple[int, float]]] = [[] for _ in programme.axis_us[1:]]
        for job in jobs:
            columns = {**programme.starts.get(job.run_id, {}), **programme.blocks.get(job.run_id, {})}
            length_us = piece_us(job) or job.length_us
            for start_us, column in columns.items():
                for piece in _covered(programme, start_us, length_us):
                    on[piece].append((column, 1.0))
        for entries in on:
            if len(entries) > 1:
                programme.rows.row(-INF, entries, 1)


def _covered(programme: ApplianceProgram, start_us: int, length_us: int) -> range:
    """The pieces of the axis in ``[start_us, start_us + length_us)``."""
    end_us = min(programme.problem.end_us, start_us + length_us)
    return range(bisect_left(programme.axis_us, start_us), bisect_left(programme.axis_us, end_us))


def _left_out(programme: ApplianceProgram, job: Job, value: float) -> list[tuple[int, float]]:
    if not job.may_be_left_out:
        return []
    programme.left_out[job.run_id] = programme.rows.column(0, 1, is_whole=True)
    return [(programme.left_out[job.run_id], value)]


def _with_aim(programme: ApplianceProgram, loads: dict[str, list[list[tuple[int, float]]]]) -> ApplianceProgram:
    """The building's rows: the peak over all pieces, or the import of each."""
    problem, rows, axis_us = programme.problem, programme.rows, programme.axis_us
    peak: int | None = None
    if problem.aim == "peak":
        peak = rows.column(-INF if problem.target_w is None else float(problem.target_w) / 1000, INF)
    limit_kw = INF if problem.building_limit_w is None else float(problem.building_limit_w) / 1000
    for piece in range(len(axis_us) - 1):
        fixed_kw = float(sum(home.fixed_net_w.at(axis_us[piece]) for home in problem.homes)) / 1000
        entries = [entry for load in loads.values() for entry in load[piece]]
        entries += [(charges[piece], 1.0) for charges in programme.charges.values()]
        if peak is not None:
            rows.row(-INF, [*entries, (peak, -1.0)], -fixed_kw)
        else:
            add_exchange(programme, piece, entries, fixed_kw)
        if limit_kw < INF:
            rows.row(-INF, entries, limit_kw - fixed_kw)
    return replace(programme, peak=peak)


def joined(starts_us: Iterable[int], length_us: int) -> tuple[Segment, ...]:
    """Blocks of time as segments, neighbours joined."""
    segments: list[Segment] = []
    for start_us in sorted(starts_us):
        if segments and segments[-1].end_us == start_us:
            segments[-1] = Segment(start_us=segments[-1].start_us, end_us=start_us + length_us)
        else:
            segments.append(Segment(start_us=start_us, end_us=start_us + length_us))
    return tuple(segments)
