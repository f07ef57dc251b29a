"""What browsers must not do with answers: guess their type, keep them, or show them in a frame of somebody's page."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

RULES = {
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'",
}


def page_policy(*, images: str) -> str:
    """Nothing but this server's own files: what an asset's id says can neither run nor load anything."""
    own = ("script-src 'self'", "style-src 'self'", f"img-src 'self' {images}", "connect-src 'self'")
    return "; ".join(("default-src 'none'", *own, "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"))


class BrowserRules:
    """Middleware that adds the rules which a route has not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_rules(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, rule in RULES.items():
                    headers.setdefault(name, rule)
            await send(message)

        await self._app(scope, receive, send_with_rules if scope["type"] == "http" else send)
