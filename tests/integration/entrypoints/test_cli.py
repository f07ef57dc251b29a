"""The command line as its user meets it: good words on stdout, one clear line on stderr, the right exit code."""

import json

import pytest

from energy_manager import __version__
from tests.support.product import site_text


def ask(product, *arguments, **more):
    return product.end(product.start(*arguments, fast=False, **more))


def test_the_version_is_told(product):
    ended = ask(product, "--version")
    assert (ended.code, ended.out.strip()) == (0, f"energy-manager {__version__}")


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["check", "--help"]])
def test_help_is_there_everywhere(product, arguments):
    ended = ask(product, *arguments)
    assert ended.code == 0
    assert "Usage:" in ended.out
    assert ended.err == ""


def test_a_run_on_the_site_of_the_settings_says_which_one_it_is(product):
    path = product.folder / "ours.toml"
    path.write_text(site_text({"ok-1": 100}))
    ended = product.end(product.start("run", "--no-api", "--for", "0.4", ENERGY_MANAGER_SITE=str(path)))
    assert f"site test from {path} (ENERGY_MANAGER_SITE)" in ended.err
    assert "tick 0   ok-1 100" in ended.err


def test_check_says_line_by_line_what_would_happen(product):
    ended = ask(product, "check", site=site_text({"ok-1": 100, "ghost": 5}, devices=["ok-1", "ok-2"]))
    assert ended.code == 0
    assert "ok-1: driver shared, potential 1000, 1000, 1000, 1000, 1000; follows the schedule" in ended.out
    assert "ok-2: driver shared" in ended.out
    assert "ghost: scheduled, but there is no such device" in ended.out
    assert "targets every 2 s" in ended.out


def test_check_tells_of_assets_without_potential(product):
    ended = ask(product, "check", site=site_text({"ok-1": 100}, None))
    assert "no potential, so it counts as able to deliver nothing" in ended.out


@pytest.mark.parametrize("command", ["check", "run"])
def test_a_bad_site_file_is_one_line_and_exit_code_2(product, command):
    ended = ask(product, command, site=site_text({"ok-1": 100}).replace("driver", "drivr", 1))
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert "did you mean driver?" in ended.err
    assert ended.record == [], "nothing was started"


def test_a_site_file_that_is_not_there(product):
    ended = ask(product, "run", "--site", "nowhere.toml")
    assert (ended.code, ended.err) == (2, "energy-manager: nowhere.toml: cannot be read: No such file or directory\n")


@pytest.mark.parametrize(
    "arguments", [["fly"], ["run", "--fast"], ["run", "--for", "soon"], ["run", "--for", "-1"], ["run", "more"]]
)
def test_bad_usage_is_one_line_and_exit_code_2(product, arguments):
    ended = ask(product, *arguments)
    assert ended.code == 2
    assert len(ended.err.strip().splitlines()) == 1
    assert ended.err.startswith("energy-manager: ")


def test_a_bad_setting_is_one_line_and_exit_code_2(product):
    ended = ask(product, "check", ENERGY_MANAGER_DISPATCH__PERIOD_S="fast")
    assert ended.code == 2
    assert ended.err.startswith("energy-manager: ENERGY_MANAGER_DISPATCH__PERIOD_S: 'fast' is not acceptable")


def test_json_logs_on_request(product):
    ended = product.run("--for", "0.5", site=site_text({"ok-1": 100}), ENERGY_MANAGER_LOG__STYLE="json")
    lines = ended.err.strip().splitlines()
    told = [json.loads(line) for line in lines]
    assert told[-1]["event"] == "end"
    assert told[-1]["message"].startswith("ticks ")
