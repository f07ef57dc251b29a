"""What a planner's run brings back: its answer or the reason for none, how long it took and how far it is proved."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from energy_manager.domain.errors import EnergyManagerError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannerResult(Generic[T]):
    """A planner's answer or the error it ended with, and the planner's time in milliseconds.

    ``gap`` is the share of the plan's cost by which it may lie above the least there is: 0 = proved to be the least,
    None = nothing is known.
    A value, so that it crosses from a worker process to the API with the time even where there is no plan.
    """

    answer: T | None
    error: EnergyManagerError | None
    plan_ms: float
    gap: float | None = None

    def unwrap(self) -> T:
        """The answer; raises the error where there is none."""
        if self.error is not None:
            raise self.error
        if self.answer is None:
            raise TypeError("a planner must answer or raise")
        return self.answer


def _unknown(_: object) -> None:
    """Nothing is known of how far it is proved."""


def run_planner(plan: Callable[[], T], *, gap_of: Callable[[T], float | None] = _unknown) -> PlannerResult[T]:
    """Run a planner and keep what it says on purpose, plan or error, with its time; ``gap_of`` an answer: see there."""
    began_s = time.perf_counter()
    answer, error, gap = None, None, None
    try:
        answer = plan()
        gap = gap_of(answer)
    except EnergyManagerError as said:
        error = _without_its_past(said)
    return PlannerResult(answer=answer, error=error, plan_ms=1e3 * (time.perf_counter() - began_s), gap=gap)


def _without_its_past(error: EnergyManagerError) -> EnergyManagerError:
    """The error as a value: its traceback would keep all that the planner had in its hands."""
    error.__context__ = error.__cause__ = None
    return error.with_traceback(None)
