"""``init`` writes what is needed to begin: files that work at once, and never over others."""

import configparser
import importlib
import re
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
import yaml

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.check import describe
from energy_manager.entrypoints.commands import app
from energy_manager.entrypoints.commands.streams import continued
from energy_manager.entrypoints.init import answers as answering
from energy_manager.entrypoints.init.answers import Template
from energy_manager.entrypoints.settings import load_settings
from energy_manager.entrypoints.site_file import chosen_name, chosen_site, read_site_file

command = importlib.import_module("energy_manager.entrypoints.commands.init")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TZ", "Europe/Brussels")
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", "memory:")
    for name in ("TOKEN", "HOST"):
        monkeypatch.delenv(f"ENERGY_MANAGER_API__{name}", raising=False)
    return tmp_path


def init(*arguments):
    app(["init", *arguments], standalone_mode=False)


@pytest.mark.parametrize("template", Template)
def test_the_site_of_each_template_would_start_and_says_what_was_answered(here, template):
    init("place", "--template", template, "--name", 'The "best" 100 % ☀', "--import-limit-kw", "12.5")
    site = read_site_file(here / "place" / "site.toml")
    assert (site.site.name, site.site.time_zone) == ('The "best" 100 % ☀', "Europe/Brussels")
    assert site.pcc is None or site.pcc.import_limit_kw == 12.5
    assert list(describe(here / "place" / "site.toml"))[-1] == "all is well: energy-manager run would start"


def test_it_prints_the_three_commands_that_come_next_to_be_typed_in_order(here, capsys):
    init("my home", "--template", "home")
    *_, check, run, status, where = capsys.readouterr().out.splitlines()
    assert check == "  cd 'my home' && energy-manager check"
    assert run == "  energy-manager run"
    assert status == f"  cd '{here}/my home' && energy-manager status"
    assert where == "the last one in another terminal"


def test_where_it_begins_in_this_folder_nobody_has_to_go_there(here, capsys):
    init("--template", "home", "--start", "systemd")
    *_, check, start, status, log = capsys.readouterr().out.splitlines()
    assert check == "  energy-manager check"
    assert (
        start == "  sudo cp energy-manager.service /etc/systemd/system/ && sudo systemctl enable --now energy-manager"
    )
    assert status == "  energy-manager status"
    assert log == "what it logs: journalctl --unit energy-manager"


def test_a_command_that_is_too_long_for_the_terminal_can_still_be_copied():
    command = "cd 'my first home' && energy-manager check --site site.toml"
    assert continued(command, None) == [f"  {command}"]
    assert continued(command, 34) == [
        "  cd 'my first home' && \\",
        "    energy-manager check --site \\",
        "    site.toml",
    ]


def test_the_token_is_read_from_the_folder_and_is_nobody_elses(here):
    init("--template", "home", "--reach", "network")
    api = load_settings().api
    assert len(api.token.get_secret_value()) >= 32
    assert api.host == "0.0.0.0"
    assert stat.S_IMODE((here / ".env").stat().st_mode) == 0o600


def test_in_its_folder_commands_are_about_its_site_and_not_about_the_demo(here, capsys):
    init("--template", "home", "--name", "ours")
    capsys.readouterr()
    app(["check"], standalone_mode=False)
    assert "site 'ours' from site.toml (ENERGY_MANAGER_SITE): " in capsys.readouterr().out
    assert chosen_site(None).site.name == chosen_name(load_settings()) == "ours"


def test_a_unit_for_systemd_is_watched_and_survives_strange_names(here, monkeypatch):
    folder = here / "my 100 % home"
    init(str(folder), "--template", "site", "--name", "50 %", "--start", "systemd")
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str
    unit.read(folder / "energy-manager.service")
    service = unit["Service"]
    assert (service["Type"], service["WatchdogSec"], service["Restart"]) == ("notify", "10", "always")
    assert service["ExecStart"].endswith(f'energy-manager" run --site "{here}/my 100 %% home/site.toml"')
    assert service["ExecStart"].startswith('"/')
    assert unit["Unit"]["Description"].endswith("site 50 %%")


@pytest.mark.parametrize(("reach", "published"), [("local", "127.0.0.1:8888:8888"), ("network", "8888:8888")])
def test_a_container_keeps_its_store_and_is_reached_from_where_was_said(here, reach, published):
    init("--template", "plants", "--start", "compose", "--reach", reach)
    service = yaml.safe_load((here / "compose.yaml").read_text())["services"]["energy-manager"]
    assert service["ports"] == [published]
    assert service["volumes"] == [".:/site:ro", "store:/var/lib/energy-manager"]
    assert service["env_file"] == ".env"
    assert "HOST" not in (here / ".env").read_text()


def test_nothing_is_overwritten_and_nothing_written_beside_it(here):
    (here / ".env").write_text("MINE=1")
    with pytest.raises(Refused, match=r"\.env: is in \. already, and nothing is overwritten"):
        init("--template", "home")
    assert [path.name for path in here.iterdir()] == [".env"]


def test_where_a_file_cannot_be_written_none_is_left(here, monkeypatch):
    (here / "file").touch()
    with pytest.raises(Refused, match="file/folder: cannot be made"):
        init("file/folder", "--template", "home")
    (here / "half").mkdir()
    monkeypatch.setattr("energy_manager.entrypoints.init.files.ENV_FILE", "no/such/folder")
    with pytest.raises(Refused, match="half: cannot be written: No such file"):
        init("half", "--template", "home")
    assert not list((here / "half").iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--template", "barn"), "--template: 'barn' is none of home, site, plants"),
        (("--template", "home", "--reach", "world"), "--reach: 'world' is none of local, network"),
        (("--template", "home", "--start", "cron"), "--start: 'cron' is none of hand, systemd, compose"),
        (("--template", "home", "--name", " "), "--name: must be 1 to 80 printable characters"),
        (
            ("--template", "home", "--time-zone", "Mars"),
            "--time-zone: 'Mars' is no time zone; one is called Europe/Brussels",
        ),
        (
            ("--template", "home", "--import-limit-kw", "-1"),
            "--import-limit-kw: '-1' must be a number of kW from 0 to 1,000,000",
        ),
    ],
)
def test_an_answer_that_cannot_be_is_refused_and_nothing_written(here, arguments, message):
    with pytest.raises(Refused, match=re.escape(message)):
        init(*arguments)
    assert not list(here.iterdir())


def test_where_nobody_can_be_asked_the_template_must_be_said(here):
    with pytest.raises(Refused, match="--template: is needed where nobody can be asked: home, site or plants"):
        init()


def answering_with(monkeypatch, answers):
    """Somebody at a terminal; what they are asked, and each question's default where they say nothing of their own."""
    asked = []

    def prompt(question, default, **_):
        asked.append(question)
        return next((answers[key].pop(0) for key in answers if key in question and answers[key]), default)

    monkeypatch.setattr(command.sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(typer, "prompt", prompt)
    return asked


def test_six_questions_are_asked_and_what_was_said_is_not(monkeypatch, here):
    asked = answering_with(monkeypatch, {"called": ["Barn"]})
    init()
    assert len(asked) == 6
    assert asked[3] == "How much may it draw from the grid, kW? [17]:"
    assert read_site_file(here / "site.toml").site.name == "Barn"
    asked.clear()
    init("other", "--name", "Known")
    assert len(asked) == 5


def test_an_answer_that_cannot_be_is_asked_for_again(monkeypatch, here, capsys):
    wrong = {"time zone": ["Europe/Brusels", "europe", "Europe/Brussels"], "draw": ["many", "nan", "-1", "9"]}
    asked = answering_with(monkeypatch, wrong | {"What is it:": ["Site"]})
    init()
    assert len(asked) == 6 + 2 + 3
    said = capsys.readouterr().err
    assert "'Europe/Brusels' is no time zone; did you mean Europe/Brussels?" in said
    assert said.count(" must be a number of kW from 0 to 1,000,000") == 3
    assert read_site_file(here / "site.toml").pcc.import_limit_kw == 9


def test_who_ends_the_input_has_written_nothing(monkeypatch, here):
    def ended(*_, **__):
        raise typer.Abort

    monkeypatch.setattr(command.sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(typer, "prompt", ended)
    with pytest.raises(Refused, match="answer: is missing; nothing was written"):
        init("place")
    assert not list(here.iterdir())


def test_where_nothing_could_be_written_nothing_is_asked(monkeypatch, here):
    asked = answering_with(monkeypatch, {})
    (here / "file").touch()
    with pytest.raises(Refused, match=r"file/place: cannot be made: .*file is no folder"):
        init("file/place")
    (here / "site.toml").touch()
    with pytest.raises(Refused, match=r"site\.toml: is in \. already"):
        init()
    monkeypatch.setattr("energy_manager.entrypoints.init.files.os.access", lambda *_: False)
    with pytest.raises(Refused, match=r"place: cannot be written: .* is not yours to write"):
        init("place")
    assert not asked


def test_a_machine_that_names_no_zone_is_in_utc(monkeypatch):
    monkeypatch.setenv("TZ", "CET-1CEST")
    assert answering.zone_here() == "UTC"
    monkeypatch.delenv("TZ")
    monkeypatch.setattr(Path, "resolve", lambda path: Path("/usr/share/zoneinfo/Asia/Tokyo"))
    assert answering.zone_here() == "Asia/Tokyo"
