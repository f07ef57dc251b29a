"""One question to one home at one instant, and what an answer consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from energy_manager.domain.appliances.admission.preference import Policy, Preference
from energy_manager.domain.appliances.ledger.battery import could_cover, uncovered_energy
from energy_manager.domain.appliances.ledger.charging import with_charging_planned
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.run import Outcome, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementProblem:
    """May ``run`` start, and when?

    Args:
        home: the ledger, without the run.
        runs: all runs of the timetable, by id; looked through only by the steps that move some.
        run: what is to be placed; its segments lie before now.
        preference: which of its possible starts the run prefers; None: what the policy says.
        not_before_us: the run may not be placed earlier; None: from now on.
        before_us: only starts before it are wanted; None: all within the max delay.
    """

    home: Home
    runs: Mapping[str, Run]
    run: Run
    policy: Policy
    preference: Preference | None = None
    not_before_us: int | None = None
    before_us: int | None = None

    @property
    def from_us(self) -> int:
        """The first instant at which the run may be placed."""
        bounds = (self.home.now_us, self.run.request.not_before_us, self.not_before_us)
        return max(bound for bound in bounds if bound is not None)

    @property
    def latest_us(self) -> int:
        """The last instant at which what remains of the run may begin; before ``from_us`` when there is none."""
        latest_us = self.run.latest_resume_us(self.from_us)
        return latest_us if self.before_us is None else min(latest_us, self.before_us - 1)

    @property
    def now_us(self) -> int:
        """The instant of the question."""
        return self.home.now_us

    def open_runs(self) -> list[Run]:
        """The household's other runs that will still draw power."""
        household, run_id, now_us = self.run.request.household, self.run.run_id, self.now_us
        return [
            run
            for run in self.runs.values()
            if run.closed_as is None
            and run.segments
            and run.segments[-1].end_us > now_us
            and run.request.household == household
            and run.request.run_id != run_id
        ]

    def with_home(self, home: Home) -> PlacementProblem:
        """The same question to another home."""
        return replace(self, home=home)

    def sooner_than(self, start_us: int) -> PlacementProblem:
        """The same question about earlier starts only."""
        return replace(self, before_us=start_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """A home in which everything has its place; while a search goes on its charging is still that of before.

    ``run`` is the run asked about, ``moved`` the runs whose segments changed for it.
    """

    home: Home
    run: Run
    moved: tuple[Run, ...]
    outcome: Outcome


def is_coverable(before: Home, after: Home) -> bool:
    """Whether some plan of charging covers as much of the booked discharge as before: what a search needs to know."""
    return after.household.battery is None or could_cover(after) or could_cover(after, uncovered_energy(before))


def settled(before: Home, after: Home) -> Home | None:
    """``after`` with its charging planned anew, or None when less of the booked discharge is covered than before.

    Charging gives way to runs, but never so far that an energy already promised would be missing.
    """
    if after.household.battery is None:
        return after
    if not is_coverable(before, after):
        return None
    planned = with_charging_planned(after)
    missing = uncovered_energy(planned)
    return planned if missing == 0 or missing <= uncovered_energy(before) else None


def charged(question: PlacementProblem, placement: Placement | None) -> Placement | None:
    """The placement with its home's charging planned around it; None when that leaves a promised energy missing."""
    home = None if placement is None else settled(question.home, placement.home)
    return None if placement is None or home is None else replace(placement, home=home)
