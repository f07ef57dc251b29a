"""``energy-manager plan …``: JSON in, from a file or standard input; the plan as JSON on standard output."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

import typer

from energy_manager.adapters.json_text import error_document, write_json
from energy_manager.application.planned import Planned
from energy_manager.domain.errors import Fault, Infeasible, OutOfTime, Refused
from energy_manager.entrypoints.commands.streams import print_document, read_request

plan = typer.Typer(help="Plan: a request as JSON in, from FILE or standard input (-); the plan as JSON out.")

RequestFile = Annotated[str, typer.Argument(metavar="[FILE|-]", help="The request: a file, or - for standard input.")]


@plan.command()
def production(
    file: RequestFile = "-",
    *,
    co2: Annotated[
        bool | None, typer.Option("--co2/--no-co2", help="Whether burning gas pays for its CO2.", show_default=False)
    ] = None,
    wind: Annotated[
        str | None, typer.Option(metavar="on_off|curtail", help="Wind parks run fully or not at all, or are curtailed.")
    ] = None,
) -> None:
    """Which power plants run, and at what power, for a load."""
    from energy_manager.entrypoints.documents.production import plan_production_document  # noqa: PLC0415 - late
    from energy_manager.entrypoints.options import production_options  # noqa: PLC0415
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415

    options = production_options(load_settings().production)
    options = replace(
        options,
        co2=options.co2 if co2 is None else co2,
        wind=options.wind if wind is None else _wind(wind),
    )
    _answer(plan_production_document(read_request(file), options))


@plan.command()
def flexibility(file: RequestFile = "-") -> None:
    """The cheapest assets that reach a volume: the registry's, or those in the request."""
    from energy_manager.entrypoints.documents.flexibility import plan_flexibility_document  # noqa: PLC0415 - late
    from energy_manager.entrypoints.options import flexibility_options  # noqa: PLC0415
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415

    _answer(plan_flexibility_document(read_request(file), flexibility_options(load_settings().flexibility)))


@plan.command("peak-shaving")
def peak_shaving(file: RequestFile = "-") -> None:
    """Change storage schedules as little as possible so that the grid connection stays inside its limits."""
    from energy_manager.entrypoints.documents.peak_shaving import plan_peak_shaving_document  # noqa: PLC0415 - late
    from energy_manager.entrypoints.options import peak_shaving_options  # noqa: PLC0415
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415

    _answer(plan_peak_shaving_document(read_request(file), peak_shaving_options(load_settings().peak_shaving)))


@plan.command()
def appliances(file: RequestFile = "-") -> None:
    """When each appliance of a day may run, under its home's power threshold."""
    from energy_manager.entrypoints.documents.appliances import plan_appliances_document  # noqa: PLC0415 - late
    from energy_manager.entrypoints.options import appliances_options  # noqa: PLC0415
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415

    _answer(plan_appliances_document(read_request(file), appliances_options(load_settings().appliances)))


def _wind(word: str) -> Literal["on_off", "curtail"]:
    if word == "on_off":
        return "on_off"
    if word == "curtail":
        return "curtail"
    raise Refused([Fault(field="--wind", message=f"{word!r} is neither on_off nor curtail")])


def _answer(planned: Planned[bytes]) -> None:
    """Print the plan; where there is none, print why as JSON too and let the command end with the error's code."""
    if isinstance(planned.error, Infeasible | OutOfTime):
        print_document(write_json(error_document(planned.error)))
    print_document(planned.unwrap())
