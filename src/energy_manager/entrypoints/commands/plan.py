"""``energy-manager plan …``: JSON in, from a file or standard input; the plan as JSON on standard output."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from energy_manager.application.planned import Planned
from energy_manager.domain.errors import Fault, Infeasible, OutOfTime, Refused
from energy_manager.entrypoints.documents.json_text import error_document, write_json

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
    from energy_manager.entrypoints.documents.production import (  # noqa: PLC0415 - as late as possible
        ProductionOptions,
        plan_production_document,
    )
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415

    defaults = load_settings().production
    options = ProductionOptions(
        co2=defaults.co2 if co2 is None else co2,
        wind=defaults.wind if wind is None else _wind(wind),
        time_limit_s=defaults.time_limit_s,
    )
    _answer(plan_production_document(_read(file), options))


def _wind(word: str) -> Literal["on_off", "curtail"]:
    if word == "on_off":
        return "on_off"
    if word == "curtail":
        return "curtail"
    raise Refused([Fault(field="--wind", message=f"{word!r} is neither on_off nor curtail")])


def _read(file: str) -> bytes:
    if file == "-":
        if sys.stdin is None:
            raise Refused([Fault(field="standard input", message="is closed")])
        file, read = "standard input", sys.stdin.buffer.read
    else:
        read = Path(file).read_bytes
    try:
        return read()
    except OSError as error:
        raise Refused([Fault(field=file, message=f"cannot be read: {error.strerror}")]) from None


def _answer(planned: Planned[bytes]) -> None:
    """Print the plan; where there is none, print why as JSON too and let the command end with the error's code."""
    if isinstance(planned.error, Infeasible | OutOfTime):
        _print(write_json(error_document(planned.error)))
    _print(planned.unwrap())


def _print(document: bytes) -> None:
    """Write to standard output, unbuffered: what cannot be written is told here and not when Python ends."""
    if sys.stdout is None:
        raise Refused([Fault(field="standard output", message="is closed")])
    unwritten = memoryview(document + b"\n")
    try:
        while unwritten:
            unwritten = unwritten[os.write(sys.stdout.fileno(), unwritten) :]
    except OSError as error:
        message = f"cannot be written: {error.strerror}"
        raise Refused([Fault(field="standard output", message=message)]) from None
