"""``energy-manager init``: a site file, a token and what starts it, in a folder of its own."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.command_line.terminal import folded, width_of
from energy_manager.entrypoints.commands.streams import print_command, print_line

if TYPE_CHECKING:
    from energy_manager.entrypoints.init.answers import Answers

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
        str | None, typer.Option(metavar="KW", help="The most that it may draw from the grid.")
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
    from energy_manager.entrypoints.init.files import begin, look_at  # noqa: PLC0415 - one command of many

    look_at(folder)
    said = {
        "template": template,
        "name": name,
        "time_zone": time_zone,
        "import_limit_kw": import_limit_kw,
        "reach": reach,
        "start": start,
    }
    begun = begin(folder, answers_to(said, _ask if template is None else _take_default))
    print_line(f"written: {', '.join(begun.written)}")
    print_line("next:")
    for command in begun.commands:
        print_command(command)
    print_line(begun.elsewhere)


Read = Callable[[str], Any]
"""How the words of an answer become it; raises ``ValueError`` with what is wrong with them."""


def answers_to(said: dict[str, str | None], ask: Callable[[str, str, Read], Any]) -> Answers:
    """What was said, and for the rest what ``ask`` makes of a question, its default and how an answer is read.

    Raises:
        Refused: something that was said is not acceptable; nothing was asked.
    """
    from energy_manager.entrypoints.init.answers import (  # noqa: PLC0415 - as above
        IMPORT_LIMIT_KW,
        READERS,
        Answers,
        Template,
        zone_here,
    )

    known: dict[str, Any] = {}
    faults = []
    for key, text in said.items():
        try:
            known |= {} if text is None else {key: READERS[key](text)}
        except ValueError as error:
            faults.append(Fault(field=f"--{key.replace('_', '-')}", message=str(error)))
    if faults:
        raise Refused(faults)

    def answer(key: str, question: str, default: str) -> Any:  # noqa: ANN401 - an answer
        return known[key] if key in known else ask(question, default, READERS[key])

    template = answer("template", "What is it: home, site or plants?", "home")
    if template is Template.PLANTS:
        known.setdefault("import_limit_kw", IMPORT_LIMIT_KW[template])
    return Answers(
        template=template,
        name=answer("name", "What is it called?", f"my {template}"),
        time_zone=answer("time_zone", "In which time zone is it?", zone_here()),
        import_limit_kw=answer(
            "import_limit_kw", "How much may it draw from the grid, kW?", f"{IMPORT_LIMIT_KW[template]:g}"
        ),
        reach=answer("reach", "Who may reach its page: local (this machine) or network?", "local"),
        start=answer("start", "What starts it: hand, systemd or compose?", "hand"),
    )


def _take_default(_question: str, default: str, read: Read) -> Any:  # noqa: ANN401 - an answer
    return read(default)


def _ask(question: str, default: str, read: Read) -> Any:  # noqa: ANN401 - an answer
    """Ask until the answer is acceptable.

    Raises:
        Refused: there is nobody to ask, or they end the input.
    """
    if sys.stdin is None or not sys.stdin.isatty():
        raise Refused.at("--template", "is needed where nobody can be asked: home, site or plants")
    prompt = "\n".join(folded(f"{question} [{default}]:", width_of(sys.stderr)))
    while True:
        try:
            return read(typer.prompt(prompt, default=default, show_default=False, prompt_suffix=" ", err=True))
        except ValueError as error:
            print_line(str(error), to_stderr=True)
        except typer.Abort:
            raise Refused.at("answer", "is missing; nothing was written") from None
