"""A planner's answer as it goes out, made where the planner ran."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from energy_manager.adapters.json_text import error_document, write_json
from energy_manager.application.planner_result import Planned
from energy_manager.application.ports.durability import PutActivation, PutSchedule
from energy_manager.domain.errors import EnergyManagerError
from energy_manager.entrypoints.documents.activation import PlanWithSchedule, Wish

Options = TypeVar("Options")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The JSON of the plan or, where there is none, of the error; what kind of error; the rest as in ``Planned``.

    ``change`` is what the store must keep of a plan that is to be activated.
    """

    document: bytes
    failure: type[EnergyManagerError] | None
    plan_ms: float
    change: PutSchedule | PutActivation | None = None
    gap: float | None = None


def answer(plan: Callable[[bytes, Options], Planned[bytes]], text: bytes, options: Options) -> Answer:
    """Plan, and write down what came of it.

    Errors too are written here, in a worker: a small request can have half a million faults, and to unpack and write
    them would take the dispatch loop's interpreter for seconds.
    """
    planned = plan(text, options)
    return _refusal(planned) or Answer(
        document=planned.unwrap(), failure=None, plan_ms=planned.plan_ms, gap=planned.gap
    )


def activated_answer(
    plan: Callable[[bytes, Options, Wish], Planned[PlanWithSchedule]], text: bytes, options: Options, wish: Wish
) -> Answer:
    """As ``answer``, with the change that makes the plan a schedule."""
    planned = plan(text, options, wish)
    refusal = _refusal(planned)
    if refusal is not None:
        return refusal
    ready = planned.unwrap()
    return Answer(document=ready.document, failure=None, plan_ms=planned.plan_ms, gap=planned.gap, change=ready.change)


def _refusal(planned: Planned[Any]) -> Answer | None:
    if planned.error is None:
        return None
    document = write_json(error_document(planned.error))
    return Answer(document=document, failure=type(planned.error), plan_ms=planned.plan_ms)
