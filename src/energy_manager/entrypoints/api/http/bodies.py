"""Read a JSON body: bounded, and only if it is declared as JSON; a PUT or PATCH may leave that out."""

from __future__ import annotations

from email.message import Message

from fastapi import Request

from energy_manager.adapters.texts.utf8_text import without_mark
from energy_manager.entrypoints.api.http.errors import BodyTooLarge, WrongType


async def read_body(request: Request, *, limit_mb: float = 0.1) -> bytes:
    """The body's octets, without a byte order mark.

    Raises:
        WrongType: the content type is not JSON.
        BodyTooLarge: there are more octets than allowed; reading stops there.
    """
    _refuse_other_types(request)
    limit = int(limit_mb * 1_000_000)
    declared = request.headers.get("content-length", "")
    too_large = BodyTooLarge(f"the body is larger than {limit_mb:g} MB")
    if declared.isdigit() and int(declared[:20]) > limit:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large
    return without_mark(bytes(body))


def _refuse_other_types(request: Request) -> None:
    """A page of another server may send a POST without a type, or with one of a form, without being asked first."""
    declared = request.headers.get("content-type")
    if declared is None:
        if request.method == "POST":
            raise WrongType("the body must be declared: Content-Type: application/json")
        return
    header = Message()
    header["content-type"] = declared
    kind = header.get_content_type()
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        raise WrongType(f"the body must be application/json, not {declared[:100]!r}")
