"""Somewhere else to think: CPU-bound work never shares the loop's interpreter time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar, TypeVarTuple

from energy_manager.domain.errors import EnergyManagerError, OutOfTime

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class WorkersBusy(OutOfTime):
    """So much work is waiting that more of it would only be late."""

    code = "busy"


class NotEnoughMemory(EnergyManagerError):
    """What was asked for needs more memory than work of this kind may take."""

    code = "out_of_memory"


class Workers(Protocol):
    """Runs functions in other processes; one that dies or overruns costs its own request only."""

    async def run(self, function: Callable[[*Ts], T], *arguments: *Ts, deadline_s: float) -> T:
        """Call the function elsewhere and wait for its result.

        Function, arguments and result must be picklable.

        Raises:
            OutOfTime: the deadline passed (the worker was killed and replaced), or the worker died.
            WorkersBusy: too much is waiting already.
            NotEnoughMemory: it needs more memory than it may take.
            Exception: whatever the function raised.
        """
        ...
