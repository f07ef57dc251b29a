"""A real browser for the page: Debian's chromium, driven by playwright."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.installed import program

PATIENCE_MS = 60_000
"""What takes a second may take much longer on a machine that is busy with other tests."""

LIGHTEST_FIRST = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The same engine without a browser's windows around it takes two thirds of the computing."""

QUIET = ("--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync", "--disable-quic")
"""It draws without a screen, and asks nobody for anything but what the test opens."""


@contextmanager
def chromium(*more: str) -> Iterator[Browser]:
    """A browser with a profile of its own, and ``more`` arguments; skips where none is installed, fails there in CI.

    While it runs no event loop can be run in this thread: it is for tests that are not async.
    """
    path = program(*LIGHTEST_FIRST, package="chromium")
    expect.set_options(timeout=PATIENCE_MS)
    # Its sandbox does not work for root; a container's small /dev/shm would end it.
    arguments = [*QUIET, "--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else []), *more]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments, timeout=PATIENCE_MS)
        try:
            yield browser
        finally:
            browser.close()
