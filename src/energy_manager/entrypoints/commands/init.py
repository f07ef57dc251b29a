"""``energy-manager init``: a site file, a token and what starts it, in a folder of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.commands.streams import print_line

if TYPE_CHECKING:
    from energy_manager.entrypoints.init import Answers

Word = TypeVar("Word", bound=StrEnum)

Folder = Annotated[Path, typer.Argument(metavar="[FOLDER]", help="Where the files go; it is made if missing.")]


def init(
    folder: Folder = Path(),
    *,
    template: Annotated[
        str | None, typer.Option(metavar="home|site|plants", help="What it is; with it nothing is asked.")
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="TEXT", help="What the site is called.")] = None,
    time_zone: Annotated[str | None, typer.Option(metavar="ZONE", help="Such as Europe/Brussels.")] = None,
    import_limit_kw: Annotated[
        float | None, typer.Option(metavar="KW", help="The most that it may draw from the grid.")
    ] = None,
    reach: Annotated[
        str | None, typer.Option(metavar="local|network", help="Who may reach page and API; a token is made anyhow.")
    ] = None,
    start: Annotated[
        str | None, typer.Option(metavar="hand|systemd|compose", help="What is to start it: a unit or compose file.")
    ] = None,
) -> None:
    """Begin: write a site file, a token and what starts the site.

    Asks six questions, or none with --template. Nothing is overwritten.
    """
    from energy_manager.entrypoints.init import begin  # noqa: PLC0415 - one command of many

    said = {
        "template": template,
        "name": name,
        "time_zone": time_zone,
        "import_limit_kw": import_limit_kw,
        "reach": reach,
        "start": start,
    }
    for line in begin(folder, answers_to(said, _ask if template is None else _take_default)):
        print_line(line)


def answers_to(said: dict[str, Any], ask: Callable[[str, Any], Any]) -> Answers:
    """What was said, and for the rest what ``ask`` answers to a question with its default."""
    from energy_manager.entrypoints.init.answers import (  # noqa: PLC0415 - as above
        IMPORT_LIMIT_KW,
        Answers,
        Reach,
        Start,
        Template,
        zone_here,
    )

    def answer(key: str, question: str, default: Any) -> Any:  # noqa: ANN401 - an answer
        return ask(question, default) if said[key] is None else said[key]

    template = _one_of(Template, answer("template", "What is it: home, site or plants?", "home"), "--template")
    limit_kw = IMPORT_LIMIT_KW[template]
    return Answers(
        template=template,
        name=answer("name", "What is it called?", f"my {template}"),
        time_zone=answer("time_zone", "In which time zone is it?", zone_here()),
        import_limit_kw=limit_kw
        if template is Template.PLANTS and said["import_limit_kw"] is None
        else answer("import_limit_kw", "How much may it draw from the grid, kW?", limit_kw),
        reach=_one_of(
            Reach, answer("reach", "Who may reach its page: local (this machine) or network?", "local"), "--reach"
        ),
        start=_one_of(Start, answer("start", "What starts it: hand, systemd or compose?", "hand"), "--start"),
    )


def _one_of(kind: type[Word], word: str, field: str) -> Word:
    try:
        return kind(word)
    except ValueError:
        raise Refused([Fault(field=field, message=f"{word!r} is none of {', '.join(kind)}")]) from None


def _take_default(_question: str, default: Any) -> Any:  # noqa: ANN401 - an answer
    return default


def _ask(question: str, default: Any) -> Any:  # noqa: ANN401 - an answer
    if sys.stdin is None or not sys.stdin.isatty():
        message = "is needed where nobody can be asked: home, site or plants"
        raise Refused([Fault(field="--template", message=message)])
    return typer.prompt(question, default=default, err=True)
