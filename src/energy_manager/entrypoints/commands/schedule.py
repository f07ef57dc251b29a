"""``energy-manager schedule …``: the stored schedules, on the store that ``run`` works with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from energy_manager.domain.errors import Refused, near_miss
from energy_manager.entrypoints.command_line.terminal import is_for_people, zoned_span, zoned_time
from energy_manager.entrypoints.commands.lists import AsJson, clock_of, print_list
from energy_manager.entrypoints.commands.options import CSV, TIME_ZONE, stated_clock
from energy_manager.entrypoints.commands.streams import is_csv, print_document, print_line, read_request

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from energy_manager.domain.schedule import AcceptedSchedule, Schedule

schedule = typer.Typer(help="Stored schedules: the loop follows them over the site's own.")

ScheduleId = Annotated[str, typer.Argument(metavar="ID", help="The schedule's name.")]


@schedule.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """All stored schedules, oldest acceptance first."""
    from energy_manager.entrypoints.container.store.store import opened_store  # noqa: PLC0415 - late, as all that loads SQLAlchemy
    from energy_manager.entrypoints.documents.logbook import in_brief  # noqa: PLC0415

    with opened_store(for_questions=True) as store:
        accepted, zone = store.repository.all(), clock_of(store.repository)
    print_list(
        [entry.schedule for entry in accepted],
        as_json=as_json,
        document=lambda schedule: {"id": schedule.id, **in_brief(schedule)},
        line=line_of,
        columns=(
            ("schedule", lambda schedule: schedule.id),
            ("source", lambda schedule: str(schedule.source)),
            ("from", lambda schedule: zoned_time(schedule.start, zone)),
            ("to", lambda schedule: zoned_time(schedule.end, zone)),
            ("assets", lambda schedule: ", ".join(schedule.assets)),
        ),
        nothing="there are no stored schedules",
    )


@schedule.command()
def show(schedule_id: ScheduleId, *, csv: CSV = False, time_zone: TIME_ZONE = None) -> None:
    """One schedule as JSON or CSV; what it prints can be put again."""
    from energy_manager.entrypoints.container.store.store import opened_store  # noqa: PLC0415
    from energy_manager.entrypoints.documents.schedules.answer import full_document  # noqa: PLC0415
    from energy_manager.entrypoints.documents.schedules.csv_lines import schedule_csv  # noqa: PLC0415

    clock = stated_clock(time_zone)
    with opened_store(for_questions=True) as store:
        found = store.repository.get(schedule_id)
        known = () if found is not None else store.repository.all()
    if found is None:
        raise _unknown(schedule_id, known)
    print_document(schedule_csv(found, clock=clock) if csv else json.dumps(full_document(found), indent=2).encode())


@schedule.command()
def put(
    schedule_id: ScheduleId,
    file: Annotated[
        str,
        typer.Argument(metavar="FILE", help="JSON, or CSV with start,end,asset,target (or target_kw); - = stdin."),
    ],
    *,
    time_zone: TIME_ZONE = None,
) -> None:
    """Put a schedule, in place of any of the same id; durable when this command has ended."""
    from energy_manager.application.ports.schedules.durability import PutSchedule  # noqa: PLC0415
    from energy_manager.application.site_registry import known_site  # noqa: PLC0415
    from energy_manager.domain.schedule import AcceptedSchedule, refuse_unfit  # noqa: PLC0415
    from energy_manager.entrypoints.container.store.store import commit_command, opened_store  # noqa: PLC0415
    from energy_manager.entrypoints.documents.logbook import in_brief, kept_in_brief  # noqa: PLC0415
    from energy_manager.entrypoints.documents.schedules.csv_lines import schedule_from_csv  # noqa: PLC0415
    from energy_manager.entrypoints.documents.schedules.request import schedule_from_json  # noqa: PLC0415

    text, clock = read_request(file), stated_clock(time_zone)
    as_json = None if is_csv(text, file) else schedule_from_json(text, schedule_id)
    with opened_store() as store:
        site = known_site(store.repository)
        steps_per_kw = None if site is None else site.steps_per_kw
        stated = as_json or schedule_from_csv(text, schedule_id, clock=clock, steps_per_kw=steps_per_kw)
        if site is not None:
            refuse_unfit(stated, site)
        change, before = PutSchedule(schedule=stated), kept_in_brief(store.repository.get(schedule_id))
        put = commit_command(
            store.repository, "schedule put", schedule_id, change, before=before, after=in_brief(stated)
        )
        assert isinstance(put, AcceptedSchedule)
        zone = clock_of(store.repository)
    told = line_for_people(put.schedule, zone) if is_for_people() else line_of(put.schedule)
    print_line(f"accepted: {told}")


@schedule.command()
def delete(schedule_id: ScheduleId) -> None:
    """Forget a schedule; its assets get what the other schedules say."""
    from energy_manager.application.ports.schedules.durability import DeleteSchedule  # noqa: PLC0415
    from energy_manager.entrypoints.container.store.store import commit_command, opened_store  # noqa: PLC0415
    from energy_manager.entrypoints.documents.logbook import kept_in_brief  # noqa: PLC0415

    with opened_store() as store:
        before = kept_in_brief(store.repository.get(schedule_id))
        if before is not None:
            change = DeleteSchedule(id=schedule_id)
            commit_command(store.repository, "schedule deleted", schedule_id, change, before=before)
        known = () if before is not None else store.repository.all()
    if before is None:
        raise _unknown(schedule_id, known)
    print_line(f"deleted: {schedule_id}")


def line_of(schedule: Schedule) -> str:
    """``night  manual  2026-03-02T22:00:00Z to 2026-03-03T06:00:00Z  asset_1, asset_2``."""
    from energy_manager.domain.series import utc_text  # noqa: PLC0415

    start, end = (None if instant is None else utc_text(instant) for instant in (schedule.start, schedule.end))
    return _line(schedule, f"{start} to {end}")


def line_for_people(schedule: Schedule, zone: ZoneInfo | None) -> str:
    """``night  manual  Mon 2 Mar 23:00:00 to Tue 3 Mar 07:00:00 CET  asset_1, asset_2``: on the clock of the site."""
    if schedule.start is None or schedule.end is None:
        return _line(schedule, "no time")
    return _line(schedule, zoned_span(schedule.start, schedule.end, zone))


def _line(schedule: Schedule, time: str) -> str:
    return f"{schedule.id}   {schedule.source}   {time}   {', '.join(schedule.assets)}"


def _unknown(schedule_id: str, known: tuple[AcceptedSchedule, ...]) -> Refused:
    near = near_miss(schedule_id, (entry.schedule.id for entry in known), quoted=True)
    return Refused.at("ID", f"there is no schedule {schedule_id!r}{near}")
