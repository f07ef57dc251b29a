"""Lists are tables in local time for people, a line each in a pipe, JSON for programs."""

import json
from zoneinfo import ZoneInfo

import pytest

from energy_manager.entrypoints.commands import app, lists
from energy_manager.entrypoints.commands.streams import folded_json

COLUMNS = (("asset", lambda entry: entry[0]), ("why", lambda entry: entry[1]))


@pytest.fixture
def at_a_terminal(monkeypatch):
    monkeypatch.setattr(lists, "is_for_people", lambda: True)
    monkeypatch.setattr(lists, "width_of", lambda stream: 80)


def show(entries, *, as_json=False):
    lists.print_list(
        entries, as_json=as_json, document=list, line=" ".join, columns=COLUMNS, nothing="there are no assets"
    )


def test_a_person_sees_a_table(at_a_terminal, capsys):
    show([("roof", "as scheduled")])
    assert capsys.readouterr().out.splitlines() == ["asset  why", "roof   as scheduled"]


def test_a_pipe_gets_a_line_each(capsys):
    show([("roof", "as scheduled")])
    assert capsys.readouterr().out == "roof as scheduled\n"


def test_a_program_gets_json_also_of_nothing(capfd):
    show([("roof", "ok")], as_json=True)
    show([], as_json=True)
    assert capfd.readouterr().out.replace("\n", "").replace(" ", "") == '[["roof","ok"]][]'


def test_that_there_are_none_is_said_beside_the_output(capsys):
    show([])
    assert capsys.readouterr() == ("", "there are no assets\n")


def test_runs_stand_on_the_clock_of_their_home(at_a_terminal, capsys):
    def run(number, **known):
        return {
            "id": str(number), "household": "home", "appliance": "Car", "power_w": 2500, "priority_class": "low",
            "status": "planned", "segments": [], "reason": None, **known,
        }  # fmt: skip

    span = ["2026-03-02T11:00:00Z", "2026-03-02T11:30:00Z"]
    document = {
        "households": [{"id": "home", "threshold_w": 3000}],
        "alerts": [{"household": "home", "message": "too much is on"}],
        "is_attended": False,
        "runs": [
            run(1, segments=[span]),
            run(2, segments=[["2026-03-02T22:30:00Z", None]]),
            run(3, status="rejected", reason="threshold"),
        ],
    }
    lists.print_timetable(document, {"home": ZoneInfo("Europe/Brussels")})
    told = capsys.readouterr()
    assert told.err == f"{lists.UNATTENDED}\n"
    assert told.out.splitlines() == [
        "home: at most 3000 W",
        "! home: too much is on",
        "run  home  appliance  power   priority  state     when, or why not",
        "1    home  Car        2500 W  low       planned   Mon 2 Mar 12:00:00 to 12:30:00",
        "2    home  Car        2500 W  low       planned   from Mon 2 Mar 23:30:00",
        "3    home  Car        2500 W  low       rejected  threshold",
    ]
    lists.print_timetable(document | {"runs": [], "is_attended": True}, {})
    assert capsys.readouterr().err == "no runs are booked\n"


@pytest.mark.parametrize("command", [("schedule", "list"), ("forecast", "list"), ("tokens", "list")])
def test_each_list_is_there_for_programs(command, monkeypatch, tmp_path, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", f"sqlite:///{tmp_path / 'store.db'}")
    app([*command, "--json"], standalone_mode=False)
    assert json.loads(capfd.readouterr().out) == []


def test_the_homes_of_a_store_are_a_table_for_people_and_json_in_a_pipe(monkeypatch, tmp_path, capfd):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", f"sqlite:///{tmp_path / 'store.db'}")
    app(["appliances", "add", "home", "--threshold-w", "3000"], standalone_mode=False)
    capfd.readouterr()
    app(["appliances", "list"], standalone_mode=False)
    assert json.loads(capfd.readouterr().out)[0]["id"] == "home"
    monkeypatch.setattr("energy_manager.entrypoints.commands.appliances.is_for_people", lambda: True)
    app(["appliances", "list"], standalone_mode=False)
    assert capfd.readouterr().out.splitlines()[1].split() == ["home", "3000", "W", "earliest", "0", "W"]
    app(["appliances", "timetable"], standalone_mode=False)
    assert capfd.readouterr().out.splitlines()[0] == "home: at most 3000 W"


PLAN = '[{"name":"windpark, one","p":90.0},{"name":"gas","p":460.0,"hours":[1,2,3,4,5,6]},{"name":"tj\\"]1","p":0.0}]'


@pytest.mark.parametrize("width", [20, 40, 80])
def test_json_for_a_person_is_the_same_json_in_lines_of_the_terminals_width(width):
    lines = folded_json(PLAN, width)
    assert json.loads("\n".join(lines)) == json.loads(PLAN)
    assert all(len(line) <= max(width, len(' {"name":"windpark, one",')) for line in lines)
    assert folded_json(PLAN, 1000) == [PLAN]


def test_entries_of_a_list_stay_together_where_they_can():
    assert folded_json('[{"a":1,"b":2},{"a":3,"b":4}]', 20) == ['[{"a":1,"b":2},', ' {"a":3,"b":4}]']
