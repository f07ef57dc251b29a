"""Flags that several commands have."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from energy_manager.adapters.texts.csv_series import LocalClock

SITE = Annotated[
    Path | None,
    typer.Option(
        "--site",
        metavar="FILE",
        help="Site file (TOML); else that of ENERGY_MANAGER_SITE, else the built-in demo site.",
    ),
]
MOMENT = "ISO 8601 (without a zone: local time of this machine), or how long ago: -90s, -15min, -1h, -7d."
"""The help of a flag that names a time."""
TIME_ZONE = Annotated[
    str | None,
    typer.Option("--time-zone", metavar="ZONE", help="Whose local times a CSV file has, such as Europe/Brussels."),
]
CSV = Annotated[bool, typer.Option("--csv", help="Write CSV instead of JSON, in local times with --time-zone.")]


def series_flag(name: str, unit: str) -> Any:  # noqa: ANN401 - an annotation
    """``--load FILE``."""
    about = f"The {name} as CSV, in kW, W or kWh by its header."
    if unit == "EUR/kWh":
        about = f"Prices to {name} as CSV, in EUR/kWh, EUR/MWh or ct/kWh by its header."
    return Annotated[str | None, typer.Option(f"--{name}", metavar="FILE", help=about)]


def stated_clock(time_zone: str | None) -> LocalClock:
    """The clock of ``--time-zone``; raises ``Refused`` where there is no such zone."""
    from energy_manager.adapters.texts.csv_series import clock_of  # noqa: PLC0415 - late: few commands need it

    return clock_of(time_zone)
