"""``energy-manager forecast …``: what is expected, as planners use it, on the store that ``run`` works with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from energy_manager.domain.errors import Refused, near_miss
from energy_manager.entrypoints.command_line.terminal import is_for_people, zoned_span, zoned_time
from energy_manager.entrypoints.commands.lists import AsJson, clock_of, print_list
from energy_manager.entrypoints.commands.options import CSV, TIME_ZONE, stated_clock
from energy_manager.entrypoints.commands.streams import is_csv, print_document, print_line, read_request

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from energy_manager.application.ports.forecasts.forecast_repository import ForecastRepository
    from energy_manager.domain.forecast import ForecastHead

forecast = typer.Typer(help="Forecasts, kept as issued. The site's storage is planned from load, production, schedule.")

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="load, production, schedule (of the storage), price, or another.")
]


@forecast.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """The forecasts that count now."""
    from energy_manager.entrypoints.container.store.store import opened_store, wall_clock  # noqa: PLC0415 - loads SQLAlchemy
    from energy_manager.entrypoints.documents.forecasts.answer import head_document  # noqa: PLC0415

    with opened_store(for_questions=True) as store:
        heads, zone = store.repository.forecasts(at=wall_clock()), clock_of(store.repository)
    print_list(
        list(heads),
        as_json=as_json,
        document=head_document,
        line=_line,
        columns=(
            ("forecast", lambda head: head.name),
            ("readings", lambda head: str(head.count)),
            ("unit", lambda head: str(head.unit)),
            ("from", lambda head: zoned_time(head.start, zone)),
            ("to", lambda head: zoned_time(head.end, zone)),
            ("issued", lambda head: zoned_time(head.issued_at, zone)),
        ),
        nothing="there are no forecasts",
    )


@forecast.command()
def show(name: Name, *, csv: CSV = False, time_zone: TIME_ZONE = None) -> None:
    """The readings of a forecast as JSON or CSV; what it prints can be put again."""
    from energy_manager.domain.forecast import KNOWN  # noqa: PLC0415
    from energy_manager.entrypoints.container.store.store import opened_store, wall_clock  # noqa: PLC0415
    from energy_manager.entrypoints.documents.forecasts.answer import forecast_csv, readings_document  # noqa: PLC0415

    clock = stated_clock(time_zone)
    with opened_store(for_questions=True) as store:
        found = store.repository.forecast(name, at=wall_clock())
        if found is None:
            raise _unknown(name, store.repository)
    if csv:
        print_document(forecast_csv(found, clock=clock))
        return
    readings = readings_document(found)
    document = readings if name in KNOWN else {"unit": str(found.unit), "readings": readings}
    print_document(json.dumps(document, separators=(",", ":")).encode())


@forecast.command()
def put(
    name: Name,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help='JSON: [{"time", "value"}, …] or {"unit", "issued_at", "readings"}; or CSV whose header has the unit,'
            " such as time;load_kw; - = stdin.",
        ),
    ],
    *,
    time_zone: TIME_ZONE = None,
) -> None:
    """Put a forecast, which counts from now on; durable when this command has ended."""
    from energy_manager.application.ports.schedules.durability import PutForecast  # noqa: PLC0415
    from energy_manager.domain.forecast import ForecastHead  # noqa: PLC0415
    from energy_manager.entrypoints.container.store.store import commit_command, opened_store, wall_clock  # noqa: PLC0415
    from energy_manager.entrypoints.documents.forecasts.request import forecast_from_csv, forecast_from_json  # noqa: PLC0415

    text, clock, now = read_request(file), stated_clock(time_zone), wall_clock()
    if is_csv(text, file):
        stated = forecast_from_csv(text, name, label=file, clock=clock, now=now)
    else:
        stated = forecast_from_json(text, name, now=now)
    with opened_store() as store:
        before = _in_force(name, store.repository)
        change, after = PutForecast(forecast=stated), {"count": len(stated.values)}
        head = commit_command(store.repository, "forecast put", name, change, before=before, after=after)
        assert isinstance(head, ForecastHead)
        zone = clock_of(store.repository)
    print_line(f"accepted: {_line_for_people(head, zone) if is_for_people() else _line(head)}")


@forecast.command()
def delete(name: Name) -> None:
    """Forget all forecasts of a name."""
    from energy_manager.application.ports.schedules.durability import DeleteForecast  # noqa: PLC0415
    from energy_manager.entrypoints.container.store.store import commit_command, opened_store  # noqa: PLC0415

    with opened_store() as store:
        before = _in_force(name, store.repository)
        if before is None:
            raise _unknown(name, store.repository)
        commit_command(store.repository, "forecasts deleted", name, DeleteForecast(name=name), before=before)
    print_line(f"deleted: {name}")


def _in_force(name: str, repository: ForecastRepository) -> dict[str, Any] | None:
    from energy_manager.entrypoints.container.store.store import wall_clock  # noqa: PLC0415
    from energy_manager.entrypoints.documents.forecasts.answer import head_document  # noqa: PLC0415

    heads = repository.forecasts(at=wall_clock())
    return next((head_document(head) for head in heads if head.name == name), None)


def _unknown(name: str, repository: ForecastRepository) -> Refused:
    from energy_manager.entrypoints.container.store.store import wall_clock  # noqa: PLC0415

    known = (head.name for head in repository.forecasts(at=wall_clock()))
    return Refused.at("NAME", f"there is no forecast {name!r}{near_miss(name, known, quoted=True)}")


def _line(head: ForecastHead) -> str:
    """``load   96 readings   2026-03-02T00:00:00Z to 2026-03-02T23:45:00Z``; with the unit where that is not kW."""
    from energy_manager.domain.series import utc_text  # noqa: PLC0415

    return f"{_content(head)}   {utc_text(head.start)} to {utc_text(head.end)}"


def _line_for_people(head: ForecastHead, zone: ZoneInfo | None) -> str:
    """``load   96 readings   Mon 2 Mar 01:00:00 to Tue 3 Mar 00:45:00 CET``: on the clock of the site."""
    return f"{_content(head)}   {zoned_span(head.start, head.end, zone)}"


def _content(head: ForecastHead) -> str:
    from energy_manager.domain.forecast import Unit  # noqa: PLC0415

    unit = "" if head.unit is Unit.KW else f" in {head.unit}"
    return f"{head.name}   {head.count} readings{unit}"
