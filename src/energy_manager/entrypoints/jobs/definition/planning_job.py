"""The definition of a planner, and the ways to ask it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, Literal, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter

from energy_manager.application.ports.schedules.durability import JsonObject
from energy_manager.domain.schedule import Schedule
from energy_manager.entrypoints.jobs import Outline
from energy_manager.entrypoints.jobs.definition.activation import ActivationOptions
from energy_manager.entrypoints.jobs.definition.csv_form import CsvForm
from energy_manager.entrypoints.jobs.exact import RequestModel
from energy_manager.entrypoints.settings import Settings


class PlannerOptions(Protocol):
    """What a planner works with beside the request: settings and arguments, together."""

    @property
    def time_limit_s(self) -> float:
        """How long it may search, s."""
        ...


class Arguments(BaseModel):
    """What callers may say beside the request, each None unless it was said; nothing, where a request says it all."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Request = TypeVar("Request")
Plan = TypeVar("Plan")
Options = TypeVar("Options", bound=PlannerOptions)
Said = TypeVar("Said", bound=Arguments)

ActivationArgument: TypeAlias = Literal["schedule_id", "start", "minutes", "asset"]
"""What may be said of an activation; see ``ActivationOptions``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(Generic[Request, Plan, Options]):
    """One way to ask for a plan in JSON: a request, its model, an example that works, and how the answer is written.

    ``details`` writes an answer that says more than ``write``; HTTP gives it always, the command with ``--details``.
    ``path`` is where HTTP takes it. ``is_fed``: successful answers are told to the clients of ``WS /ws``.
    """

    path: str
    summary: str
    request: RequestModel[Any]
    example: Callable[[], object]
    answer: TypeAdapter[Any]
    answer_is: str
    read: Callable[[bytes, Options], Request]
    write: Callable[[Request, Plan], bytes]
    details: Callable[[Request, Plan, Options], bytes] | None = None
    may_activate: bool = True
    is_fed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningJob(Generic[Request, Plan, Options, Said]):
    """A planner as everything outside meets it: routes, the command, OpenAPI, metrics, ``check``.

    Args:
        outline: the job's entry in ``JOBS``; a job crosses to worker processes as the name of its module.
        summary: what it does, in a sentence.
        no_plan: when there is no plan (422, exit code 3), and what the answer says then; None where there always is.
        forms: how to ask for plans; the first one is the job's own route and its command.
        arguments: what callers may say beside the request, by query or flag; each is None unless it was said.
        activation: what may be said of an activation.
        options_of: settings and arguments together.
        plan: the plan; runs in a worker process.
        gap_of: how far a plan is proved, see ``PlannerResult``.
        schedule: the plan as what the site's assets are to do.
        terms: what is agreed with an activation; without it a plan is a schedule and no more.
        refuse_activation: what cannot be activated whatever the plan, before it is made.
        warm_up: makes a fresh worker ready.
        within_deadline: options with which no request searches longer than ``time_limit_s``, when a worker is killed.
        activation_is: what the command and the route say of an activation, where there is more to say.
        csv: which series the command may read from CSV files, and the plan as CSV; None: JSON only.
    """

    outline: Outline
    summary: str
    no_plan: str | None
    forms: tuple[Form[Request, Plan, Options], ...]
    arguments: type[Said]
    activation: Sequence[ActivationArgument]
    options_of: Callable[[Settings, Said], Options]
    plan: Callable[[Request, Options], Plan]
    gap_of: Callable[[Plan], float | None]
    schedule: Callable[[Request, Plan, ActivationOptions], Schedule]
    terms: Callable[[Request, Plan], JsonObject] | None = None
    refuse_activation: Callable[[Request, ActivationOptions], object] = lambda _request, _activation: None
    warm_up: Callable[[Options], None] = lambda _options: None
    within_deadline: Callable[[Options], Options] = lambda options: options
    activation_is: str = ""
    csv: CsvForm[Request, Plan] | None = None

    @property
    def name(self) -> str:
        """As in ``JOBS``."""
        return self.outline.name

    @property
    def own_form(self) -> Form[Request, Plan, Options]:
        """The form of the job's own route and of its command."""
        return self.forms[0]

    def form_at(self, path: str) -> Form[Request, Plan, Options]:
        """The form that HTTP takes at a path."""
        return next(form for form in self.forms if form.path == path)

    def __reduce__(self) -> tuple[Callable[[str], AnyJob], tuple[str]]:
        return job_in, (self.outline.module,)


AnyJob: TypeAlias = PlanningJob[Any, Any, Any, Any]
AnyForm: TypeAlias = Form[Any, Any, Any]


def job_in(module: str) -> AnyJob:
    """The job that a module defines, under the name ``JOB``."""
    job = import_module(module).JOB
    if not isinstance(job, PlanningJob):
        raise TypeError(f"{module}.JOB is no planning job")
    return job
