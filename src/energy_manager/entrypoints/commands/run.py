"""``energy-manager run``: the dispatch loop, its API and its page."""

from __future__ import annotations

from typing import Annotated

import typer

from energy_manager.entrypoints.commands.options import SITE
from energy_manager.entrypoints.running.shutdown import Stopper


def run(
    context: typer.Context,
    *,
    site: SITE = None,
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
    wait_for: Annotated[int | None, typer.Option("--wait-for", metavar="DESCRIPTOR", hidden=True)] = None,
) -> None:
    """Dispatch a site until interrupted (Ctrl-C)."""
    if supervised:
        from energy_manager.entrypoints.running.supervising import supervise  # noqa: PLC0415
        from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415 - pydantic is slow to load

        options = {"--site": site, "--for": for_s}
        arguments = [word for name, value in options.items() if value is not None for word in (name, str(value))]
        arguments += [name for name, is_said in (("--no-api", no_api), ("--takeover", takeover)) if is_said]
        supervise(arguments, period_s=load_settings().dispatch.period_s)
    from energy_manager.entrypoints.running import run as job  # noqa: PLC0415 - the container is slow to load

    if wait_for is not None:
        from energy_manager.entrypoints.running.supervising import wait_for_word  # noqa: PLC0415 - seldom needed

        job.load(with_api=not no_api)
        wait_for_word(wait_for)
    job.run(context.ensure_object(Stopper), site_path=site, for_s=for_s, with_api=not no_api, takeover=takeover)
