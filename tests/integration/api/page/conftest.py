import json
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Error, expect

from tests.support.browser import PATIENCE_MS, chromium
from tests.support.page_server import DOCUMENTS, HOST, Asked, page_files

HERE = Path(__file__).parent
SIZE = {"width": 1280, "height": 900}
NOTHING = "about:blank"
STAYS = {"shown", "parts", "opened"}
"""Fixtures whose tests look, and leave the page open to those who look after them."""


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
