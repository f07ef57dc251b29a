"""``plan … --activate``: the plan as a schedule in the store that ``run`` works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy_manager.application.planner_result import Planned
from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.commands.streams import print_document, unwrap

if TYPE_CHECKING:
    from energy_manager.adapters.storage import StateRepository
    from energy_manager.domain.site import PlanningSite
    from energy_manager.entrypoints.documents.activation import PlanWithSchedule, Wish

Activate = Annotated[bool, typer.Option("--activate", help="Store the plan as a schedule, which the loop follows.")]
SiteOption = Annotated[
    Path | None,
    typer.Option("--site", metavar="FILE", help="With --activate: the site that follows; else the one last run."),
]
ScheduleName = Annotated[
    str | None, typer.Option("--id", metavar="NAME", help="With --activate: the schedule's name, replacing any such.")
]
From = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="With --activate: when it begins (ISO 8601); else now.")
]
ForMinutes = Annotated[
    float | None, typer.Option("--for", metavar="MINUTES", help="With --activate: how long it holds; else 60.")
]
AssetName = Annotated[
    str | None,
    typer.Option("--asset", metavar="NAME", help="With --activate: the storage's asset, if the request has no id."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What the command line says of an activation."""

    is_given: bool
    site: Path | None
    schedule_id: str | None
    start: str | None = None
    minutes: float | None = None
    asset: str | None = None

    def refuse_without_effect(self) -> None:
        """What only an activation has is a mistake where none is asked for.

        Raises:
            Refused: something was said of it, but not ``--activate``.
        """
        said = {
            "--site": self.site,
            "--id": self.schedule_id,
            "--from": self.start,
            "--for": self.minutes,
            "--asset": self.asset,
        }
        faults = [
            Fault(field=name, message="has a meaning only with --activate")
            for name, value in said.items()
            if value is not None and not self.is_given
        ]
        if faults:
            raise Refused(faults)


def activate(order: Order, plan: Callable[[Wish], Planned[PlanWithSchedule]]) -> None:
    """Print the plan once it is durable as a schedule, and say on standard error which schedule that is.

    Raises:
        Refused: the plan cannot be activated as ordered; nothing was stored.
        StoreUnavailable: nothing was stored, or that is not known.
    """
    from energy_manager.adapters.clocks import wall_clock  # noqa: PLC0415 - late, as all that loads SQLAlchemy
    from energy_manager.entrypoints.commands.schedule import line_of  # noqa: PLC0415
    from energy_manager.entrypoints.container.store import opened_store  # noqa: PLC0415
    from energy_manager.entrypoints.documents.activation import Wish, schedule_of  # noqa: PLC0415

    with opened_store() as store:
        wish = Wish(
            site=_site(order.site, store.repository),
            now=wall_clock(),
            schedule_id=order.schedule_id,
            start=None if order.start is None else _instant(order.start),
            minutes=order.minutes,
            asset=order.asset,
        )
        ready = unwrap(plan(wish))
        store.repository.commit([ready.change])
    print_document(ready.document)
    typer.echo(f"accepted: {line_of(schedule_of(ready.change))}", err=True)


def _site(path: Path | None, state: StateRepository) -> PlanningSite:
    from energy_manager.application.site_registry import known_site  # noqa: PLC0415
    from energy_manager.entrypoints.site_file import read_site_file  # noqa: PLC0415

    if path is not None:
        return read_site_file(path).described.planning_site
    site = known_site(state)
    if site is None:
        message = "no site has run on this store yet: run it first, or name its file"
        raise Refused([Fault(field="--site", message=message)])
    return site


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no time in ISO 8601, such as 2026-03-02T12:00:00Z"
        raise Refused([Fault(field="--from", message=message)]) from None
