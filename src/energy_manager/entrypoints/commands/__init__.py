"""The commands of the command line: a module each, loaded when its command is asked for."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from energy_manager import __version__
from energy_manager.entrypoints.commands.on_demand import Group, OnDemand, command_in

COMMANDS = (
    "init",
    "run",
    "check",
    "status",
    "plan",
    "schedule",
    "forecast",
    "prices",
    "appliances",
    "devices",
    "drill",
    "explain",
    "replay",
    "report",
    "backtest",
    "tokens",
    "fleet",
    "dsxos",
)
"""In the order of the help; a command, or group of commands, has the name of its module."""


class Commands(Group):
    """The commands of ``COMMANDS``."""

    def __init__(self, **attributes: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(**attributes)
        self.commands: Any = OnDemand(COMMANDS, lambda name: command_in(f"{__name__}.{name}"))


app = typer.Typer(
    cls=Commands,
    context_settings={"help_option_names": ["--help", "-h"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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
        from energy_manager.entrypoints.commands.run import run  # noqa: PLC0415 - one of many

        run(context)
