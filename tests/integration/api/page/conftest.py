import json
import threading
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error, expect

from energy_manager.entrypoints.api.views.dashboard import PAGE, POLICY
from energy_manager.entrypoints.api.views.page_files import TYPES, read_page
from tests.support.browser import PATIENCE_MS, chromium

HERE = Path(__file__).parent
SIZE = {"width": 1280, "height": 900}
HOST = "page.test"
NOTHING = "about:blank"
STAYS = {"shown", "parts", "opened"}
"""Fixtures whose tests look, and leave the page open to those who look after them."""
BARE = """<!doctype html>
<link rel="stylesheet" href="tokens.css">
<link rel="stylesheet" href="parts.css">
<main></main>"""


@cache
def sent():
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

    def __init__(self):
        self.forget()

    def tell(self, documents, sent):
        self._documents, self._sent = documents, sent

    def forget(self):
        self.tell({}, None)

    def answer(self, asked):
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

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except ConnectionError:  # the browser has left the page
            self.close_connection = True

    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.startswith("/api/v1/"):
            self._send_document(json.loads(body) if body else None)
        else:
            self._send_file()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def _send_document(self, body):
        answer = DOCUMENTS.answer(Asked(self.command, f"http://{HOST}{self.path}", body))
        missing = {"error": "not_found", "message": "there is no such document", "details": None}
        told = json.dumps(missing if answer is None else answer).encode()
        headers = {"content-type": "application/json", "cache-control": "no-store"}
        self._send(404 if answer is None else 200, headers, told)

    def _send_file(self):
        name = self.path.partition("?")[0].removeprefix("/")
        body, media_type = sent().get(name, (b"", "text/plain"))
        headers = {"content-type": media_type}
        if name != "bare.html":  # into which a test's own script is put
            headers["content-security-policy"] = POLICY
        if name.startswith("page/"):
            headers["cache-control"] = "max-age=3600"
        self._send(200 if name in sent() else 404, headers, body)

    def _send(self, status, headers, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def page_files():
    """The port of a server on this machine that has them."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), PageHandler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


class OneBrowser:
    """Started when it is first wanted; a start takes as much computing as two tests.

    In it one window for all who need no server, and one for all who do: a new one takes three times the computing of
    the page that it shows.
    """

    def __init__(self):
        self._running = ExitStack()
        self._browser = None
        self._windows = {}

    def get(self):
        if self._browser is None:
            port = self._running.enter_context(page_files())
            names = f"--host-resolver-rules=MAP {HOST} 127.0.0.1:{port}"
            self._browser = self._running.enter_context(chromium(names))
        return self._browser

    @contextmanager
    def page(self, purpose, *, stays=False):
        """The window as if it were new: nothing of the test before is stored, answered or set.

        Nor loaded, but from a test whose page ``stays`` to another.
        """
        window = self._windows.pop(purpose, None) or Window(self.get())
        if not stays:
            window.leave()
        with window.watched() as page:
            yield page
        if window.is_as_new(stays=stays):
            self._windows[purpose] = window

    def close(self):
        self._browser = None
        self._windows.clear()
        self._running.close()


ONE_BROWSER = OneBrowser()


@pytest.fixture
def browser():
    return ONE_BROWSER.get()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem):
    outcome = yield
    # While it runs, no test that is async could run in the same process.
    if nextitem is None or not nextitem.path.is_relative_to(HERE):
        ONE_BROWSER.close()
    return outcome


class Window:
    """A page in a window of its own; nothing may go wrong in its scripts or break its rules, nor be in its console."""

    def __init__(self, browser, *, console=False):
        self.context = browser.new_context(viewport=SIZE)
        self.context.set_default_timeout(PATIENCE_MS)
        self._page = self.context.new_page()
        self._errors = []
        self._with_console = console
        self._page.on("pageerror", lambda error: self._errors.append(str(error)))
        self._page.on("console", lambda message: self._errors.append(message.text) if self._is_meant(message) else None)

    def _is_meant(self, message):
        return "Content Security" in message.text or (self._with_console and message.type == "error")

    @contextmanager
    def watched(self):
        self._errors.clear()
        yield self._page
        assert self._errors == []

    def leave(self):
        if self._page.url != NOTHING:
            self._page.goto(NOTHING)

    def is_as_new(self, *, stays):
        """Forget the test before; where the page is lost, and its storage with it, the window is closed."""
        self._page.unroute_all(behavior="ignoreErrors")
        try:
            self._page.evaluate("localStorage.clear(); sessionStorage.clear()")
        except Error:
            self.context.close()
            return False
        if not stays:
            self.leave()
        self._page.set_viewport_size(SIZE)
        self._page.emulate_media(media="null", color_scheme="null", forced_colors="null")
        return True


@contextmanager
def watched(browser, *, console=False):
    window = Window(browser, console=console)
    with closing(window.context), window.watched() as page:
        yield page


@pytest.fixture
def page(browser, request):
    of_documents = not {"site_page", "shown", "parts"}.isdisjoint(request.fixturenames)
    purpose = "documents" if of_documents else "servers"
    with ONE_BROWSER.page(purpose, stays=not STAYS.isdisjoint(request.fixturenames)) as page:
        yield page


@pytest.fixture
def own_page(browser):
    """For who changes more of it than can be taken back."""
    with watched(browser) as page:
        yield page


@pytest.fixture
def site_page(page):
    """Opens the page on a site that is made of documents alone, by path without ``api/v1/``; what is sent is kept."""

    def open_page(documents, place="", sent=None):
        DOCUMENTS.tell(documents, sent)
        page.route_web_socket("**/api/v1/live", lambda stream: stream.send(json.dumps(documents["site"])))
        page.goto(f"http://{HOST}/{place}")
        return page

    yield open_page
    DOCUMENTS.forget()


class OpenPage:
    """The page as it stays open from one test to the next: a load takes three times the computing of a view."""

    def __init__(self):
        self._page = self._stream = None

    def show(self, page, documents, view, sent):
        """The view of these documents, drawn anew: nothing of the former ones is left on it."""
        DOCUMENTS.tell(documents, sent)
        if self._page is not page or not page.url.startswith(f"http://{HOST}/#"):
            self._page = page
            page.route_web_socket("**/api/v1/live", self._follow)
            page.goto(f"http://{HOST}/#/{view}")
            return page
        page.evaluate("document.querySelector('#command[open]')?.close()")
        page.evaluate("location.hash = '#/assets'")  # which needs nothing that other views know
        expect(page.get_by_role("searchbox")).to_be_attached()
        site = documents["site"]
        before = site["tick"] | {"number": site["tick"]["number"] - 1}
        for each in (site | {"tick": before}, site):  # it is a new tick, as far as the page knows
            self._stream.send(json.dumps(each))
        page.evaluate("view => { location.hash = `#/${view}`; }", view)
        expect(page.get_by_role("searchbox")).not_to_be_attached()
        return page

    def _follow(self, stream):
        self._stream = stream
        stream.send(json.dumps(DOCUMENTS.answer(Asked("GET", f"http://{HOST}/api/v1/site", None))))


OPEN_PAGE = OpenPage()


@pytest.fixture
def shown(page):
    """Shows a view of a site's documents to who only looks; its page is that of the test before, if that looked too."""
    return lambda documents, view="now", sent=None: OPEN_PAGE.show(page, documents, view, sent)


@pytest.fixture
def parts(page):
    """A page that has nothing but the modules, from their files: for what needs no server."""
    if page.url.endswith("/bare.html"):
        page.evaluate("document.querySelector('main').replaceChildren()")
    else:
        page.goto(f"http://{HOST}/bare.html")
    return page
