"""``energy-manager plan …``: JSON in, from a file or standard input; the plan as JSON on standard output.

A command for each planner of ``JOBS``, made when it is asked for: planners are slow to load.
"""

from __future__ import annotations

import inspect
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.commands.activating import ACTIVATE, FLAG_NAMES, FLAGS, SITE, activate
from energy_manager.entrypoints.commands.on_demand import Group, OnDemand, command_of
from energy_manager.entrypoints.commands.options import CSV, TIME_ZONE, series_flag
from energy_manager.entrypoints.commands.progress import progress
from energy_manager.entrypoints.commands.streams import print_document, print_line, read_request, unwrap
from energy_manager.entrypoints.jobs import JOBS, planning_job

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from energy_manager.application.planner_result import PlannerResult
    from energy_manager.entrypoints.jobs.definition.activation import ActivationOptions
    from energy_manager.entrypoints.jobs.definition.answering import PlanDocument
    from energy_manager.entrypoints.jobs.definition.planning_job import AnyJob

REQUEST_FILE = Annotated[str, typer.Argument(metavar="[FILE|-]", help="The request: a file, or - for standard input.")]

DETAILS = Annotated[bool, typer.Option("--details", help="Answer as the HTTP route: with costs, bound and reasons.")]


class PlanGroup(Group):
    """The planners as commands, in the order of ``JOBS``."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(**attributes)
        planners = {outline.slug: name for name, outline in JOBS.items()}
        self.commands: Any = OnDemand(planners, lambda slug: _command_of(planning_job(planners[slug])))


plan = typer.Typer(
    cls=PlanGroup, help="Plan: a request as JSON in, from FILE or standard input (-); the plan as JSON out."
)


@plan.callback()
def _planners() -> None:
    """Each planner is a command of its own."""


def _command_of(job: AnyJob) -> Any:  # noqa: ANN401 - click's
    return command_of(job.outline.slug, _callback(job), summary=_help(job))


def _help(job: AnyJob) -> str:
    no_plan = "" if job.no_plan is None else f"Exit code 3 where {job.no_plan}."
    return "\n\n".join(filter(None, (job.summary, job.activation_is, no_plan)))


def _callback(job: AnyJob) -> Any:  # noqa: ANN401 - a function with the job's own parameters
    inputs = () if job.csv is None else job.csv.inputs

    def command(file: str = "-", *, is_activated: bool = False, site: Path | None = None, **said: Any) -> None:  # noqa: ANN401
        from energy_manager.entrypoints.jobs.definition.activation import refuse_without_effect  # noqa: PLC0415 - late
        from energy_manager.entrypoints.jobs.definition.answering import plan_document  # noqa: PLC0415
        from energy_manager.entrypoints.jobs.definition.csv_form import with_series  # noqa: PLC0415
        from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415

        of_activation: dict[str, Any] = {name: said.pop(name) for name in job.activation}
        as_csv, time_zone = said.pop("csv", False), said.pop("time_zone", None)
        details = said.pop("details", False)
        files = {stated: said.pop(f"file_of_{stated.flag}") for stated in inputs}
        options = job.options_of(load_settings(), _arguments(job, said))
        if not is_activated:
            beside = {FLAG_NAMES[name]: value for name, value in {"site": site, **of_activation}.items()}
            refuse_without_effect(beside, needed="--activate")
        stated = {series: name for series, name in files.items() if name is not None}
        text, dialect = with_series(read_request(file), stated, time_zone=time_zone)
        csv = dialect if as_csv else None

        def planned(activation: ActivationOptions | None, **how: Any) -> PlannerResult[PlanDocument]:  # noqa: ANN401 - as plan_document's
            with progress(f"planning (at most {options.time_limit_s:g} s are searched)"):
                return plan_document(job, text, options, activation=activation, **how)

        if is_activated:
            activate(partial(planned, csv=csv, details=details), site=site, said=of_activation)
        else:
            found = unwrap(planned(None, csv=csv, details=details))
            print_document(found.document)
            for remark in found.remarks:
                print_line(remark, to_stderr=True)

    parameters = _parameters(job)
    command.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what typer reads
        [
            inspect.Parameter(
                name,
                inspect.Parameter.POSITIONAL_OR_KEYWORD if name == "file" else inspect.Parameter.KEYWORD_ONLY,
                default=default,
                annotation=annotation,
            )
            for name, annotation, default in parameters
        ]
    )
    command.__annotations__ = {name: annotation for name, annotation, _ in parameters}
    return command


def _parameters(job: AnyJob) -> list[tuple[str, Any, Any]]:
    """The parameters of the job's command: name, annotation and default."""
    inputs = () if job.csv is None else job.csv.inputs
    parameters: list[tuple[str, Any, Any]] = [("file", REQUEST_FILE, "-")]
    parameters += [(name, _flag(name, field), None) for name, field in job.arguments.model_fields.items()]
    parameters += [(f"file_of_{stated.flag}", series_flag(stated.flag, stated.unit), None) for stated in inputs]
    if job.csv is not None:
        parameters += [("time_zone", TIME_ZONE, None), ("csv", CSV, False)]
    if job.own_form.details is not None:
        parameters.append(("details", DETAILS, False))
    parameters += [("is_activated", ACTIVATE, False), ("site", SITE, None)]
    return parameters + [(name, FLAGS[name], None) for name in job.activation]


def _flag(name: str, field: FieldInfo) -> Any:  # noqa: ANN401 - an annotation
    """``--co2/--no-co2`` for a truth value, ``--wind on_off|curtail`` for words."""
    words = [word for option in get_args(field.annotation) for word in get_args(option)]
    flag = f"--{name.replace('_', '-')}"
    about = field.description or ""
    said = f"{about[:1].upper()}{about[1:]}."
    if bool in get_args(field.annotation):
        return Annotated[bool | None, typer.Option(f"{flag}/--no-{flag[2:]}", help=said, show_default=False)]
    return Annotated[str | None, typer.Option(flag, metavar="|".join(words) or "TEXT", help=said)]


def _arguments(job: AnyJob, said: dict[str, Any]) -> Any:  # noqa: ANN401 - the job's arguments
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - late

    from energy_manager.entrypoints.jobs.exact.faults import faults_of  # noqa: PLC0415
    from energy_manager.entrypoints.jobs.exact.request_model import json_schema  # noqa: PLC0415

    try:
        return job.arguments(**said)
    except ValidationError as error:
        found = faults_of(error, json_schema(TypeAdapter(job.arguments)))
        raise Refused([Fault(field=f"--{fault.field}", message=fault.message) for fault in found]) from None
