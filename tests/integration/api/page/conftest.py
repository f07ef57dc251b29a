import json
import threading
from contextlib import ExitStack, closing, contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Error

from energy_manager.entrypoints.api.views.dashboard import PAGE, POLICY
from energy_manager.entrypoints.api.views.page_files import TYPES, read_page
from tests.support.browser import PATIENCE_MS, chromium

HERE = Path(__file__).parent
SIZE = {"width": 1280, "height": 900}
HOST = "page.test"
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


class PageHandler(BaseHTTPRequestHandler):
    """The page's files to whoever asks: a hundred times faster than by the tests' hands."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        name = self.path.partition("?")[0].removeprefix("/")
        body, media_type = sent().get(name, (b"", "text/plain"))
        self.send_response(200 if name in sent() else 404)
        self.send_header("content-type", media_type)
        if name != "bare.html":  # into which a test's own script is put
            self.send_header("content-security-policy", POLICY)
        if name.startswith("page/"):
            self.send_header("cache-control", "max-age=3600")
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
    def page(self, purpose):
        """The window as if it were new: nothing of the test before is loaded, stored, answered or set."""
        window = self._windows.pop(purpose, None) or Window(self.get())
        with window.watched() as page:
            yield page
        if window.is_as_new():
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

    def is_as_new(self):
        """Forget the test before; where the page is lost, and its storage with it, the window is closed."""
        self._page.unroute_all(behavior="ignoreErrors")
        try:
            self._page.evaluate("localStorage.clear(); sessionStorage.clear()")
        except Error:
            self.context.close()
            return False
        self._page.goto("about:blank")
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
    of_documents = not {"site_page", "parts"}.isdisjoint(request.fixturenames)
    with ONE_BROWSER.page("documents" if of_documents else "servers") as page:
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
        def answer_to(route):
            path = route.request.url.removeprefix(f"http://{HOST}/api/v1/").split("?")[0]
            if sent is not None and route.request.method != "GET":
                sent.append((route.request.method, route.request.url, route.request.post_data_json))
            answer = documents.get(path)
            missing = {"error": "not_found", "message": "there is no such document", "details": None}
            known = answer(route.request) if callable(answer) else answer
            route.fulfill(status=404 if known is None else 200, json=missing if known is None else known)

        page.route(f"http://{HOST}/api/v1/**", answer_to)
        page.route_web_socket("**/api/v1/live", lambda stream: stream.send(json.dumps(documents["site"])))
        page.goto(f"http://{HOST}/{place}")
        return page

    return open_page


@pytest.fixture
def parts(page):
    """A page that has nothing but the modules, from their files: for what needs no server."""
    page.goto(f"http://{HOST}/bare.html")
    return page
