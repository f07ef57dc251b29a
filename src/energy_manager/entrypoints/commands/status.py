"""``energy-manager status``: one screen of the site that runs."""

from __future__ import annotations

import os
import select
import shutil
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from energy_manager.entrypoints.command_line.terminal import folded, width_of
from energy_manager.entrypoints.commands.streams import print_document, print_line
from energy_manager.entrypoints.running.shutdown import Stopper

if TYPE_CHECKING:
    from energy_manager.entrypoints.status.asking import RunningSite

ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
"""To the terminal's second screen without a cursor, and back (xterm's control sequences)."""

TAKES_S = 0.2
HOME, CLEAR_LINE, CLEAR_REST = "\x1b[H", "\x1b[K", "\x1b[J"


def status(
    context: typer.Context,
    *,
    url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where the API is; left out: as in the settings.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="One look, also in a terminal.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One look, as JSON for programs.")] = False,
) -> None:
    """Show the running site: live in a terminal until Ctrl-C, else once.

    Asks its API, with the token of ENERGY_MANAGER_API__TOKEN. Exit code 2 where none answers.
    """
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415 - pydantic is slow to load
    from energy_manager.entrypoints.status.asking import RunningSite  # noqa: PLC0415

    site = RunningSite.of(load_settings().api, url=url)
    if as_json:
        print_document(site.read("/api/v1/site"))
    elif once or width_of(sys.stdout) is None:
        for line in _lines(site, width_of(sys.stdout)):
            print_line(line)
    else:
        _watch(site, context.ensure_object(Stopper))


def _lines(site: RunningSite, width: int | None) -> list[str]:
    from energy_manager.entrypoints.status.screen import screen  # noqa: PLC0415

    return screen(site.site(), site.alarms(), width=width)


def _watch(site: RunningSite, stopper: Stopper) -> None:
    """Draw again for every tick; a site that does not answer leaves the last screen with a word about it."""
    from energy_manager.entrypoints.status.asking import NoAnswer  # noqa: PLC0415

    shown = _lines(site, width_of(sys.stdout))
    period_s = float(site.site()["period_s"])
    stopper.farewell = _restore
    _write(ENTER)
    away_since = ""
    while True:
        _write(drawn([*_about_silence(away_since), *shown], rows=shutil.get_terminal_size().lines))
        time.sleep(period_s)
        try:
            shown, away_since = _lines(site, width_of(sys.stdout)), ""
        except NoAnswer:
            away_since = away_since or time.strftime("%H:%M:%S")


def _about_silence(since: str) -> list[str]:
    return folded(f"! no answer since {since}: what follows is old", width_of(sys.stdout)) if since else []


def drawn(lines: list[str], *, rows: int) -> str:
    """The lines over whatever was drawn before; those that do not fit are counted."""
    if len(lines) > rows:
        lines = [*lines[: rows - 1], f"… {len(lines) - rows + 1} more lines: make the terminal higher"]
    return HOME + "\r\n".join(f"{line}{CLEAR_LINE}" for line in lines) + CLEAR_REST


def _restore() -> None:
    """Give the terminal its first screen back, unless it takes nothing: then nothing waits for it."""
    descriptor = sys.stdout.fileno()
    if select.select([], [descriptor], [], TAKES_S)[1]:
        os.write(descriptor, LEAVE.encode())


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
