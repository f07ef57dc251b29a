"""``/``: the site on one page, for people. It is the same for everybody and knows nothing; its script asks the API."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response

from energy_manager.entrypoints.api.security.limits.browser_rules import page_policy
from energy_manager.entrypoints.api.views.page_files import PageFile, read_page

PAGE = Path(__file__).parents[1] / "page"

POLICY = page_policy(images="data: blob:")
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Encoding",
}

_ASK_AGAIN = "no-cache"
_FOR_GOOD = "public, max-age=31536000, immutable"


def dashboard_routes(*, start: str = "index.html") -> APIRouter:
    """The page that begins with ``start``, and its parts; open, since none of them says anything about the site."""
    routes = APIRouter(include_in_schema=False)
    page = read_page(PAGE, start=start)

    @routes.get("/")
    async def first(request: Request) -> Response:
        return _answer(page.start, request, kept=_ASK_AGAIN)

    @routes.get("/page/{version}/{name:path}")
    async def part(version: str, name: str, request: Request) -> Response:
        if version != page.version or name not in page.parts:
            raise HTTPException(404, f"the page has no part {name!r} in version {version!r}: load the page again")
        return _answer(page.parts[name], request, kept=_FOR_GOOD)

    return routes


def _answer(file: PageFile, request: Request, *, kept: str) -> Response:
    headers = _HEADERS | {"ETag": file.etag, "Cache-Control": kept}
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.compressed, media_type=file.media_type, headers=headers | {"Content-Encoding": "gzip"})
    return Response(file.plain, media_type=file.media_type, headers=headers)
