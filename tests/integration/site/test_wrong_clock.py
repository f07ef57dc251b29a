"""The machine's clock is wrong for a while: nothing is lost by it, and it is said."""

from __future__ import annotations

import json

import pytest

from tests.support.product import ROOT, Product, site_text
from tests.support.running import Running
from tests.support.waiting import eventually

YEARS_S = 3 * 365 * 86_400
SITE = site_text({"ok-1": 100})
RETENTION = {"ENERGY_MANAGER_STORE__DETAIL_DAYS": "1", "ENERGY_MANAGER_STORE__SUMMARY_DAYS": "30"}


@pytest.fixture
def product(tmp_path):
    product = ProductWithAClock(tmp_path)
    yield product
    product.clean_up()


class ProductWithAClock(Product):
    """Its clock is wrong by as much as is said, also while it runs."""

    preloaded = str(ROOT / "tests" / "wrong_clock")

    def environment(self, **more):
        return super().environment(WRONG_CLOCK=str(self.folder / "off"), **RETENTION, **more)

    def set_clock(self, off_s):
        (self.folder / "off").write_text(str(off_s))

    def command(self, *arguments):
        return self.end(self.start(*arguments, keep_record=True))


def put(product, name, start="2026-12-01T00:00:00Z", end="2026-12-02T00:00:00Z"):
    blocks = [{"start": start, "end": end, "targets": {"ok-1": 7}}]
    (product.folder / "schedule.json").write_text(json.dumps({"blocks": blocks}))
    ended = product.command("schedule", "put", name, str(product.folder / "schedule.json"))
    assert ended.code == 0, ended.err


def recorded(product):
    """How many ticks are on record."""
    return product.command("replay", "--from", "-1h").out


@pytest.fixture(scope="module")
def has_run(tmp_path_factory):
    """A site with some ticks on record and a schedule."""
    product = ProductWithAClock(tmp_path_factory.mktemp("has_run"))
    assert product.run("--for", "3", site=SITE).code == 0
    put(product, "winter")
    yield product
    product.clean_up()


@pytest.mark.parametrize("command", [["schedule", "list"], ["explain", "ok-1"], ["check"], ["forecast", "list"]])
def test_a_command_with_the_clock_three_years_ahead_deletes_nothing(has_run, command):
    before = recorded(has_run)
    assert "no difference" in before
    has_run.set_clock(YEARS_S)
    has_run.command(*command)
    has_run.set_clock(0)
    assert "winter" in has_run.command("schedule", "list").out
    assert recorded(has_run) == before


def test_a_loop_with_the_clock_three_years_ahead_deletes_nothing_and_says_why(product):
    assert product.run("--for", "3", site=SITE).code == 0
    put(product, "winter")
    product.set_clock(YEARS_S)
    ended = product.run("--for", "4", site=SITE)
    assert "ahead of the newest record" in ended.err
    assert "the clock is doubtful" in product.command("check", "--site", str(product.folder / "site.toml")).out
    product.set_clock(0)
    assert "winter" in product.command("schedule", "list").out
    history = product.command("replay", "--from", "-1h")
    assert "no difference" in history.out


def test_a_jump_of_the_running_clock_is_seen_and_passes(tmp_path):
    product = ProductWithAClock(tmp_path)
    running = Running(product, site=SITE)
    with running:
        assert eventually(lambda: running.client.get("/api/v1/site").json()["clock"]["state"] == "trusted", within_s=20)
        product.set_clock(3_600)

        def doubtful():
            return running.client.get("/api/v1/site").json()["clock"]["state"] == "doubtful"

        assert eventually(doubtful, within_s=30)
        assert "energy_manager_clock_trusted 0.0" in running.client.get("/metrics").text
        assert eventually(lambda: "the clock was set forward by 1 h" in running.log.read_text(), within_s=30)
        product.set_clock(0)
        assert eventually(lambda: "the clock was set back by 1 h" in running.log.read_text(), within_s=30)
        assert eventually(lambda: not doubtful(), within_s=30)
