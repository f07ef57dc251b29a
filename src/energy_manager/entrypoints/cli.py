"""The command line: ``energy-manager`` = ``python -m energy_manager.entrypoints.cli``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import click
import typer

from energy_manager import __version__
from energy_manager.domain.errors import EnergyManagerError, Infeasible, OutOfTime
from energy_manager.entrypoints.stopping import Stopper

EXIT_CODES: tuple[tuple[type[EnergyManagerError], int], ...] = (
    (Infeasible, 3),
    (OutOfTime, 4),
    (EnergyManagerError, 2),
)

SiteOption = Annotated[
    Path | None, typer.Option("--site", metavar="FILE", help="Site file (TOML); without it the built-in demo site.")
]

app = typer.Typer(
    add_completion=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
stopper = Stopper()


def _show_version(is_asked: bool) -> None:  # noqa: FBT001 - typer's callback
    if is_asked:
        typer.echo(f"energy-manager {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def energy_manager(
    context: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 - its callback answers
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Plan what every energy asset should do, tell it so on time, keep the total when assets fail.

    Without a command: run.
    """
    if context.invoked_subcommand is None:
        run()


@app.command()
def run(
    *,
    site: SiteOption = None,
    for_s: Annotated[
        float | None,
        typer.Option("--for", metavar="SECONDS", min=0.0, help="End after this long, counted from the first tick."),
    ] = None,
    no_api: Annotated[bool, typer.Option("--no-api", help="Dispatch only, without the HTTP API.")] = False,  # noqa: ARG001
) -> None:
    """Dispatch a site until interrupted (Ctrl-C)."""
    from energy_manager.entrypoints import run as job  # noqa: PLC0415 - the container is slow to load

    job.run(stopper, site_path=site, for_s=for_s)


@app.command()
def check(*, site: SiteOption = None) -> None:
    """Check settings and site file, and say what would happen; changes nothing."""
    from energy_manager.entrypoints.check import describe  # noqa: PLC0415 - pydantic is slow to load

    for line in describe(site):
        typer.echo(line)


def _let_pythonpath_win() -> None:
    """``python -m`` puts the working directory first; a module on ``PYTHONPATH`` is meant to replace what is there."""
    entries = [str(Path(entry).resolve()) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    here = str(Path.cwd())
    if entries and not sys.flags.safe_path and sys.path[0] in {"", here} and here not in entries:
        sys.path.append(sys.path.pop(0))


def _fail(code: int, sentence: str) -> NoReturn:
    print(f"energy-manager: {sentence}", file=sys.stderr)  # noqa: T201 - this is where it is meant to go
    sys.exit(code)


def main() -> None:
    """Run the command line; errors are one line on stderr and an exit code."""
    stopper.install()
    _let_pythonpath_win()
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except click.ClickException as error:
        _fail(2, error.format_message())
    except EnergyManagerError as error:
        _fail(next(code for kind, code in EXIT_CODES if isinstance(error, kind)), str(error))


if __name__ == "__main__":
    main()
