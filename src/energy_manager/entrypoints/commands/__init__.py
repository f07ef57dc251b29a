"""The commands of the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from energy_manager import __version__
from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.commands.appliances import appliances
from energy_manager.entrypoints.commands.backtest import backtest
from energy_manager.entrypoints.commands.devices import devices as devices_commands
from energy_manager.entrypoints.commands.drill import drill
from energy_manager.entrypoints.commands.dsxos import dsxos
from energy_manager.entrypoints.commands.explain import explain
from energy_manager.entrypoints.commands.forecast import forecast
from energy_manager.entrypoints.commands.plan import plan
from energy_manager.entrypoints.commands.prices import prices
from energy_manager.entrypoints.commands.replay import replay
from energy_manager.entrypoints.commands.report import report
from energy_manager.entrypoints.commands.schedule import schedule
from energy_manager.entrypoints.commands.streams import print_line
from energy_manager.entrypoints.commands.tokens import tokens
from energy_manager.entrypoints.shutdown import Stopper

SiteOption = Annotated[
    Path | None, typer.Option("--site", metavar="FILE", help="Site file (TOML); without it the built-in demo site.")
]

app = typer.Typer(
    add_completion=False,
    context_settings={"help_option_names": ["--help", "-h"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(plan, name="plan")
app.add_typer(appliances, name="appliances")
app.add_typer(schedule, name="schedule")
app.add_typer(forecast, name="forecast")
app.add_typer(tokens, name="tokens")
app.add_typer(devices_commands, name="devices")
app.command()(backtest)
app.command()(drill)
app.command()(dsxos)
app.command()(explain)
app.command()(prices)
app.command()(replay)
app.command()(report)


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
        run(context)


@app.command()
def run(
    context: typer.Context,
    *,
    site: SiteOption = None,
    for_s: Annotated[
        float | None,
        typer.Option("--for", metavar="SECONDS", min=0.0, help="End after this long, counted from the first tick."),
    ] = None,
    no_api: Annotated[bool, typer.Option("--no-api", help="Dispatch only, without the HTTP API.")] = False,
    supervised: Annotated[
        bool,
        typer.Option("--supervised", help="With a parent process that starts the loop again when it hangs or dies."),
    ] = False,
    takeover: Annotated[
        bool,
        typer.Option(
            "--takeover",
            help="Take the site from a process on another machine that is surely stopped.",
        ),
    ] = False,
) -> None:
    """Dispatch a site until interrupted (Ctrl-C)."""
    if supervised:
        from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415 - pydantic is slow to load
        from energy_manager.entrypoints.supervising import supervise  # noqa: PLC0415

        options = {"--site": site, "--for": for_s}
        arguments = [word for name, value in options.items() if value is not None for word in (name, str(value))]
        arguments += [name for name, is_said in (("--no-api", no_api), ("--takeover", takeover)) if is_said]
        supervise(arguments, period_s=load_settings().dispatch.period_s)
    from energy_manager.entrypoints import run as job  # noqa: PLC0415 - the container is slow to load

    job.run(context.ensure_object(Stopper), site_path=site, for_s=for_s, with_api=not no_api, takeover=takeover)


@app.command()
def check(
    *,
    site: SiteOption = None,
    devices: Annotated[
        bool, typer.Option("--devices", help="Connect to every device too and read it; nothing is written.")
    ] = False,
) -> None:
    """Check settings and site file, and say what would happen; changes nothing.

    Everything that is wrong is told, a line each. With --devices: exit code 1 where a device is silent, or another one
    than the site file names.
    """
    from energy_manager.entrypoints.check import describe  # noqa: PLC0415 - pydantic is slow to load

    try:
        lines = list(describe(site))
    except Refused as refused:
        for fault in refused.faults:
            print_line(f"{fault.field}: {fault.message}")
        raise _first_of(refused) from None
    for line in lines:
        print_line(line)
    if devices:
        _check_devices(site)


def _check_devices(site: Path | None) -> None:
    from energy_manager.entrypoints.commissioning.lines import survey_lines  # noqa: PLC0415
    from energy_manager.entrypoints.commissioning.looking import look  # noqa: PLC0415

    survey, site_file = look(site)
    for line in survey_lines(survey, site_file):
        print_line(line)
    if not survey.is_good:
        raise typer.Exit(1)


def _first_of(refused: Refused) -> Refused:
    """The first fault in one line, with how many more there are."""
    first, *more = refused.faults
    message = f"{first.message}; and {len(more)} more" if more else first.message
    return Refused([Fault(field=first.field, message=message)])
