import mimetypes

import pytest

from energy_manager.entrypoints.api.dashboard import PAGE
from tests.support.browser import PATIENCE_MS, chromium

BARE = """<!doctype html>
<link rel="stylesheet" href="tokens.css">
<link rel="stylesheet" href="parts.css">
<main></main>"""


@pytest.fixture(scope="session")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser):
    """A page in a window of its own; nothing may go wrong in its scripts or break its rules."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    yield page
    context.close()
    assert errors == []


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
