"""``plan … --activate``: the plan as a schedule in the store that ``run`` works with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.command_line.terminal import width_of
from energy_manager.entrypoints.commands.lists import clock_of
from energy_manager.entrypoints.commands.streams import print_document, print_line, unwrap

if TYPE_CHECKING:
    from energy_manager.application.planner_result import PlannerResult
    from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
    from energy_manager.domain.site import PlanningSite
    from energy_manager.entrypoints.jobs.definition.activation import ActivationOptions
    from energy_manager.entrypoints.jobs.definition.answering import PlanDocument

ACTIVATE = Annotated[bool, typer.Option("--activate", help="Store the plan as a schedule, which the loop follows.")]
SITE = Annotated[
    Path | None,
    typer.Option("--site", metavar="FILE", help="With --activate: the site that follows; else the one last run."),
]
FLAGS: Mapping[str, Any] = {
    "schedule_id": Annotated[
        str | None,
        typer.Option("--id", metavar="NAME", help="With --activate: the schedule's name, replacing any such."),
    ],
    "start": Annotated[
        str | None,
        typer.Option("--from", metavar="TIME", help="With --activate: when it begins (ISO 8601); else now."),
    ],
    "minutes": Annotated[
        float | None,
        typer.Option("--for", metavar="MINUTES", help="With --activate: how long it holds; else 60."),
    ],
    "asset": Annotated[
        str | None,
        typer.Option("--asset", metavar="NAME", help="With --activate: the storage's asset, if the request has no id."),
    ],
}
"""What may be said of an activation; see ``ActivationOptions``."""

FLAG_NAMES = {"site": "--site", "schedule_id": "--id", "start": "--from", "minutes": "--for", "asset": "--asset"}


def activate(
    plan: Callable[[ActivationOptions], PlannerResult[PlanDocument]], *, site: Path | None, said: Mapping[str, Any]
) -> None:
    """Print the plan once it is durable as a schedule, and say on standard error which schedule that is.

    Raises:
        Refused: the plan cannot be activated as ordered; nothing was stored.
        ClockDoubtful: it is to hold from now on, and this machine's clock is not to be believed; nothing was stored.
        StoreUnavailable: nothing was stored, or that is not known.
    """
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - late, as all that takes time to load

    from energy_manager.entrypoints.commands.schedule import line_for_people, line_of  # noqa: PLC0415 - late, as all that loads SQLAlchemy
    from energy_manager.entrypoints.container.store.store import (  # noqa: PLC0415
        commit_command,
        opened_store,
        refuse_doubtful_clock,
        wall_clock,
    )
    from energy_manager.entrypoints.documents.logbook import in_brief  # noqa: PLC0415
    from energy_manager.entrypoints.jobs.definition.activation import ActivationOptions, schedule_of  # noqa: PLC0415
    from energy_manager.entrypoints.site_file import read_site_file  # noqa: PLC0415

    named = None if site is None else read_site_file(site).described
    with opened_store(site=None if named is None else named.name) as store:
        start = said.get("start")
        if start is None:
            refuse_doubtful_clock(store.repository)
        options = ActivationOptions(
            site=_site_in(store.repository) if named is None else named.planning_site,
            now=wall_clock(),
            **{**said, "start": None if start is None else _instant(start)},
        )
        ready = unwrap(plan(options))
        assert ready.change is not None, "a plan that is activated has one"
        schedule = schedule_of(ready.change)
        commit_command(store.repository, "plan activated", schedule.id, ready.change, after=in_brief(schedule))
        zone = clock_of(store.repository) if named is None else ZoneInfo(named.time_zone)
    print_document(ready.document)
    is_seen = width_of(sys.stderr) is not None
    told = line_for_people(schedule, zone) if is_seen else line_of(schedule)
    print_line(f"accepted: {told}", to_stderr=True)


def _site_in(documents: DocumentRepository) -> PlanningSite:
    from energy_manager.application.site_registry import known_site  # noqa: PLC0415

    site = known_site(documents)
    if site is None:
        raise Refused.at("--site", "no site has run on this store yet: run it first, or name its file")
    return site


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Refused.at("--from", f"{text!r} is no time in ISO 8601, such as 2026-03-02T12:00:00Z") from None
