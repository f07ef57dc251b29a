"""``energy-manager replay``: recorded ticks decided again, to check them or to ask what if."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.commands.options import MOMENT
from energy_manager.entrypoints.commands.streams import print_line

if TYPE_CHECKING:
    from energy_manager.application.ports.records.tick import Tick

Since = Annotated[str | None, typer.Option("--from", metavar="TIME", help=MOMENT)]
Until = Annotated[str | None, typer.Option("--to", metavar="TIME", help="As --from; now unless told.")]


def replay(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A recording; without one, the store from --from to --to.")
    ] = None,
    *,
    since: Since = None,
    until: Until = None,
    policy: Annotated[
        str | None,
        typer.Option(metavar="proportional|follow_schedule", help="What if this policy had decided?"),
    ] = None,
    limit: Annotated[
        list[str] | None,
        typer.Option(metavar="ASSET=POWER", help="What if the asset could deliver this much at most? May be repeated."),
    ] = None,
    tariff: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What would it have cost under the [tariff] and [prices] of this site file?"),
    ] = None,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the recording to a file instead of replaying it.")
    ] = None,
) -> None:
    """Decide recorded ticks again. Exit code 0: the same came out; 1: something else did, and what.

    With --policy or --limit: say what would have been different; with --tariff: what it would have cost.
    """
    from energy_manager.application.explanation.replay import replay as decide_again  # noqa: PLC0415 - late
    from energy_manager.application.explanation.what_if import what_if  # noqa: PLC0415
    from energy_manager.domain.dispatch import POLICIES  # noqa: PLC0415
    from energy_manager.entrypoints.command_line.tick_source import recorded_ticks, write_recording  # noqa: PLC0415

    limits = _limits(limit or [])
    is_what_if = policy is not None or bool(limits)
    if policy is not None and policy not in POLICIES:
        raise Refused.at("--policy", f"{policy!r} is none of {', '.join(POLICIES)}")
    if export is not None and is_what_if:
        raise Refused.at("--export", "writes what was recorded: leave out --policy and --limit")
    if tariff is not None and (is_what_if or export is not None):
        raise Refused.at("--tariff", "is a question of its own: leave out the other options")
    with recorded_ticks(file, since=since, until=until) as ticks:
        if tariff is not None:
            _tell_costs(ticks, tariff)
            return
        if export is not None:
            print_line(f"{write_recording(export, ticks)} ticks written to {export}")
            return
        if is_what_if:
            for line in what_if(ticks, policy=policy, limits=limits).lines():
                print_line(line)
            return
        replayed = decide_again(ticks)
    print_line(replayed.sentence())
    if replayed.difference is not None:
        raise typer.Exit(1)


def _tell_costs(ticks: Iterable[Tick], tariff: Path) -> None:
    from energy_manager.application.explanation.other_tariff import under_tariff  # noqa: PLC0415 - late
    from energy_manager.entrypoints.container.planning.prices import prices_of  # noqa: PLC0415
    from energy_manager.entrypoints.settings import load_settings  # noqa: PLC0415
    from energy_manager.entrypoints.site_file import read_site_file  # noqa: PLC0415

    read = prices_of(read_site_file(tariff), load_settings())
    told = under_tariff(ticks, lambda since, until: read(since, until).rates, currency=read.tariff.currency)
    for line in told.lines():
        print_line(line)


def _limits(stated: list[str]) -> dict[str, int]:
    """``asset_1=150`` as a mapping."""
    limits: dict[str, int] = {}
    for words in stated:
        asset_id, _, most = words.rpartition("=")
        if not asset_id or not most.isdecimal():
            raise Refused.at("--limit", f"{words!r} must be ASSET=POWER with a whole number of power steps, at least 0")
        if asset_id in limits:
            raise Refused.at("--limit", f"{asset_id!r} has two limits")
        limits[asset_id] = int(most)
    return limits
