"""The live half of job 2 as its users meet it: a server that is killed and started again, commands beside it."""

import json
import re
import signal
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.forked import command_line
from tests.support.server import START_S, Server, environment
from tests.support.waiting import eventually

SITE = """
[site]
name = "home"
power_unit = "W"

[[households]]
id = "home"
threshold_w = 3000

[[assets]]
id = "oven"
driver = "simulated_appliance"
household = "home"
appliance = "Oven"
rated_power_w = 2000

[[assets]]
id = "car"
driver = "simulated_appliance"
household = "home"
appliance = "Car"
rated_power_w = 1000
duration_min = 120
interruptible = true
priority = "low"
max_delay_min = 600

[[households]]
id = "flat"
threshold_w = 1000
battery = { capacity_wh = 2000, power_w = 800, stored_wh = 2000, asset = "cellar" }

[[assets]]
id = "heater"
driver = "simulated_appliance"
household = "flat"
appliance = "Heater"
rated_power_w = 1500
duration_min = 60

[[assets]]
id = "cellar"
driver = "simulated_storage"
capacity_kwh = 2
stored_kwh = 2
max_charge_kw = 0.8
max_discharge_kw = 0.8
lag_s = 0
dead_time_s = 0

[schedule]
driver = "shared"
blocks = [{}, {}, {}, {}, {}]
"""


class Home:
    """A server on a site of simulated appliances, its store in a file, and its command line."""

    def __init__(self, folder):
        self._folder = folder
        self._site = folder / "site.toml"
        self._site.write_text(SITE)
        self._settings = {
            "ENERGY_MANAGER_STORE__URL": f"sqlite:///{folder}/store.db",
            "ENERGY_MANAGER_DISPATCH__PERIOD_S": "0.5",
            "ENERGY_MANAGER_DISPATCH__STATUS_PERIOD_S": "0.5",
        }
        self._starts = 0
        self.server = self._client = None

    def start(self):
        self._starts += 1
        folder = self._folder / str(self._starts)
        folder.mkdir()
        self.server = Server(folder, site=self._site, **self._settings)
        self.server.wait_until_serving()
        self._client = self.server.client()
        assert eventually(lambda: "Heater" in self.get("households").text, within_s=START_S)

    def kill(self):
        self._client.close()
        self.server.process.send_signal(signal.SIGKILL)
        self.server.process.wait(START_S)

    def clean_up(self):
        if self._client is not None:
            self._client.close()
        if self.server is not None:
            self.server.clean_up()

    def get(self, path):
        return self._client.get(f"/api/v1/{path}")

    def post(self, path, body=None):
        return self._client.post(f"/api/v1/{path}", json=body) if body else self._client.post(f"/api/v1/{path}")

    def put(self, path, body):
        return self._client.put(f"/api/v1/{path}", json=body)

    def patch(self, path, body):
        return self._client.patch(f"/api/v1/{path}", json=body)

    def status(self, run_id):
        runs = self.get("appliances/timetable").json()["runs"]
        return next(run["status"] for run in runs if run["id"] == run_id)

    def told(self, asset):
        """What the loop told the device in its newest tick, W; None before the first."""
        return _signed_w(re.findall(rf"tick \d+ .*\b{asset} (takes )?(\d+)", self.server.err))

    def output(self, asset):
        """What the device says it delivers, W, in the newest round of statuses; None before the first."""
        return _signed_w(re.findall(rf"\b{asset} +(takes|delivers) +(\d+) W", self.server.err))

    def command(self, *arguments):
        process = command_line("appliances", *arguments, env=environment(**self._settings), text=True)
        out, err = process.communicate(timeout=START_S)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def _signed_w(said):
    """The newest of the powers that were said in words, positive = delivers; None: there is none."""
    return None if not said else int(said[-1][1]) * (-1 if said[-1][0].startswith("takes") else 1)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("home"))
    try:
        home.start()
        yield home
    finally:
        home.clean_up()


def comes_to(home, asset, watts):
    assert eventually(lambda: home.told(asset) == -watts, within_s=START_S), home.server.err
    assert eventually(lambda: home.output(asset) == -watts, within_s=START_S), home.server.err


def test_a_run_is_switched_survives_kill_9_and_ends(home):
    run = home.post("appliances/runs", {"household": "home", "appliance": "Oven", "max_delay_min": 0})
    assert run.status_code == 200, run.text
    home.kill()
    home.start()
    # The last thing that was said before the process died was this run: it is there, and the device is told.
    run_id = run.json()["id"]
    assert home.status(run_id) == "running"
    comes_to(home, "oven", 2000)
    ended = home.post(f"appliances/runs/{run_id}/finish")
    assert ended.json()["status"] == "finished"
    comes_to(home, "oven", 0)
    assert home.post(f"appliances/runs/{run_id}/finish").status_code == 422


def test_a_lowered_threshold_pauses_and_a_raised_one_resumes(home):
    run_id = home.post("appliances/runs", {"household": "home", "appliance": "Car"}).json()["id"]
    comes_to(home, "car", 1000)
    changed = home.patch("households/home", {"threshold_w": 900})
    assert changed.json()["alerts"][-1]["excess_w"] == 1000
    comes_to(home, "car", 0)
    assert home.status(run_id) == "paused"
    home.patch("households/home", {"threshold_w": 3000})
    comes_to(home, "car", 1000)
    home.post(f"appliances/runs/{run_id}/cancel")
    comes_to(home, "car", 0)


def test_a_run_that_waits_is_moved_and_what_has_no_room_stays(home):
    oven = home.post("appliances/runs", {"household": "home", "appliance": "Oven", "duration_min": 30}).json()
    car = {"household": "home", "appliance": "Car", "power_w": 1500, "duration_min": 60, "max_delay_min": 600}
    waits = home.post("appliances/runs", car).json()
    refused = home.post(f"appliances/runs/{waits['id']}/move", {"max_delay_min": 1})
    assert (refused.status_code, "stays as it is" in refused.json()["message"]) == (422, True)
    assert home.status(waits["id"]) == "pending"
    moved = home.post(f"appliances/runs/{waits['id']}/move", {"max_delay_min": 300}).json()
    assert (moved["status"], moved["max_delay_min"], home.status(waits["id"])) == ("pending", 300, "cancelled")
    assert home.post("appliances/runs/77/move", {"max_delay_min": 1}).status_code == 404
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    charged = home.put("households/home/vehicles/Car", {"energy_kwh": 0.2, "ready_by": tomorrow}).json()
    assert (charged["interruptible"], home.status(moved["id"])) == (True, "cancelled"), "the newest word counts"
    assert home.put("households/nowhere/vehicles/Car", {"energy_kwh": 1, "ready_by": tomorrow}).status_code == 404
    for run in (charged, oven):
        home.post(f"appliances/runs/{run['id']}/cancel")
    comes_to(home, "oven", 0)


def test_the_command_line_works_beside_the_server(home):
    asked = home.command("request", "home", "Oven", "--duration-min", "30", "--max-delay-min", "0")
    assert (asked.returncode, asked.stderr) == (0, "")
    run_id = json.loads(asked.stdout)["id"]
    comes_to(home, "oven", 2000)
    rejected = home.command("request", "home", "Car", "--power-w", "1001", "--max-delay-min", "0")
    assert rejected.returncode == 3
    assert json.loads(rejected.stdout)["would_do"] == {"max_delay_min": pytest.approx(30, abs=5), "threshold_w": 3001}
    assert rejected.stderr.startswith("energy-manager: Car cannot start at once: 1 W are missing")
    assert home.post(f"appliances/runs/{run_id}/finish").status_code == 200
    comes_to(home, "oven", 0)


def test_what_is_not_there_is_404_and_what_is_wrong_422(home):
    assert home.get("households/nobody").status_code == 404
    assert home.get("appliances/timetable?household=nobody").status_code == 404
    assert home.patch("households/nobody", {"threshold_w": 1}).status_code == 404
    assert home.post("appliances/runs/77/cancel").json()["error"] == "not_found"
    wrong = home.post("appliances/runs", {"household": "home", "appliance": "Sauna"})
    assert (wrong.status_code, wrong.json()["details"]["faults"][0]["field"]) == (422, "appliance")


def test_neighbours_can_read_the_booked_profile(home):
    profile = home.get("appliances/profile").json()
    assert [piece["w"] for piece in profile["net_w"]] == [0]
    assert len(home.get("appliances/profiles").json()) >= 30


def test_a_run_beyond_the_threshold_is_carried_by_the_battery_through_kill_9(home):
    run = home.post("appliances/runs", {"household": "flat", "appliance": "Heater", "max_delay_min": 0}).json()
    assert run["outcome"] == "battery"
    comes_to(home, "heater", 1500)
    comes_to(home, "cellar", -500)
    home.kill()
    home.start()
    comes_to(home, "cellar", -500)
    (flat,) = home.get("appliances/timetable?household=flat").json()["households"]
    assert flat["battery"][0]["charge_w"] == -500
    home.post(f"appliances/runs/{run['id']}/cancel")
    comes_to(home, "cellar", 0)
