"""``fleet demo`` as a user meets it: a real NATS server, a centre, simulated sites, the commands and the page."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.support import axe
from tests.support.browser import chromium
from tests.support.forked import command_line
from tests.support.modbus_peers import free_port
from tests.support.waiting import eventually

SITES = 12


class Demo:
    """The demo in a process of its own, and the command line beside it."""

    def __init__(self, folder):
        ours = {name: value for name, value in os.environ.items() if not name.startswith("ENERGY_MANAGER_")}
        self.port = free_port()
        self.environment = ours | {
            "ENERGY_MANAGER_API__PORT": str(self.port),
            "ENERGY_MANAGER_STORE__URL": f"sqlite:///{folder}/store.db",
            "TMPDIR": str(folder),
        }
        self.folder = folder
        self.log = folder / "log"
        with self.log.open("wb") as log:
            arguments = ("fleet", "demo", "--sites", str(SITES), "--for", "3600")
            # Not forked: what runs here only runs here, and is measured.
            command = [sys.executable, "-m", "energy_manager.entrypoints.cli", *arguments]
            self.process = subprocess.Popen(command, env=self.environment, stderr=log, stdout=subprocess.DEVNULL)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def get(self, path):
        with urllib.request.urlopen(f"{self.url}/api/v1/fleet{path}", timeout=60) as answer:
            return json.loads(answer.read())

    def put(self, path, document):
        body, kind = json.dumps(document).encode(), {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/v1/fleet{path}", body, kind, method="PUT")
        urllib.request.urlopen(request, timeout=60).close()

    def is_delivering(self):
        try:
            found = self.get("")["activations"]
        except OSError:
            return False
        return bool(found) and found[0]["seen_kw"] > 0.0

    def command(self, *arguments):
        process = command_line("fleet", *arguments, env=self.environment, text=True)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    demo = Demo(tmp_path_factory.mktemp("demo"))
    try:
        assert eventually(demo.is_delivering, within_s=120), demo.log.read_text()
        yield demo
    finally:
        if demo.process.poll() is None:
            demo.process.send_signal(signal.SIGTERM)
            demo.process.wait(60)


@pytest.fixture(scope="module")
def page(demo):
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        page.said = []
        page.on("console", lambda message: page.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.goto(demo.url)
        expect(page.locator(".tile")).to_have_count(SITES)
        yield page
        assert page.said == []


def test_status_says_how_the_fleet_stands(demo):
    code, out, _ = demo.command("status")
    assert code == 0
    assert out.startswith("Demo portfolio: this centre is active")
    assert f"{SITES} sites:" in out


def test_sites_come_worst_first_and_orders_with_their_state(demo):
    def first_lines():
        return [line.split()[:2] for line in demo.command("sites")[1].splitlines()[:2]]

    worst = [["site", "standing"], ["site-11", "alarm"]]
    assert eventually(lambda: first_lines() == worst, within_s=60), first_lines()
    activation = demo.get("")["activations"][-1]["id"]
    assert eventually(lambda: demo.get(f"/activations/{activation}")["orders"].get("delivering"), within_s=60)
    states = {order["state"] for order in json.loads(demo.command("orders", activation, "--json")[1])}
    assert {"refused", "delivering"} <= states, "site-4 always refuses, and it is cheap"


def test_an_activation_is_ordered_and_called_off_on_the_command_line(demo):
    code, out, _ = demo.command("activate", "5", "--until", "10min", "--down", "--id", "cli-1", "--reason", "test")
    assert (code, json.loads(out)["direction"]) == (0, "down")
    assert eventually(lambda: demo.get("/activations/cli-1")["seen_kw"] >= 5, within_s=60)
    assert demo.command("end", "cli-1")[:2] == (0, "called off: cli-1\n")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("activate", "100000", "--until", "10min"), 3, "are asked for and all assets on offer together have"),
        (
            ("activate", "5", "--until", "noon"),
            2,
            "is no time: ISO 8601 like 2026-03-02T12:00:00Z, or in how long like",
        ),
        (("end", "nothing"), 2, "there is no activation 'nothing' that is not over"),
        (("orders", "nothing"), 2, "there is no activation 'nothing'"),
        (("status", "--url", "ftp://x"), 2, "is no URL like http://127.0.0.1:8888"),
        (("status", "--url", "http://127.0.0.1:1"), 2, "no centre answers at http://127.0.0.1:1"),
        (("serve",), 2, "ENERGY_MANAGER_FLEET__URL: is missing"),
        (("enrol", "north"), 2, "ENERGY_MANAGER_FLEET__USERS_FILE: is missing"),
    ],
)
def test_what_cannot_be_is_one_clear_line(demo, arguments, code, sentence):
    found, _, err = demo.command(*arguments)
    assert found == code
    assert sentence in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize("path", ["/docs", "/openapi.json", "/metrics", "/healthz", "/readyz", "/api/v1/audit"])
def test_what_stands_beside_the_page_is_there(demo, path):
    with urllib.request.urlopen(f"{demo.url}{path}", timeout=60) as answer:
        assert answer.status == 200


def test_the_page_shows_the_worst_first_and_what_was_delivered(demo, page):
    expect(page.locator(".worst li").first).to_contain_text("site-11")
    expect(page.locator('.tile[data-standing="alarm"]')).to_have_text("■ 11")
    expect(page.locator('[data-figure="activation"] dd')).to_contain_text("of")
    expect(page.locator('[data-keep="course"] svg').first).to_be_visible()
    assert axe.faults(page) == []


def test_an_alarm_is_acknowledged_on_the_page_by_one_press_and_stays_where_it_is(demo, page):
    first = page.locator(".worst li").first
    first.get_by_role("button", name="Acknowledge site-11").click()
    expect(first).to_contain_text("acknowledged")
    expect(first).to_contain_text("heat pump: does not follow its target")
    expect(page.locator('[data-figure="alarms"] dd')).to_have_text("0")
    page.reload()
    expect(page.locator('.tile[data-standing="alarm"]')).to_have_text("■ 11")
    page.locator('.tile[data-key="site-11"]').click()
    expect(page.locator("#command .site-alarms")).to_contain_text("acknowledged by this machine")
    assert axe.faults(page) == []
    page.keyboard.press("Escape")
    assert "this machine" in demo.command("alarms", "site-11")[1]


def test_a_site_says_on_the_page_why_it_has_an_order_or_none(page):
    page.locator('.tile[data-key="site-4"]').click()
    expect(page.locator("#command")).to_contain_text("Why, or why not")
    expect(page.locator("#command")).to_contain_text("it is refused since")
    assert axe.faults(page) == []
    page.keyboard.press("Escape")


def order_what_is_shown(page):
    """As a person does: where a site was lost to another activation meanwhile, what is shown anew is ordered."""

    def is_order(answer):
        return answer.request.method == "POST" and answer.url.endswith("/activations")

    for _ in range(SITES):
        with page.expect_response(is_order) as answer:
            page.get_by_role("button", name=re.compile("Order 5")).dblclick()
        if answer.value.ok:
            return
        assert answer.value.status == 412, answer.value.text()
        expect(page.locator("#command [role=alert]:visible")).to_contain_text("changed meanwhile")


def test_power_is_ordered_on_the_page_as_it_was_previewed_once_and_called_off(demo, page):
    page.locator("#order").click()
    page.locator("[name=volume]").fill("100000")
    page.get_by_role("button", name="See what would be ordered").click()
    expect(page.locator("#command [role=alert]:visible")).to_contain_text("100000 kW are asked for")
    page.locator("[name=volume]").fill("5")
    page.get_by_role("button", name="See what would be ordered").click()
    expect(page.locator("#effect")).to_contain_text("would be ordered")
    assert axe.faults(page) == []
    before = len(demo.get("/activations"))
    chosen = page.locator("#effect li").last.inner_text().split()[0]
    demo.put(f"/sites/{chosen}/offer", {"direction": "up", "volume": 20, "price_eur_per_mwh": 5000.0})
    page.get_by_role("button", name=re.compile("Order 5")).click()
    expect(page.locator("#command [role=alert]:visible")).to_contain_text("changed meanwhile, and nothing was ordered")
    expect(page.locator("#effect")).not_to_contain_text(f"{chosen} ")
    assert len(demo.get("/activations")) == before
    order_what_is_shown(page)
    ordered = page.locator(".activations li", has_text="page-")
    expect(ordered).to_have_count(1)
    assert len(demo.get("/activations")) == before + 1, "a double click orders once"
    ordered.get_by_role("button", name="Call off").click()
    page.get_by_role("button", name="Call off now").click()
    expect(ordered).to_contain_text("over")


@pytest.mark.parametrize("width", [320, 390, 2560])
def test_the_page_overflows_at_no_width(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    expect(page.locator(".tile")).to_have_count(SITES)
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_the_page_says_that_the_centre_does_not_answer_and_the_server_goes_with_the_demo(demo, page):
    """The last one: it ends the demo."""
    assert list(demo.folder.glob("energy-manager-fleet-*"))
    demo.process.send_signal(signal.SIGTERM)
    assert demo.process.wait(60) == 143
    expect(page.locator("#notice")).to_contain_text("does not answer")
    assert list(demo.folder.glob("energy-manager-fleet-*")) == [], "nothing is left behind"
    page.said.clear()  # the requests that failed
