"""``energy-manager explain``: why is this asset at this power?"""

from __future__ import annotations

from typing import Annotated

import typer

from energy_manager.entrypoints.commands.options import MOMENT
from energy_manager.entrypoints.commands.streams import print_line


def explain(
    asset: Annotated[str, typer.Argument(metavar="ASSET", help="The asset's id.")],
    *,
    at: Annotated[str, typer.Option("--at", metavar="TIME", help=MOMENT)] = "now",
) -> None:
    """Say in sentences why an asset was told its power target, from the store's record; the latest unless told."""
    from datetime import UTC  # noqa: PLC0415 - late, as all that takes time to load
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from energy_manager.application.explanation import Explain  # noqa: PLC0415
    from energy_manager.application.site_registry import known_site  # noqa: PLC0415
    from energy_manager.entrypoints.command_line.time_arguments import read_moment  # noqa: PLC0415
    from energy_manager.entrypoints.container.store.store import opened_store, wall_clock  # noqa: PLC0415

    instant = read_moment(at, field="--at", now=wall_clock(), without_zone="local")
    with opened_store(for_questions=True) as store:
        site = known_site(store.repository)
        zone = UTC if site is None else ZoneInfo(site.time_zone)
        assets = () if site is None else (*site.controllable, *site.uncontrolled)
        explanation = Explain(history=store.history, zone=zone, assets=assets)(asset, at=instant)
    for sentence in explanation.sentences:
        print_line(sentence)
