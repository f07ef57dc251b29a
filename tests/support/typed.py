"""Commands typed in this very process: what they print and their exit code, in no time."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from energy_manager.domain.errors import EnergyManagerError
from energy_manager.entrypoints.cli import EXIT_CODES
from energy_manager.entrypoints.commands import app
from energy_manager.entrypoints.running.shutdown import Stopper


@dataclass(frozen=True)
class Answered:
    """What a command said."""

    code: int
    out: str
    err: str


def typed(capsys: pytest.CaptureFixture[str], *arguments: str) -> Answered:
    """As ``main`` of the command line, but for signals."""
    import typer  # noqa: PLC0415

    capsys.readouterr()
    error = ""
    try:
        code = app(list(arguments), standalone_mode=False, obj=Stopper(leave=lambda _: None)) or 0
    except typer.TyperException as wrong:
        code, error = 2, wrong.format_message()
    except EnergyManagerError as refused:
        code, error = next(code for kind, code in EXIT_CODES if isinstance(refused, kind)), str(refused)
    said = capsys.readouterr()
    return Answered(code, said.out, said.err + error)
