"""A planner's answer as it goes out, made where the planner ran."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from energy_manager.adapters.json_text import error_document, write_json
from energy_manager.application.planned import Planned
from energy_manager.domain.errors import EnergyManagerError

Options = TypeVar("Options")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The JSON of the plan or, where there is none, of the error; what kind of error; the rest as in ``Planned``."""

    document: bytes
    failure: type[EnergyManagerError] | None
    plan_ms: float
    gap: float | None = None


def answer(plan: Callable[[bytes, Options], Planned[bytes]], text: bytes, options: Options) -> Answer:
    """Plan, and write down what came of it.

    Errors too are written here, in a worker: a small request can have half a million faults, and to unpack and write
    them would take the dispatch loop's interpreter for seconds.
    """
    planned = plan(text, options)
    if planned.error is None:
        return Answer(document=planned.unwrap(), failure=None, plan_ms=planned.plan_ms, gap=planned.gap)
    document = write_json(error_document(planned.error))
    return Answer(document=document, failure=type(planned.error), plan_ms=planned.plan_ms)
