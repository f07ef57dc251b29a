"""``energy-manager tokens …``: named tokens with roles, on the store that ``run`` works with."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from energy_manager.domain.errors import Refused, near_miss
from energy_manager.entrypoints.command_line.terminal import zoned_time
from energy_manager.entrypoints.commands.lists import AsJson, print_list
from energy_manager.entrypoints.commands.streams import print_document, print_line

tokens = typer.Typer(help="Named tokens: who may do what. With any of them, requests without one are refused.")

TokenName = Annotated[str, typer.Argument(metavar="NAME", help="What the token is called in the logbook.")]


@tokens.command()
def add(
    name: TokenName,
    *,
    role: Annotated[str, typer.Option(metavar="viewer|resident|technician|operator|admin", help="What it may do.")],
    household: Annotated[str | None, typer.Option(help="Of a resident: the home that is theirs.")] = None,
    expires: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="ISO 8601 (local without a zone), or in 30d, 12h; else never."),
    ] = None,
) -> None:
    """Add a token; its secret is printed once, on standard output, and is kept nowhere."""
    from energy_manager.application.access import issue, tokens_of  # noqa: PLC0415 - late, as all that loads SQLAlchemy
    from energy_manager.entrypoints.command_line.time_arguments import read_end  # noqa: PLC0415
    from energy_manager.entrypoints.container.store.store import commit_command, opened_store, this_user, wall_clock  # noqa: PLC0415

    now = wall_clock()
    expires_at = None if expires is None else read_end(expires, field="--expires", now=now, without_zone="local")
    with opened_store() as store:
        token, secret = issue(
            name=name,
            role=role,
            household=household,
            expires_at=expires_at,
            by=this_user(),
            now=now,
            existing=tokens_of(store.repository),
        )
        commit_command(store.repository, "token added", name, token.change, after=token.public)
    print_document(secret.encode())
    print_line(f"added: {_line(token.public)}; this secret is shown once", to_stderr=True)


@tokens.command("list")
def list_(*, as_json: AsJson = False) -> None:
    """All tokens, without their secrets."""
    from energy_manager.application.access import tokens_of  # noqa: PLC0415
    from energy_manager.entrypoints.container.store.store import opened_store  # noqa: PLC0415

    with opened_store(for_questions=True) as store:
        found = [token.public for token in tokens_of(store.repository)]
    print_list(
        found,
        as_json=as_json,
        document=lambda token: token,
        line=_line,
        columns=(
            ("token", lambda token: token["name"]),
            ("role", lambda token: token["role"]),
            ("home", lambda token: token["household"] or ""),
            ("until", lambda token: _until(token["expires_at"])),
            ("added by", lambda token: token["created_by"]),
        ),
        nothing="there are no named tokens",
    )


@tokens.command()
def revoke(name: TokenName) -> None:
    """Revoke a token; a running product refuses it within half a second."""
    from energy_manager.application.access import revocation, tokens_of  # noqa: PLC0415
    from energy_manager.entrypoints.container.store.store import commit_command, opened_store  # noqa: PLC0415

    with opened_store() as store:
        known = {token.name: token for token in tokens_of(store.repository)}
        if name not in known:
            raise Refused.at("NAME", f"there is no token {name!r}{near_miss(name, known, quoted=True)}")
        commit_command(store.repository, "token revoked", name, revocation(name), before=known[name].public)
    print_line(f"revoked: {name}")


def _until(expires_at: str | None) -> str:
    return "for ever" if expires_at is None else zoned_time(datetime.fromisoformat(expires_at))


def _line(token: dict[str, Any]) -> str:
    """``north-2   technician   until 2026-12-01T00:00:00+00:00``."""
    home = "" if token["household"] is None else f" of {token['household']}"
    end = "for ever" if token["expires_at"] is None else f"until {token['expires_at']}"
    return f"{token['name']}   {token['role']}{home}   {end}   added by {token['created_by']}"
