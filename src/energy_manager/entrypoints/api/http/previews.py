"""Commands that are looked at before they are done: what they would do, under a version that the command then names."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Header, Query, Response

from energy_manager.application.overrides import Effect
from energy_manager.entrypoints.api.http.answering import json_answer
from energy_manager.entrypoints.api.http.errors import PreviewMissing, PreviewOutdated
from energy_manager.entrypoints.api.schemas import TEXT, WHOLE, ZONED_TIME, Schema, an_object, listed, or_null
from energy_manager.entrypoints.documents.overrides import effect_document

TARGET: Schema = or_null(WHOLE) | {"description": "power steps, positive = production; null: released"}
PREVIEW = an_object(
    effect=listed(TEXT) | {"description": "what would happen, in sentences"},
    series=listed(an_object((), asset=TEXT, start=ZONED_TIME, end=ZONED_TIME, before=TARGET, after=TARGET)),
    version=TEXT | {"description": "for If-Match"},
)

PreviewOnly = Annotated[bool, Query(description="only say what would happen, and the version for If-Match")]
IfMatch = Annotated[str | None, Header(description="the version of the preview that is confirmed")]


def refuse_outdated(if_match: str | None, version: str, *, is_wanted: bool) -> None:
    """Make sure that what is confirmed is what was looked at.

    Raises:
        PreviewMissing: a version is wanted, and there is none.
        PreviewOutdated: it is another one.
    """
    if if_match is None:
        if is_wanted:
            raise PreviewMissing("look first: the same request with ?preview=true, then send its version as If-Match")
        return
    if named_version(if_match) not in {version, "*"}:
        raise PreviewOutdated("what this depends on has changed since the preview: look at a new one")


def named_version(if_match: str) -> str:
    """What an ``If-Match`` names."""
    return if_match.strip().removeprefix("W/").strip('"')


def previewed(effect: Effect) -> Response:
    """The answer to a preview; nothing has changed."""
    return with_version(effect_document(effect))


def with_version(document: dict[str, Any]) -> Response:
    """A preview's document, its version beside it as an ETag."""
    etag = {"ETag": f'"{document["version"]}"'}
    return json_answer(document, etag)
