import json
import mimetypes
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from energy_manager.entrypoints.api.dashboard import PAGE, POLICY
from tests.support.browser import PATIENCE_MS, chromium

HERE = Path(__file__).parent
BARE = """<!doctype html>
<link rel="stylesheet" href="tokens.css">
<link rel="stylesheet" href="parts.css">
<main></main>"""


class OneBrowser:
    """Started when it is first wanted; a start takes as much computing as two tests."""

    def __init__(self):
        self._running = ExitStack()
        self._browser = None

    def get(self):
        if self._browser is None:
            self._browser = self._running.enter_context(chromium())
        return self._browser

    def close(self):
        self._browser = None
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


@contextmanager
def watched(browser, *, console=False):
    """A page in a window of its own; nothing may go wrong in its scripts or break its rules, nor be in its console."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    is_meant = lambda message: "Content Security" in message.text or (console and message.type == "error")  # noqa: E731
    page.on("console", lambda message: errors.append(message.text) if is_meant(message) else None)
    try:
        yield page
    finally:
        context.close()
    assert errors == []


@pytest.fixture
def page(browser):
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
