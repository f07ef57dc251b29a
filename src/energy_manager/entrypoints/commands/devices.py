"""``energy-manager devices …``: find real devices, look at them, try one by hand, simulate what is not there."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from energy_manager.domain.directions import to_do
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.commands.lists import AsJson, print_json
from energy_manager.entrypoints.commands.options import SITE
from energy_manager.entrypoints.commands.streams import print_line
from energy_manager.entrypoints.running.shutdown import Stopper

devices = typer.Typer(help="Real devices: find them, read them, try one by hand, simulate one by its template.")

Template = Annotated[str, typer.Argument(metavar="TEMPLATE", help="A shipped one by its name, or a path to a .toml.")]
Asset = Annotated[str, typer.Argument(metavar="ASSET", help="The id of an asset of the site file.")]


@devices.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """The templates that are shipped: name, link, what the device can be used as, how far it is verified."""
    from energy_manager.entrypoints.commissioning.lines import template_lines  # noqa: PLC0415 - pydantic is slow to load
    from energy_manager.entrypoints.container.devices.templates import shipped  # noqa: PLC0415

    if as_json:
        print_json([asdict(title) for title in shipped()])
        return
    for line in template_lines():
        print_line(line)


@devices.command()
def show(template: Template) -> None:
    """A template as TOML, a starting file for one of your own."""
    from energy_manager.entrypoints.container.devices.templates import text_of  # noqa: PLC0415

    typer.echo(text_of(template), nl=False)


@devices.command()
def scan(
    host: Annotated[
        str, typer.Argument(metavar="HOST", help="A name or an address; with --site also the id of a connection.")
    ],
    *,
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Left out: 502 and 1502, or as the connection says.")
    ] = None,
    units: Annotated[
        str | None, typer.Option(metavar="LIST", help="Such as 1-10,71,100,200; left out: the usual ones.")
    ] = None,
    over: Annotated[str | None, typer.Option(metavar="tcp|rtu_over_tcp", help="Left out: tcp.")] = None,
    timeout_s: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.01, max=60, help="How long a unit may take.")
    ] = 0.5,
    within_s: Annotated[
        float, typer.Option("--within", metavar="SECONDS", min=0.1, max=3600, help="The longest time of it all.")
    ] = 60.0,
    site: Annotated[
        Path | None, typer.Option("--site", metavar="FILE", help="Says which units are assets of this site already.")
    ] = None,
) -> None:
    """Find the Modbus units of a host, and what SunSpec devices say of themselves; reads only."""
    from energy_manager.entrypoints.commissioning.scanning import Scan  # noqa: PLC0415

    scanning = Scan(
        host=host, port=port, units=units, over=over, timeout_s=timeout_s, within_s=within_s, site_path=site
    )
    for line in scanning.lines():
        print_line(line)
    if not scanning.found:
        raise typer.Exit(1)


@devices.command()
def read(asset: Asset, *, site: SITE = None) -> None:
    """Read every point of a device once. Exit code 1: it is silent, or another one than the site file names."""
    from energy_manager.entrypoints.commissioning.lines import finding_lines, points_table  # noqa: PLC0415
    from energy_manager.entrypoints.commissioning.looking import entry_of, look  # noqa: PLC0415

    survey, site_file = look(site, asset)
    (found,) = survey.findings
    for line in (*points_table(survey.findings), *finding_lines(found, entry_of(asset, site_file))):
        print_line(line)
    if not survey.is_good:
        raise typer.Exit(1)


@devices.command(context_settings={"ignore_unknown_options": True})
def write(
    context: typer.Context,
    asset: Asset,
    watts: Annotated[
        float, typer.Argument(metavar="W", help="What it is to deliver (+) or take (-), in W; 0 is a command.")
    ],
    *,
    for_s: Annotated[
        float, typer.Option("--for", metavar="SECONDS", min=0.0, max=86_400, help="Then it is released.")
    ] = 30.0,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    site: SITE = None,
) -> None:
    """Tell a device a power, show what it does, release it; Ctrl-C releases it at once.

    Refused while a loop commands the site. Exit code 1: the device cannot be told, or failed meanwhile.
    """
    from energy_manager.entrypoints.commissioning.telling import DeviceFailed, order_of, tell  # noqa: PLC0415

    entry, site_file = order_of(asset, watts, site)
    if not yes:
        _confirm(asset, watts, for_s)
    try:
        tell(entry, site_file, watts, for_s=for_s, stopper=context.ensure_object(Stopper), show=print_line)
    except DeviceFailed as failed:
        print_line(f"energy-manager: {failed}", to_stderr=True)
        raise typer.Exit(1) from None


def _confirm(asset: str, watts: float, for_s: float) -> None:
    """Ask a person.

    Raises:
        Refused: there is none to ask, or they do not want it.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        raise Refused.at("--yes", "is needed without a terminal to ask on; nothing was written")
    told = to_do(watts, f"{abs(watts):g} W")
    question = f"{asset} is told {told} for {for_s:g} s, then it is released. Go on?"
    if not typer.confirm(question, err=True):
        raise Refused.at("answer", "no: nothing was written")


@devices.command()
def simulate(
    template: Template,
    *,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Where it listens (0 = a free one); the broker's, of MQTT.")
    ] = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where it listens; the broker, of MQTT.")] = "127.0.0.1",
    usage: Annotated[
        list[str] | None, typer.Option(metavar="USAGE", help="Only these usages of it; may be repeated.")
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="A parameter of the template; may be repeated.")
    ] = None,
    over: Annotated[
        str | None, typer.Option(metavar="tcp|rtu_over_tcp", help="Left out: as the template says.")
    ] = None,
) -> None:
    """Serve a template's map until interrupted: a house with sun, load and battery that follows what is written."""
    from energy_manager.entrypoints.commissioning.simulating import Simulation  # noqa: PLC0415

    simulation = Simulation(
        template=template, usages=usage or [], parameters=parameter or [], host=host, port=port, over=over
    )
    try:
        for line in simulation.start():
            print_line(line)
    except OSError as error:
        raise Refused.at("--port", f"{host}:{port} cannot be had: {error.strerror}") from None
    simulation.serve()
