"""What a planner's run brings back: its answer or the reason for none, how long it took and how far it is proved."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, TypeVar

from energy_manager.domain.errors import EnergyManagerError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned(Generic[T]):
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


_gap: ContextVar[float | None] = ContextVar("gap", default=None)


def note_gap(gap: float) -> None:
    """Tell ``run_planner``, from inside what it runs, how far the plan is proved; see ``Planned``."""
    _gap.set(gap)


def run_planner(plan: Callable[[], T]) -> Planned[T]:
    """Run a planner and keep what it says on purpose, plan or error, with its time."""
    began_s = time.perf_counter()
    answer, error = None, None
    known = _gap.set(None)
    try:
        answer = plan()
    except EnergyManagerError as said:
        error = _without_its_past(said)
    finally:
        gap = _gap.get()
        _gap.reset(known)
    return Planned(answer=answer, error=error, plan_ms=1e3 * (time.perf_counter() - began_s), gap=gap)


def _without_its_past(error: EnergyManagerError) -> EnergyManagerError:
    """The error as a value: its traceback would keep all that the planner had in its hands."""
    error.__context__ = error.__cause__ = None
    return error.with_traceback(None)
