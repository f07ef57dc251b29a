"""``/``: the site on one page, for people. It is the same for everybody and knows nothing; its script asks the API."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import FileResponse
from starlette.staticfiles import NotModifiedResponse

PAGE = Path(__file__).parent / "page"

# Nothing but this server's own files: what an asset's id says can neither run nor load anything. Plotly writes styles.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",  # that is: ask whether it has changed
}


def _plotly() -> Path:
    """The script in the installed package, found without loading the package."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise ImportError("plotly is not installed")
    return Path(spec.origin).parent / "package_data" / "plotly.min.js"


def dashboard_routes() -> APIRouter:
    """The page and its parts; open, since none of them says anything about the site."""
    routes = APIRouter(include_in_schema=False)
    parts = {path.name: path for path in PAGE.iterdir() if path.suffix in {".css", ".js", ".svg"}}
    parts["plotly.min.js"] = _plotly()

    @routes.get("/")
    async def page(request: Request) -> Response:
        return _file(PAGE / "index.html", request)

    @routes.get("/page/{name}")
    async def part(name: str, request: Request) -> Response:
        if name not in parts:
            raise HTTPException(404, f"the page has no part {name!r}")
        return _file(parts[name], request)

    return routes


def _file(path: Path, request: Request) -> Response:
    response = FileResponse(path, headers=_HEADERS, stat_result=path.stat())
    if request.headers.get("if-none-match") == response.headers["etag"]:
        return NotModifiedResponse(response.headers)
    return response
