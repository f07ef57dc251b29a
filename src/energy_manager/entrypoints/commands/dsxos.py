"""``energy-manager dsxos``: plan a storage of the DSxOS platform, once or on its cron, and post the plan there."""

from __future__ import annotations

import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from energy_manager.entrypoints.commands.streams import print_line
from energy_manager.entrypoints.running.shutdown import FAREWELL_S, Stopper

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="The configuration (YAML), with the keys of DSxOS; without it /app/config.yaml, as the platform has it.",
    ),
]


def dsxos(
    context: typer.Context,
    *,
    config: ConfigFile = None,
    once: Annotated[bool, typer.Option("--once", help="Plan once, even if the configuration has a cron.")] = False,
    timeout_s: Annotated[
        float, typer.Option("--timeout", metavar="SECONDS", min=0.1, max=600.0, help="How long a request may take.")
    ] = 10.0,
) -> None:
    """Plan a DSxOS storage: read the prognoses, keep the PCC inside its limits, post the plan.

    Once, or at the times of the configured cron (seconds first, UTC) until interrupted. Exit code 0: the plan is on the
    platform. Where anything fails, the old plan stays as it is and the exit code is not 0.
    """
    import anyio  # noqa: PLC0415 - what follows takes a while to load

    from energy_manager.entrypoints.dsxos import running  # noqa: PLC0415
    from energy_manager.entrypoints.dsxos.configuration import PLATFORM_PATH, read_configuration  # noqa: PLC0415

    configuration = read_configuration(PLATFORM_PATH if config is None else config)
    stopper, is_posting = context.ensure_object(Stopper), threading.Lock()
    if once or configuration.cron is None:
        stopper.farewell = lambda: running.let_post_end(is_posting, partial(print, file=sys.stderr, flush=True))
        planned = anyio.run(lambda: running.replan_once(configuration, timeout_s=timeout_s, is_posting=is_posting))
        print_line(planned.sentence())
        return

    from energy_manager.entrypoints.running.logs import configure_logs  # noqa: PLC0415
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415

    settings = load_settings()
    cron, standard_error = configuration.cron, running.dropping_stream(2)
    sys.stderr = standard_error
    configure_logs(standard_error, level=settings.log.level, style=settings.log.style)

    def say_farewell() -> None:
        running.let_post_end(is_posting, standard_error.finish)
        standard_error.drain(until_s=time.monotonic() + FAREWELL_S)

    stopper.farewell = say_farewell
    anyio.run(lambda: running.replan_on_time(configuration, cron, timeout_s=timeout_s, is_posting=is_posting))
