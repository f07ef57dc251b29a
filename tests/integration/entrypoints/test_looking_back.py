"""Looking back as a person does: a site is run for a while, then its store is asked why, what if, and for a report."""

import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from energy_manager.domain.errors import EnergyManagerError
from energy_manager.entrypoints.commands import app
from tests.support.product import Product, site_text


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The store of a site whose asset ok-2 falls short, which ran for some ticks."""
    product = Product(tmp_path_factory.mktemp("recorded"))
    site = site_text({"ok-1": 100, "ok-2": 300}, 200)
    try:
        ended = product.run("--for", "1.5", site=site, ENERGY_MANAGER_DISPATCH__PHASE_S="0.9")
    finally:
        product.clean_up()
    assert ended.code == 0, ended.err
    return product


@pytest.fixture
def ask(recorded, monkeypatch):
    """The answer of a command: its exit code and lines, or its one sentence of refusal."""
    for name in list(os.environ):
        if name.startswith("ENERGY_MANAGER_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", recorded.store_url)

    def answer(*arguments):
        result = CliRunner().invoke(app, arguments)
        if isinstance(result.exception, EnergyManagerError):
            return 2, [str(result.exception)]
        return result.exit_code, result.output.splitlines()

    return answer


def test_why_an_asset_is_at_its_power(ask):
    code, lines = ask("explain", "ok-1")
    assert code == 0
    assert re.fullmatch(r"ok-1 was told to deliver 200 kW at tick \d+, .* UTC: 100 kW more than scheduled\.", lines[0])
    assert "Its schedule was to deliver 100 kW, from the site's base schedule." in lines
    assert "It took 100 kW of the gap: it was told to deliver 200 kW instead of 100 kW, all it could deliver." in lines


def test_an_asset_or_a_time_that_nobody_knows(ask):
    assert ask("explain", "ok1")[1][0].endswith("knows no 'ok1'; did you mean ok-1?")
    assert ask("explain", "ok-1", "--at", "2020-01-01T00:00:00Z") == (
        2,
        ["nothing was recorded at or before 2020-01-01 00:00:00.000 UTC"],
    )
    assert ask("explain", "ok-1", "--at", "soon")[1][0].startswith("--at: 'soon' is no time")


def test_a_replay_finds_no_difference(ask):
    code, (line,) = ask("replay", "--from", "-1h")
    assert code == 0
    assert re.fullmatch(r"no difference in \d+ ticks", line)


def test_a_recording_replays_elsewhere_and_a_changed_one_shows_the_first_difference(ask, tmp_path):
    recording = tmp_path / "recording.jsonl"
    code, (line,) = ask("replay", "--from", "-1h", "--export", str(recording))
    assert (code, line.partition(" ")[2]) == (0, f"ticks written to {recording}")
    assert recording.stat().st_mode & 0o777 == 0o600, "it tells of the site as the store does"
    assert ask("replay", str(recording))[0] == 0
    text = recording.read_text()
    changed = re.sub(r'("targets":\{[^}]*"ok-2":)200', r"\g<1>201", text)
    assert changed != text
    recording.write_text(changed)
    code, (line,) = ask("replay", str(recording))
    assert code == 1
    assert "ok-2 was to deliver 201 kW, replayed it is to deliver 200 kW" in line


def test_what_if(ask):
    code, lines = ask("replay", "--from", "-1h", "--policy", "follow_schedule", "--limit", "ok-2=50")
    assert code == 0
    assert any(line.startswith("not delivered") for line in lines)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "--from: is missing: since when? Or name a recording"),
        (["x", "--from", "-1h"], "--from: a recording is taken as a whole; leave out FILE, or the times"),
        (["x", "--to", "now"], "--to: a recording is taken as a whole; leave out FILE, or the times"),
        (["nowhere"], "nowhere: cannot be read: No such file or directory"),
        (["--from", "-1h", "--to", "-2h"], "is not after"),
        (["--from", "-2d", "--to", "-1d"], "nothing was recorded from"),
        (["--from", "-1h", "--policy", "fair"], "--policy: 'fair' is none of proportional, follow_schedule"),
        (["--from", "-1h", "--limit", "ok-1"], "--limit: 'ok-1' must be ASSET=POWER"),
        (["--from", "-1h", "--limit", "ok-1=-5"], "--limit: 'ok-1=-5' must be ASSET=POWER"),
        (["--from", "-1h", "--limit", "ok-1=5", "--limit", "ok-1=6"], "--limit: 'ok-1' has two limits"),
        (["--from", "-1h", "--limit", "ok1=5"], "--limit: 'ok1' is in none of the ticks; did you mean ok-1?"),
        (["--from", "-1h", "--export", "x", "--limit", "ok-1=5"], "--export: writes what was recorded"),
    ],
)
def test_a_replay_that_makes_no_sense_is_refused_in_one_sentence(ask, arguments, sentence):
    code, (line,) = ask("replay", *arguments)
    assert code == 2
    assert sentence in line


def test_a_report_is_written(ask, tmp_path):
    code, (line,) = ask("report", "--from", "-1h", "-o", str(tmp_path / "report.html"))
    assert code == 0
    assert re.search(r"report.html: \d+ ticks of 2 assets", line)
    assert "<title>Report " in (tmp_path / "report.html").read_text()
    assert (tmp_path / "report.html").stat().st_mode & 0o777 == 0o600
    site = Path(__file__).parents[3] / "examples" / "least_cost.toml"
    assert ask("report", "--from", "-1h", "--site", str(site), "-o", str(tmp_path / "of_site.html"))[0] == 0
    assert "What was saved" not in (tmp_path / "of_site.html").read_text(), "this record knows no prices"


def test_a_report_that_cannot_be_written_is_refused(ask, tmp_path):
    assert ask("report", "--from", "-1h", "-o", str(tmp_path)) == (
        2,
        [f"{tmp_path}: cannot be written: Is a directory"],
    )
    assert "nothing was recorded" in ask("report", "--from", "-2d", "--to", "-1d")[1][0]


def test_the_command_line_ends_with_these_codes(recorded, tmp_path):
    """In processes of their own: difference 1, bad input 2."""
    recording = tmp_path / "recording.jsonl"
    recording.write_text('{"recording":"energy_manager","version":1}\n')
    ended = recorded.end(recorded.start("replay", str(recording), fast=False))
    assert (ended.code, ended.err) == (2, f"energy-manager: there is no tick in {recording}\n")
    tick = (
        '{"number":0,"at":"2026-03-02T12:00:00Z","lag_s":0,"scheduled":{"a":5},"potentials":{"a":5},"targets":{"a":4},'
        '"shortfall":0,"decided_by":{},"fault":"","policy":"proportional","hold":null,"status_ages_s":{},"untold":[],'
        '"unreadable":[],"failure":"","power_unit":"kW"}\n'
    )
    recording.write_text(recording.read_text() + tick)
    ended = recorded.end(recorded.start("replay", str(recording), fast=False))
    assert ended.code == 1
    assert "a was to deliver 4 kW, replayed it is to deliver 5 kW" in ended.out
