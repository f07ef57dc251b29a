"""The option that names the site file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

SiteOption = Annotated[
    Path | None,
    typer.Option(
        "--site",
        metavar="FILE",
        help="Site file (TOML); else that of ENERGY_MANAGER_SITE, else the built-in demo site.",
    ),
]
