import json
import mimetypes
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from energy_manager.entrypoints.api.dashboard import PAGE, POLICY
from tests.support.browser import PATIENCE_MS, chromium

HERE = Path(__file__).parent
SIZE = {"width": 1280, "height": 900}
BARE = """<!doctype html>
<link rel="stylesheet" href="tokens.css">
<link rel="stylesheet" href="parts.css">
<main></main>"""


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
            self._browser = self._running.enter_context(chromium())
        return self._browser

    @contextmanager
    def page(self, purpose):
        """The window as if it were new: nothing of the test before is loaded, stored, answered or set."""
        window = self._windows.pop(purpose, None) or Window(self.get())
        with window.watched() as page:
            yield page
        self._windows[purpose] = window.as_new()

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

    def as_new(self):
        self._page.unroute_all(behavior="ignoreErrors")
        self._page.evaluate("localStorage.clear(); sessionStorage.clear()")
        self._page.goto("about:blank")
        self._page.set_viewport_size(SIZE)
        self._page.emulate_media(media="null", color_scheme="null", forced_colors="null")
        return self


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
        def serve(route):
            path = route.request.url.removeprefix("http://page.test/").split("?")[0]
            if path.startswith("api/v1/"):
                if sent is not None and route.request.method != "GET":
                    sent.append((route.request.method, route.request.url, route.request.post_data_json))
                answer = documents.get(path.removeprefix("api/v1/"))
                missing = {"error": "not_found", "message": "there is no such document", "details": None}
                known = answer(route.request) if callable(answer) else answer
                route.fulfill(status=404 if known is None else 200, json=missing if known is None else known)
                return
            name = (path.removeprefix("page/") or "index.html").split("#")[0]
            kind = mimetypes.guess_type(name)[0]
            route.fulfill(
                body=(PAGE / name).read_bytes(),
                content_type=kind,
                headers={"content-security-policy": POLICY, "content-type": kind},
            )

        page.route("http://page.test/**", serve)
        page.route_web_socket("**/api/v1/live", lambda stream: stream.send(json.dumps(documents["site"])))
        page.goto(f"http://page.test/{place}")
        return page

    return open_page


@pytest.fixture
def parts(page):
    """A page that has nothing but the modules, from their files: for what needs no server."""

    def serve(route):
        path = PAGE / route.request.url.removeprefix("http://page.test/")
        route.fulfill(body=path.read_bytes(), content_type=mimetypes.guess_type(path)[0])

    page.route("http://page.test/**", serve)
    page.route(
        "http://page.test/",
        lambda route: route.fulfill(
            body=BARE,
            content_type="text/html",
        ),
    )
    page.goto("http://page.test/")
    return page
