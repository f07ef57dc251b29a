"""From a request's text to the text of its answer; runs in a worker process, or in the command's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from energy_manager.adapters.texts.json_text import error_document, write_json
from energy_manager.application.planner_result import PlannerResult, run_planner
from energy_manager.application.ports.schedules.durability import PutActivation, PutSchedule
from energy_manager.domain.errors import EnergyManagerError, Fault, Refused
from energy_manager.entrypoints.jobs.definition.activation import ActivationOptions, change_of
from energy_manager.entrypoints.jobs.definition.csv_form import CsvDialect
from energy_manager.entrypoints.jobs.definition.planning_job import AnyForm, AnyJob, PlannerOptions
from energy_manager.entrypoints.jobs.exact.faults import unknown_name


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDocument:
    """A plan as JSON, or as CSV with ``remarks``; ``change`` is what the store must keep of one to be activated."""

    document: bytes
    gap: float | None
    change: PutSchedule | PutActivation | None = None
    remarks: tuple[str, ...] = ()


def plan_document(
    job: AnyJob,
    text: bytes,
    options: PlannerOptions,
    *,
    path: str | None = None,
    activation: ActivationOptions | None = None,
    csv: CsvDialect | None = None,
    details: bool = False,
) -> PlannerResult[PlanDocument]:
    """Plan what the text asks for in the form of a path (None: the job's own); with ``csv`` it is no JSON.

    ``details``: the answer that says more, where the form has one.
    """
    form = job.own_form if path is None else job.form_at(path)

    def plan() -> PlanDocument:
        request = _read(job, form, text, options)
        if activation is not None:
            job.refuse_activation(request, activation)
        found = job.plan(request, options)
        remarks: tuple[str, ...] = ()
        if csv is not None and job.csv is not None:
            columns = job.csv.columns(request, found)
            document, remarks = csv.write(columns), tuple(columns.remarks)
        elif details and form.details is not None:
            document = form.details(request, found, options)
        else:
            document = form.write(request, found)
        if activation is None:
            return PlanDocument(document=document, gap=job.gap_of(found), remarks=remarks)
        schedule = job.schedule(request, found, activation)
        terms = None if job.terms is None else job.terms(request, found)
        change = change_of(schedule, activation, terms=terms)
        return PlanDocument(document=document, gap=job.gap_of(found), change=change, remarks=remarks)

    return run_planner(plan, gap_of=lambda planned: planned.gap)


def _read(job: AnyJob, form: AnyForm, text: bytes, options: PlannerOptions) -> Any:  # noqa: ANN401 - any job's request
    """The request; a field that should have been an option of the job is refused with the option's name."""
    try:
        return form.read(text, options)
    except Refused as refused:
        known = list(job.arguments.model_fields)
        raise Refused([_with_the_option(fault, known) for fault in refused.faults]) from None


def _with_the_option(fault: Fault, options: Sequence[str]) -> Fault:
    meant = next((option for option in options if option in fault.field.lower()), None)
    if meant is None or fault.message != unknown_name(fault.field, ()):
        return fault
    return replace(fault, message=f"{fault.message}; did you mean the option {meant}, which stands beside the request?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The JSON of the plan or, where there is none, of the error; what kind of error; the rest as in ``PlannerResult``.

    ``change`` is what the store must keep of a plan that is to be activated.
    """

    document: bytes
    failure: type[EnergyManagerError] | None
    plan_ms: float
    change: PutSchedule | PutActivation | None = None
    gap: float | None = None


def answer(
    job: AnyJob, path: str, text: bytes, options: PlannerOptions, activation: ActivationOptions | None = None
) -> Answer:
    """Plan, and write down what came of it.

    Errors too are written here, in a worker: a small request can have half a million faults, and to unpack and write
    them would take the dispatch loop's interpreter for seconds.
    """
    result = plan_document(job, text, options, path=path, activation=activation, details=True)
    if result.error is not None:
        document = write_json(error_document(result.error))
        return Answer(document=document, failure=type(result.error), plan_ms=result.plan_ms)
    planned = result.unwrap()
    return Answer(
        document=planned.document, failure=None, plan_ms=result.plan_ms, gap=result.gap, change=planned.change
    )
