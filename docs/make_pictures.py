"""Makes the pictures of the documentation from the running product: ``make pictures``.

Examples are run as they are delivered, and Debian's chromium looks at them: a picture shows what the page shows.
Takes about three minutes, most of it a simulated day.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, Page, sync_playwright

DOCS = Path(__file__).parent
PICTURES = DOCS / "pictures"
EXAMPLES = DOCS.parent / "examples"
LARGEST = 150_000
"""Octets of a picture."""

PATIENCE_S = 60.0
DESK, PHONE = (1000, 850), (390, 844)


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A picture of a view; ``height`` cuts it, ``is_phone`` makes it narrow."""

    name: str
    view: str
    height: int = 1100
    is_phone: bool = False


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An example that runs for a while, and the pictures that are taken of it then."""

    example: str
    runs_s: float
    shots: tuple[Shot, ...]
    settings: tuple[tuple[str, str], ...] = ()


SCENES = (
    Scene(
        example="least_cost",
        runs_s=65.0,  # a day in two minutes: it is afternoon then
        settings=(
            ("ENERGY_MANAGER_DISPATCH__PERIOD_S", "0.2"),
            ("ENERGY_MANAGER_DISPATCH__STATUS_PERIOD_S", "1"),
        ),
        shots=(
            Shot(name="now", view="now"),
            Shot(name="now-phone", view="now", is_phone=True, height=1400),
            Shot(name="plan", view="plan"),
            Shot(name="history", view="history"),
        ),
    ),
    Scene(example="home_battery", runs_s=40.0, shots=(Shot(name="homes", view="homes", height=820),)),
    Scene(
        example="planned_battery",
        runs_s=60.0,
        shots=(
            Shot(name="assets", view="assets/battery", height=1000),
            Shot(name="events", view="events", height=700),
            Shot(name="site", view="site", height=900),
        ),
    ),
)


def main() -> None:
    """Run every scene, take its pictures, and the one of a report."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if path is None:
            sys.exit("install chromium first")
        arguments = ["--disable-gpu", "--disable-dev-shm-usage", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        for scene in SCENES:
            _take(scene, browser)
        browser.close()


def _take(scene: Scene, browser: Browser) -> None:
    with tempfile.TemporaryDirectory() as folder, _running(scene, Path(folder)) as (url, environment):
        print(f"{scene.example}: running for {scene.runs_s:g} s", flush=True)
        time.sleep(scene.runs_s)
        for shot in scene.shots:
            _picture(browser, shot, f"{url}/#/{shot.view}")
        if scene.example == "planned_battery":
            report = Path(folder) / "report.html"
            command = [sys.executable, "-m", "energy_manager.entrypoints.cli", "report", "--from", "-1min"]
            subprocess.run([*command, "-o", report], env=environment, check=True, stdout=subprocess.DEVNULL)
            _picture(browser, Shot(name="report", view="", height=1150), report.as_uri())


@contextmanager
def _running(scene: Scene, folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ENERGY_MANAGER_")}
    own = {
        "ENERGY_MANAGER_API__PORT": str(port),
        "ENERGY_MANAGER_STORE__URL": f"sqlite:///{folder / 'store.sqlite'}",
    }
    environment = kept | own | dict(scene.settings)
    command = [sys.executable, "-m", "energy_manager.entrypoints.cli", "run"]
    process = subprocess.Popen(
        [*command, "--site", EXAMPLES / f"{scene.example}.toml"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url)
        yield url, environment
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE_S)


def _wait_for(url: str) -> None:
    give_up_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_s:
        try:
            if httpx2.get(f"{url}/healthz").status_code == httpx2.codes.OK:
                return
        except httpx2.HTTPError:
            pass
        time.sleep(0.2)
    sys.exit(f"the product does not answer at {url}")


def _picture(browser: Browser, shot: Shot, address: str) -> None:
    width, height = PHONE if shot.is_phone else DESK
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme="light")
    page = context.new_page()
    page.goto(address)
    page.wait_for_timeout(3_000)
    if shot.is_phone:  # the whole view at once: what is fixed to the foot of the screen would lie in its middle
        page.set_viewport_size({"width": width, "height": shot.height})
        page.wait_for_timeout(500)
    target = PICTURES / f"{shot.name}.png"
    page.screenshot(path=target, full_page=True, clip={"x": 0, "y": 0, "width": width, "height": _seen(page, shot)})
    context.close()
    size = target.stat().st_size
    print(f"  {target.relative_to(DOCS.parent)}: {size / 1000:.0f} kB", flush=True)
    if size > LARGEST:
        sys.exit(f"{target.name} has {size} octets, more than {LARGEST}")


def _seen(page: Page, shot: Shot) -> int:
    """As much as there is, up to the height of the shot."""
    whole: int = page.evaluate("document.documentElement.scrollHeight")
    return min(whole, shot.height)


if __name__ == "__main__":
    main()
