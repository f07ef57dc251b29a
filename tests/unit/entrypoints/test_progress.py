"""A long plan shows a sign of life in a terminal, and leaves no trace of it."""

import contextlib
import io
import sys

from energy_manager.entrypoints.commands import app
from energy_manager.entrypoints.commands.progress import progress
from tests.support.waiting import eventually


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_it_says_for_how_long_and_takes_it_away(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress("planning", patience_s=0.01):
        assert eventually(lambda: "\rplanning, for 0 s\x1b[K" in terminal.getvalue())
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_in_a_pipe_nothing_is_said(monkeypatch):
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with progress("planning", patience_s=0.0):
        pass
    assert pipe.getvalue() == ""


def test_the_shell_completes_commands_and_planners(monkeypatch, capsys):
    monkeypatch.setenv("_ENERGY_MANAGER_COMPLETE", "complete_bash")
    for words, number, found in (("energy-manager sch", 1, ["schedule"]), ("energy-manager plan p", 2, ["production"])):
        monkeypatch.setenv("COMP_WORDS", words)
        monkeypatch.setenv("COMP_CWORD", str(number))
        with contextlib.suppress(SystemExit):
            app([], prog_name="energy-manager", standalone_mode=False)
        assert set(found) <= set(capsys.readouterr().out.split())
