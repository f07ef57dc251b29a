"""Commands that are loaded when they are asked for: a start pays for one command, not for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

LONGEST_SUMMARY = 1_000


class OnDemand(Mapping[str, Any]):
    """Commands by name, in the order of the help; ``make`` makes one, at most once."""

    def __init__(self, names: Iterable[str], make: Callable[[str], Any]) -> None:
        self._made: dict[str, Any] = dict.fromkeys(names)
        self._make = make

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - click's
        if self._made[name] is None:
            self._made[name] = self._make(name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


class Group(TyperGroup):
    """Commands whose help has a whole sentence of each, folded; cut off it says too little."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - click's
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, _summary(command)) for name, command in commands if command is not None and not command.hidden]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)


def _summary(command: Any) -> str:  # noqa: ANN401 - click's
    """The first sentence of the help."""
    text: str = command.get_short_help_str(limit=LONGEST_SUMMARY)
    return text


def command_of(name: str, function: Callable[..., object], *, summary: str | None = None) -> Any:  # noqa: ANN401 - click's
    """A command from a function with typer's annotations."""
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command(name, help=summary)(function)
    return typer.main.get_command(single)


def command_in(module: str) -> Any:  # noqa: ANN401 - click's
    """The command, or the group of commands, that a module has under its own name."""
    name = module.rpartition(".")[2]
    found = getattr(import_module(module), name)
    if not isinstance(found, typer.Typer):
        return command_of(name, found)
    found.rich_markup_mode = None
    if not isinstance(found.info.cls, type):
        found.info.cls = Group
    group = typer.main.get_group(found)
    group.name = name
    return group
