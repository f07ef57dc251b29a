"""The cheapest plan within a budget: a dynamic programme over the core, on the few sums that the budget leaves.

Facts (exchange arguments): in the plan that wins, at most one plant of its cost runs strictly between its limits;
plants before it are off or at their high, plants after it off or at their low. So walking through the core in merit
order, the *upper phase* decides off or high, one plant turns, and the *lower phase* decides off or low. What is
*short* on arrival at a step, the power that this and later steps must still add to their defaults, is all that
matters for the rest: states of equal shortage merge, and hopeless ones are dropped.

Forward, the upper phase is spread out. Backward, the lower phase is built up step by step, and each state of the
upper phase learns the least excess of its rest. Ties go to the greater power of the earliest plant, which is how the
plan that wins every tie is found. Excesses are whole numbers, so nothing is rounded.
"""

from __future__ import annotations

from energy_manager.domain.production.search.bounds import CostBounds
from energy_manager.domain.production.search.core import PlantCore
from energy_manager.domain.production.search.group_step import GroupStep, groups_of, sums_of
from energy_manager.domain.production.search.plant_step import PlantStep
from energy_manager.domain.production.search.search_step import Excesses, SearchStep
from energy_manager.domain.production.stopwatch import Stopwatch

_WIDEST_WINDOW = 1 << 22

# Sums of groups by their places in the merit order: one budget's groups are often the next one's too.
KnownSums = dict[tuple[int, ...], int]


class TooManyStates(Exception):
    """The search was cut short at its ceiling of states."""


class Search:
    """One search of one core; ``states`` counts what was looked at, also where nothing was found."""

    def __init__(
        self,
        core: PlantCore,
        bounds: CostBounds,
        watch: Stopwatch,
        *,
        most_states: int,
        known_sums: KnownSums | None = None,
    ) -> None:
        self.states = 0
        self._most_states = most_states
        self._core = core
        self._bounds = bounds
        self._watch = watch
        self._known_sums = {} if known_sums is None else known_sums
        self._steps: list[SearchStep] = []
        self._first_flexible, self._last_flexible = -1, -1

    def run(self) -> dict[int, int] | None:
        """Powers of the core's plants by place in the merit order, or None where no plan is within the budget.

        Raises ``TooManyStates``.
        """
        self._steps = self._steps_of_core()
        flexible = [number for number, step in enumerate(self._steps) if step.is_flexible]
        if flexible:
            self._first_flexible, self._last_flexible = flexible[0], flexible[-1]
        upper = self._spread_upper_phase()
        rest = self._build_back(upper)
        return self._walk() if self._core.short in rest else None

    def _spread_upper_phase(self) -> list[Excesses]:
        """The least excess so far, by shortage, on arrival at each step up to the last flexible one and at the next."""
        upper = [{self._core.short: 0}]
        for step in self._steps[: self._last_flexible + 1]:
            upper.append(step.spread(upper[-1], self._bounds.rest(step.end)))
            self._count(len(upper[-1]))
        return upper

    def _build_back(self, upper: list[Excesses]) -> Excesses:
        """The least excess of the rest for the states of the upper phase at the first step."""
        lower: Excesses = {0: 0}
        for step in reversed(self._steps[self._last_flexible + 1 :]):
            lower = self._extend(step, lower)
        rest = {
            short: lower[short]
            for short, excess in upper[-1].items()
            if short in lower and lower[short] + excess <= self._core.budget
        }
        for number in range(self._last_flexible, -1, -1):
            step = self._steps[number]
            rest = step.decide(upper[number], rest, lower)
            upper.pop()
            self._count(len(rest))
            if number > self._first_flexible:
                lower = self._extend(step, lower)
        return rest

    def _extend(self, step: SearchStep, lower: Excesses) -> Excesses:
        before = len(lower)
        lower = step.extend(lower, self._bounds.before(step.start))
        self._count(before // 8 + max(0, len(lower) - before) + 1)
        return lower

    def _walk(self) -> dict[int, int]:
        """From the first step on, the powers that were noted."""
        core = self._core
        powers: dict[int, int] = {}
        short, is_upper = core.short, self._last_flexible >= 0
        for number, step in enumerate(self._steps):
            is_upper = is_upper and number <= self._last_flexible
            decided, is_upper = step.walk(short, is_upper=is_upper)
            powers.update(zip(core.places[step.start : step.end], decided, strict=True))
            short += sum(core.defaults[step.start : step.end]) - sum(decided)
        assert short == 0, "the powers add up to the load"
        return powers

    def _steps_of_core(self) -> list[SearchStep]:
        """Groups where there are any, single plants elsewhere."""
        core, steps, place = self._core, list[SearchStep](), 0
        for run in [*groups_of(core), range(len(core.places), len(core.places))]:
            steps += [PlantStep(core, single, self._bounds.modulus, self._watch) for single in range(place, run.start)]
            if run:
                steps.append(self._group(run))
            place = run.stop
        return steps

    def _group(self, run: range) -> GroupStep:
        core, bounds = self._core, self._bounds
        window = bounds.window_before(run.start)
        most_after = bounds.most_settled(run.stop)
        if max(window[1] - window[0], most_after) > _WIDEST_WINDOW:
            raise TooManyStates
        places = tuple(core.places[run.start : run.stop])
        if places not in self._known_sums:
            lows, highs = core.lows[run.start : run.stop], core.highs[run.start : run.stop]
            self._known_sums[places] = sums_of(lows, highs, self._watch)
        return GroupStep(
            core,
            run,
            sums=self._known_sums[places],
            window=window,
            most_after=most_after,
            watch=self._watch,
        )

    def _count(self, states: int) -> None:
        self.states += states
        if self.states > self._most_states:
            raise TooManyStates
        self._watch.check()
