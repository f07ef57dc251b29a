"""Plan every request of a folder in one process, through the command line's own functions: ``plan_many.py JOB FOLDER``."""

import sys
from contextlib import suppress
from pathlib import Path

import typer

from energy_manager.domain.errors import EnergyManagerError
from energy_manager.entrypoints.commands import app

job, folder = sys.argv[1:]
command_line = typer.main.get_command(app)  # once: it takes longer than most plans
for path in sorted(Path(folder).iterdir()):
    # A request of assets by name needs a registry, which is not here: it is refused by both.
    with suppress(EnergyManagerError, SystemExit):
        command_line(["plan", job, str(path)], standalone_mode=False)
