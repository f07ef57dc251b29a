"""``/docs``: the API for people, by Swagger UI from an installed package; nothing is loaded from elsewhere."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from energy_manager.entrypoints.api.security.limits.browser_rules import page_policy

PAGE = Path(__file__).parent / "documentation"

_HEADERS = {"Content-Security-Policy": page_policy(images="data:"), "Cache-Control": "no-cache"}


def documentation_routes() -> APIRouter:
    """The page and its parts; open, since it tells of the API and not of the site."""
    routes = APIRouter(include_in_schema=False)
    swagger = _swagger()
    parts = {path.name: path for path in PAGE.iterdir() if path.suffix in {".css", ".js"}}
    parts |= {name: swagger / name for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")}

    @routes.get("/docs")
    async def documentation() -> FileResponse:
        return FileResponse(PAGE / "index.html", headers=_HEADERS)

    @routes.get("/docs/{name}")
    async def part(name: str) -> FileResponse:
        if name not in parts:
            raise HTTPException(404, f"the documentation has no part {name!r}")
        return FileResponse(parts[name], headers=_HEADERS)

    return routes


def _swagger() -> Path:
    """Swagger UI's files in the installed package, found without loading the package."""
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise ImportError("fastapi-offline, which has Swagger UI, is not installed")
    return Path(spec.origin).parent / "static"
