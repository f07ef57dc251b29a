"""The page's files, and a site that is made of documents alone, for a browser that is told where ``HOST`` is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from energy_manager.entrypoints.api.views.dashboard import PAGE, POLICY
from energy_manager.entrypoints.api.views.page_files import TYPES, read_page

HOST = "page.test"
BARE = """<!doctype html>
<link rel="stylesheet" href="tokens.css">
<link rel="stylesheet" href="parts.css">
<main></main>"""


@cache
def sent() -> dict[str, tuple[bytes, str]]:
    """What goes out for an address, as the product sends it; the modules one by one besides, for ``bare.html``."""
    files = {path.relative_to(PAGE).as_posix(): path for path in PAGE.rglob("*.*") if path.suffix in TYPES}
    found = {name: (path.read_bytes(), TYPES[path.suffix]) for name, path in files.items()}
    for start in ("index.html", "fleet.html"):
        page = read_page(PAGE, start=start)
        parts = {f"page/{page.version}/{name}": part for name, part in page.parts.items()} | {start: page.start}
        found |= {name: (part.plain, part.media_type) for name, part in parts.items()}
    return found | {"": found["index.html"], "bare.html": (BARE.encode(), TYPES[".html"])}


@dataclass(frozen=True)
class Asked:
    """A request for a document, as far as tests look at it."""

    method: str
    url: str
    post_data_json: Any


class Documents:
    """What a site that is made of documents alone answers: those of the test that runs."""

    def __init__(self) -> None:
        self.forget()

    def tell(self, documents: dict[str, Any], sent: list[Any] | None) -> None:
        self._documents, self._sent = documents, sent

    def forget(self) -> None:
        self.tell({}, None)

    def answer(self, asked: Asked) -> Any:
        """None where there is no such document; who sends something is kept."""
        path = asked.url.removeprefix(f"http://{HOST}/api/v1/").split("?")[0]
        if self._sent is not None and asked.method != "GET":
            self._sent.append((asked.method, asked.url, asked.post_data_json))
        answer = self._documents.get(path)
        return answer(asked) if callable(answer) else answer


DOCUMENTS = Documents()


class PageHandler(BaseHTTPRequestHandler):
    """The page's files and documents to whoever asks: by the tests' hands it takes twice the computing and no cache."""

    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:  # the browser has left the page
            self.close_connection = True

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.startswith("/api/v1/"):
            self._send_document(json.loads(body) if body else None)
        else:
            self._send_file()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def _send_document(self, body: Any) -> None:
        answer = DOCUMENTS.answer(Asked(self.command, f"http://{HOST}{self.path}", body))
        missing = {"error": "not_found", "message": "there is no such document", "details": None}
        told = json.dumps(missing if answer is None else answer).encode()
        headers = {"content-type": "application/json", "cache-control": "no-store"}
        self._send(404 if answer is None else 200, headers, told)

    def _send_file(self) -> None:
        name = self.path.partition("?")[0].removeprefix("/")
        body, media_type = sent().get(name, (b"", "text/plain"))
        headers = {"content-type": media_type}
        if name != "bare.html":  # into which a test's own script is put
            headers["content-security-policy"] = POLICY
        if name.startswith("page/"):
            headers["cache-control"] = "max-age=3600"
        self._send(200 if name in sent() else 404, headers, body)

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def page_files() -> Iterator[int]:
    """The port of a server on this machine that has them."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), PageHandler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
