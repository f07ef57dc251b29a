"""``fleet …``: a centre for many sites, and what people ask of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.commands.lists import AsJson, print_json, print_table
from energy_manager.entrypoints.commands.streams import print_document, print_line
from energy_manager.entrypoints.fleet.words import number, status_lines, way, what_is_wrong, when
from energy_manager.entrypoints.running.shutdown import Stopper

if TYPE_CHECKING:
    from energy_manager.entrypoints.fleet.fleet_client import CentreClient

fleet = typer.Typer(no_args_is_help=True, help="Many sites as one portfolio: a centre, its sites, their orders.")

MOST_SITES = "100000"

MOST_KW = 10**9

ForSeconds = Annotated[float | None, typer.Option("--for", metavar="SECONDS", min=0, help="End after so long.")]
Url = Annotated[str | None, typer.Option("--url", metavar="URL", help="The centre's API; else as the settings say.")]
SiteName = Annotated[str, typer.Argument(metavar="SITE", help="The site's name in the fleet.")]


@fleet.command()
def serve(context: typer.Context, for_s: ForSeconds = None) -> None:
    """Be a centre; of several on one book one is active, the others wait."""
    from energy_manager.entrypoints.fleet.fleet_access import refuse_without_client  # noqa: PLC0415 - late, as all below

    refuse_without_client()
    from energy_manager.entrypoints.fleet.fleet_serving import serve as be_centre  # noqa: PLC0415

    be_centre(context.ensure_object(Stopper), for_s=for_s)


@fleet.command()
def demo(
    context: typer.Context,
    sites: Annotated[int, typer.Option(min=1, max=500, help="How many simulated sites.")] = 20,
    for_s: ForSeconds = None,
) -> None:
    """A whole fleet on this machine: a private NATS server, a centre, simulated sites, an activation."""
    from energy_manager.entrypoints.fleet.fleet_access import refuse_without_client  # noqa: PLC0415

    refuse_without_client()
    from energy_manager.entrypoints.fleet.fleet_serving import demonstrate  # noqa: PLC0415

    demonstrate(context.ensure_object(Stopper), sites=sites, for_s=for_s)


@fleet.command("sites")
def sites_(*, url: Url = None, as_json: AsJson = False) -> None:
    """The sites, the worst first."""
    found = _centre(url).get("/api/v1/fleet/sites", limit=MOST_SITES)
    columns = {
        "site": lambda site: site["site"],
        "standing": lambda site: site["standing"],
        "heard": lambda site: "never" if site["age_s"] is None else f"{site['age_s']:.0f} s ago",
        "grid, kW": lambda site: way(site.get("import_kw"), "import", "export"),
        "assets, kW": lambda site: way(site.get("deliver_kw"), "deliver", "take"),
        "can deliver": lambda site: number(site.get("up_kw")),
        "can take": lambda site: number(site.get("down_kw")),
        "": what_is_wrong,
    }
    _print_table(found, columns, as_json=as_json, empty="no site was ever heard, and none is enrolled")


@fleet.command()
def orders(
    activation: Annotated[str | None, typer.Argument(metavar="[ACTIVATION]", help="Else all that are live.")] = None,
    *,
    url: Url = None,
    as_json: AsJson = False,
) -> None:
    """Orders to sites, with how far each has come."""
    path = (
        "/api/v1/fleet/orders"
        if activation is None
        else f"/api/v1/fleet/activations/{quote(activation, safe='')}/orders"
    )
    found = _centre(url).get(path)
    columns = {
        "order": lambda order: order["id"],
        "site": lambda order: order["site"],
        "kW": lambda order: way(order["deliver_kw"], "deliver", "take"),
        "state": lambda order: order["state"],
        "measured, kW": lambda order: number(order["measured_kw"]),
        "until": lambda order: when(order["until"]),
        "": lambda order: order["note"],
    }
    _print_table(found, columns, as_json=as_json, empty="there are no such orders")


@fleet.command()
def alarms(site: SiteName, *, url: Url = None, as_json: AsJson = False) -> None:
    """A site's active alarms, and who has acknowledged them."""
    found = _centre(url).get(f"/api/v1/fleet/sites/{quote(site, safe='')}/alarms")["alarms"]
    columns = {
        "alarm": lambda alarm: alarm["id"],
        "priority": lambda alarm: alarm["priority"],
        "since": lambda alarm: when(alarm["since"]),
        "what": lambda alarm: f"{alarm['subject']}: {alarm['what']}",
        "consequence": lambda alarm: alarm["consequence"],
        "acknowledged by": lambda alarm: alarm["acknowledged_by"],
    }
    _print_table(found, columns, as_json=as_json, empty=f"site {site} has no active alarm")


@fleet.command()
def acknowledge(
    site: SiteName,
    alarm: Annotated[
        str | None, typer.Argument(metavar="[ALARM]", help="As `fleet alarms SITE` names it; else all that is wrong.")
    ] = None,
    *,
    url: Url = None,
) -> None:
    """Say that somebody has seen a site's alarms, or that it is late or lost; it stays as long as that is so."""
    path = f"/api/v1/fleet/sites/{quote(site, safe='')}"
    if alarm is not None:
        seen = [_centre(url).post(f"{path}/alarms/{quote(alarm, safe='')}/acknowledge", {})]
    else:
        found = _centre(url).post(f"{path}/acknowledge", {})
        seen = found.get("alarms") or []
        if "standing" in found:
            print_line(f"acknowledged by {found['acknowledged_by']}: {site} is {found['standing']}")
    for one in seen:
        print_line(f"acknowledged by {one['acknowledged_by']}: {one['subject']}: {one['what']}")


@fleet.command()
def activate(
    volume: Annotated[int, typer.Argument(metavar="KW", min=1, help="How much, kW.")],
    until: Annotated[str, typer.Option(metavar="TIME", help="A time with its zone, or in how long like 30min.")],
    *,
    start: Annotated[str, typer.Option("--from", metavar="TIME", help="When it begins; else now.")] = "",
    down: Annotated[bool, typer.Option("--down", help="Sites take more; else they deliver more.")] = False,
    reason: Annotated[str, typer.Option(help="Why; every site has it in its logbook.")] = "",
    name: Annotated[str | None, typer.Option("--id", metavar="NAME", help="The same again is the same one.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="Only say which sites would be ordered.")] = False,
    version: Annotated[
        str, typer.Option("--if-match", metavar="VERSION", help="Only if what this preview said still holds.")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="At a terminal: do not show it and ask first.")] = False,
    partial: Annotated[bool, typer.Option("--partial", help="Order what there is, though it is less.")] = False,
    url: Url = None,
) -> None:
    """Order power from the cheapest sites; what fails is ordered elsewhere. The answer is JSON.

    At a terminal it is shown first which sites would be ordered, how much and for how much, and asked whether to go on.
    """
    asked = {"volume": volume, "direction": "down" if down else "up", "from": start, "until": until, "reason": reason}
    if name is not None:
        asked["id"] = name
    centre, path, query = _centre(url), "/api/v1/fleet/activations", {"partial": str(partial).lower()}
    if preview:
        print_json(centre.post(path, asked, preview="true", **query))
        return
    if not version and not yes and sys.stdin is not None and sys.stdin.isatty():
        version = _confirmed(centre.post(path, asked, preview="true", **query))
    print_json(centre.post(path, asked, version=version, **query))


def _confirmed(shown: Mapping[str, Any]) -> str:
    """The version of a preview to which a person says yes.

    Raises:
        Refused: they do not.
    """
    for sentence in shown["effect"]:
        print_line(sentence, to_stderr=True)
    if not typer.confirm("Order it?", err=True):
        raise Refused.at("answer", "no: nothing was ordered")
    return str(shown["version"])


@fleet.command("end")
def end(activation: Annotated[str, typer.Argument(metavar="ACTIVATION", help="Its id.")], *, url: Url = None) -> None:
    """Call an activation off: its orders are withdrawn at once."""
    _centre(url).delete(f"/api/v1/fleet/activations/{quote(activation, safe='')}")
    print_line(f"called off: {activation}")


@fleet.command()
def status(*, url: Url = None, as_json: AsJson = False) -> None:
    """The fleet in a few lines: sites, room up and down, activations."""
    found = _centre(url).get("/api/v1/fleet")
    if as_json:
        print_json(found)
        return
    for line in status_lines(found):
        print_line(line)


@fleet.command()
def enrol(
    site: SiteName,
    connection_kw: Annotated[
        int | None,
        typer.Option(
            "--connection", metavar="KW", min=1, max=MOST_KW, help="Its grid connection; beyond it nothing is believed."
        ),
    ] = None,
) -> None:
    """Let a site in ('*': a centre); prints its key once, on standard output, and what the site needs on stderr."""
    from energy_manager.entrypoints.container.fleet.enrolment import enrol_site  # noqa: PLC0415
    from energy_manager.entrypoints.fleet.fleet_access import refuse_without_client  # noqa: PLC0415

    refuse_without_client()
    enrolled = enrol_site(site, connection_kw=connection_kw)
    print_document(enrolled.seed.encode())
    for line in enrolled.needs:
        print_line(line, to_stderr=True)


@fleet.command()
def revoke(site: SiteName) -> None:
    """Let a site in no more; the server ends its connection."""
    from energy_manager.entrypoints.container.fleet.enrolment import revoke_site  # noqa: PLC0415
    from energy_manager.entrypoints.fleet.fleet_access import refuse_without_client  # noqa: PLC0415

    refuse_without_client()
    not_woken = revoke_site(site)
    print_line(f"revoked: {site}")
    if not_woken:
        print_line(not_woken, to_stderr=True)


def _centre(url: str | None) -> CentreClient:
    from energy_manager.entrypoints.fleet.fleet_client import CentreClient  # noqa: PLC0415
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415

    return CentreClient.of(load_settings().api, url=url)


def _print_table(
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, Callable[[Mapping[str, Any]], str]],
    *,
    as_json: bool,
    empty: str,
) -> None:
    if as_json:
        print_json(list(rows))
    elif rows:
        print_table(list(columns), [[str(tell(row)) for tell in columns.values()] for row in rows])
    else:
        print_line(empty, to_stderr=True)
