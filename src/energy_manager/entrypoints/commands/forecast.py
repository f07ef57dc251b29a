"""``energy-manager forecast …``: what the storage of a site is planned from, on the store that ``run`` works with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.commands.streams import print_document, print_line, read_request

forecast = typer.Typer(help="Forecasts in kW, from which the site's storage is planned: load, production, schedule.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="load, production, or schedule (of the storage).")]


@forecast.command("list")
def list_() -> None:
    """The forecasts that there are, a line each."""
    from energy_manager.application.forecasts import kept_forecasts  # noqa: PLC0415 - late, see below
    from energy_manager.entrypoints.container.store import opened_store  # noqa: PLC0415 - loads SQLAlchemy

    with opened_store(for_questions=True) as store:
        kept = kept_forecasts(store.repository)
    for document in kept:
        print_line(_line(document.body))
    if not kept:
        print_line("there are no forecasts", to_stderr=True)


@forecast.command()
def show(name: Name) -> None:
    """The readings of a forecast as JSON; what it prints can be put again."""
    from energy_manager.application.forecasts import readings_of  # noqa: PLC0415
    from energy_manager.entrypoints.container.store import opened_store  # noqa: PLC0415
    from energy_manager.entrypoints.documents.forecasts import forecast_name  # noqa: PLC0415

    known = forecast_name(name)
    with opened_store(for_questions=True) as store:
        readings = readings_of(store.repository, known)
    if readings is None:
        raise Refused([Fault(field="NAME", message=f"there is no forecast {name!r}")])
    print_document(readings.encode())


@forecast.command()
def put(
    name: Name,
    file: Annotated[str, typer.Argument(metavar="FILE", help='JSON: [{"time", "value"}, …] in kW; - = stdin.')],
) -> None:
    """Put a forecast, in place of the one of this name; durable when this command has ended."""
    from energy_manager.application.forecasts import keep_forecast  # noqa: PLC0415
    from energy_manager.entrypoints.container.store import opened_store  # noqa: PLC0415
    from energy_manager.entrypoints.documents.forecasts import forecast_from_json, forecast_name  # noqa: PLC0415

    stated = forecast_from_json(read_request(file), forecast_name(name))
    with opened_store() as store:
        kept = keep_forecast(store.repository, stated)
    print_line(f"accepted: {_line(kept.body)}")


@forecast.command()
def delete(name: Name) -> None:
    """Forget a forecast."""
    from energy_manager.application.forecasts import forget_forecast  # noqa: PLC0415
    from energy_manager.entrypoints.container.store import opened_store  # noqa: PLC0415
    from energy_manager.entrypoints.documents.forecasts import forecast_name  # noqa: PLC0415

    known = forecast_name(name)
    with opened_store() as store:
        was_there = forget_forecast(store.repository, known)
    if not was_there:
        raise Refused([Fault(field="NAME", message=f"there is no forecast {name!r}")])
    print_line(f"deleted: {name}")


def _line(words: Mapping[str, Any]) -> str:
    """``load   96 readings   2026-03-02T00:00:00Z to 2026-03-02T23:45:00Z``."""
    return f"{words['name']}   {words['count']} readings   {words['start']} to {words['end']}"
