"""``energy-manager dsxos`` as its user runs it: a process of its own, against a DSxOS that may misbehave."""

import re
import signal
import threading
from dataclasses import dataclass
from datetime import datetime

import pytest

from tests.support.dsxos_server import DAY, a1_yaml, plain_day
from tests.support.forked import command_line
from tests.support.server import environment
from tests.support.waiting import eventually

STEPS = 28
"""Of a short plan: seven hours, for each step is a call."""
SHORT = 2 + STEPS


@dataclass
class Ended:
    code: int
    out: str
    err: str


class Command:
    """Starts the command on a configuration for a fake; cleans up what a test leaves behind."""

    def __init__(self, folder):
        self.folder, self.processes, self.fakes = folder, [], []

    def start(self, fake, *arguments, cron=None, **changed):
        if fake not in self.fakes:
            self.fakes.append(fake)
        folder = self.folder / str(len(self.processes))
        folder.mkdir()
        config = folder / "a1.yaml"
        config.write_text(a1_yaml(fake.url, cron=cron, **changed))
        process = command_line("dsxos", "--config", str(config), *arguments, env=environment(), text=True)
        self.processes.append(process)
        return process

    def end(self, process):
        out, err = process.communicate(timeout=30)
        return Ended(process.returncode, out, err)

    def run(self, fake, *arguments, **changed):
        return self.end(self.start(fake, *arguments, **changed))

    def clean_up(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.communicate()
        for fake in self.fakes:
            fake.close()


@pytest.fixture
def command(tmp_path):
    command = Command(tmp_path)
    yield command
    command.clean_up()


def short_day(**more):
    return plain_day(length=SHORT, **more)


def is_whole(fake, steps=STEPS):
    """So many steps of a quarter of an hour, each once; one step less when the test ran across a quarter."""
    times = [reading["time"] for reading in fake.posted("ess_p_lt_a1")]
    return len({*times}) == len(times) and len(times) in {steps - 1, steps}


def is_untouched(fake):
    """Nothing was posted: the old plan, 7 W throughout, stands."""
    return fake.powers("ess_p_lt_a1") == [7] * SHORT and fake.count("POST", "/datapoint-prognoses") == 0


def test_a_peak_is_shaved_and_the_plan_is_posted(command):
    fake = plain_day()
    hour_ahead = 2 + 4
    peak = [40_000] * hour_ahead + [80_000] * 4 + [40_000] * (DAY - hour_ahead - 4)
    fake.datapoint("consumption_p_lt", watts=peak)
    ended = command.run(fake)
    assert (ended.code, ended.err) == (0, "")
    assert re.match("posted 9[56] steps of 900 s", ended.out)
    assert "change 30.000 kWh; beyond the limits 0.000 kWh" in ended.out
    plan = fake.posted("ess_p_lt_a1")
    assert sorted(reading["value"] for reading in plan)[:5] == [-30_000] * 4 + [0], "one hour of 30 kW, in W"
    assert 0 <= (datetime.fromisoformat(plan[0]["time"]) - fake.quarter).total_seconds() <= 900
    (header,) = [asked.body for asked in fake.asked if (asked.method, asked.path) == ("POST", "/datapoint-prognoses")]
    assert header["datapointId"] == fake.datapoints["ess_p_lt_a1"]["id"]
    assert is_whole(fake, 96)


def test_misaligned_unsorted_prognoses_with_nulls_and_duplicates_are_understood(command):
    fake = short_day()
    minutes = fake.series([40_000, None, 90_000, None] * 30, every_s=1200)
    fake.datapoint("consumption_p_lt")
    fake.prognosis("consumption_p_lt", [*reversed(minutes), {**minutes[2], "value": 40_000}])
    fake.datapoint("production_p_lt", watts=[-5_000, None] * 20, every_s=3600)
    wanted = [{**reading, "value": 40_000} for reading in minutes if reading["value"] == 90_000]
    fake.prognosis("consumption_p_lt", [*reversed(minutes), *wanted])
    ended = command.run(fake)
    assert ended.code == 0, ended.err
    assert "change 0.000 kWh; beyond the limits 0.000 kWh" in ended.out, "the later ones of the duplicates fit"
    assert set(fake.powers("ess_p_lt_a1")) == {0.0}


def test_without_sun_and_without_a_schedule_there_is_a_plan_all_the_same(command):
    fake = short_day()
    fake.datapoint("production_p_lt", watts=[0, -0.0] * (SHORT // 2))
    fake.datapoint("ess_p_lt_a5")
    ended = command.run(fake)
    assert ended.code == 0, ended.err
    assert "there was no schedule" in ended.out
    assert is_whole(fake)


def test_a_token_that_is_refused_is_renewed_once_and_the_plan_is_whole(command):
    fake = short_day(uses_per_token=9, knows_pages=False)
    ended = command.run(fake)
    assert ended.code == 0, ended.err
    assert is_whole(fake)
    assert fake.count("POST", "/auth/token") == len({*fake.authorizations})


def test_what_cannot_be_planned_on_leaves_the_old_plan_and_says_why(command):
    without, empty = short_day(), short_day()
    del without.datapoints["ess_charge"]
    empty.datapoint("consumption_p_lt", watts=[])
    told = {
        "ess_charge: there is no such datapoint": (without, command.start(without)),
        "consumption_p_lt: has no readings in its prognosis": (empty, command.start(empty)),
    }
    for words, (fake, process) in told.items():
        ended = command.end(process)
        assert (ended.code, ended.out) == (2, "")
        assert words in ended.err
        assert ended.err.endswith("nothing was posted, the plan on the platform stays as it is\n")
        assert len(ended.err.splitlines()) == 1
        assert is_untouched(fake)


def test_a_platform_that_does_not_answer_leaves_the_old_plan(command):
    def when_readings(how):
        return lambda asked: how if asked.path == "/prognosis-readings" else None

    failing, silent = short_day(misbehave=when_readings(500)), short_day(misbehave=when_readings("hang"))
    told = {
        "HTTP 500": (failing, command.start(failing)),
        "no answer within 0.4 s": (silent, command.start(silent, "--timeout", "0.4")),
    }
    for words, (fake, process) in told.items():
        ended = command.end(process)
        assert ended.code == 2
        assert f"consumption_p_lt: GET /prognosis-readings: {words}" in ended.err
        assert "(3 times); nothing was posted" in ended.err
        assert fake.count("GET", "/prognosis-readings") == 3
        assert is_untouched(fake)


def test_a_post_that_fails_half_way_is_withdrawn(command):
    fake = short_day(misbehave=lambda asked: 422 if (asked.method, asked.path, asked.nth) == _post(11) else None)
    ended = command.run(fake)
    assert ended.code == 2
    assert re.search("step 11 of 2[78] failed .POST /prognosis-readings: HTTP 422", ended.err)
    assert "was withdrawn; nothing was posted, the plan on the platform stays as it is" in ended.err
    assert fake.powers("ess_p_lt_a1") == [7] * SHORT


def test_a_half_posted_plan_that_cannot_be_withdrawn_is_told(command):
    fake = short_day(
        knows_delete=False,
        misbehave=lambda asked: 500 if asked.method == "POST" and "readings" in asked.path and asked.nth > 10 else None,
    )
    ended = command.run(fake)
    half = fake.datapoints["ess_p_lt_a1"]["lastPrognosisId"]
    assert ended.code == 2
    assert "could not be withdrawn (DELETE /datapoint-prognoses/" in ended.err
    assert f"delete prognosis {half}, it is half done; the platform took 10 of 2" in ended.err
    assert "stays as it is" not in ended.err
    assert len(fake.powers("ess_p_lt_a1")) == 10


def test_on_its_cron_it_goes_on_after_a_failure_and_ends_on_a_signal(command):
    fake = short_day(misbehave=lambda asked: 400 if asked.path == "/datapoints" and asked.nth == 1 else None)
    process = command.start(fake, cron="* * * * * *")
    assert eventually(lambda: fake.count("POST", "/datapoint-prognoses") >= 2, within_s=20)
    process.send_signal(signal.SIGTERM)
    ended = command.end(process)
    assert ended.code == 143
    lines = ended.err.splitlines()
    assert "planning at '* * * * * *' (UTC), first at" in lines[0]
    assert "✗ consumption_p_lt: GET /datapoints: HTTP 400" in lines[1]
    assert "stays as it is" in lines[1]
    assert "posted 2" in lines[2]
    assert is_whole(fake), "a plan that was being posted was posted to its end"


def test_once_means_once_and_a_waiting_cron_ends_at_once(command):
    fake = short_day()
    never_soon = "0 0 0 29 2 *"
    waiting = command.start(fake, cron=never_soon)
    assert command.run(fake, "--once", cron=never_soon).code == 0
    assert "planning at" in waiting.stderr.readline()
    waiting.send_signal(signal.SIGINT)
    assert command.end(waiting).code == 130
    assert fake.count("POST", "/datapoint-prognoses") == 1


def test_a_signal_while_a_plan_is_being_posted_lets_the_post_end(command):
    gate = threading.Event()
    fake = short_day(misbehave=lambda asked: gate if (asked.method, asked.path, asked.nth) == _post(11) else None)
    process = command.start(fake, cron="* * * * * *")
    assert eventually(lambda: fake.count("POST", "/prognosis-readings") == 11, within_s=20)
    process.send_signal(signal.SIGTERM)
    gate.set()
    ended = command.end(process)
    assert ended.code == 143
    assert is_whole(fake)
    assert "posted 2" in ended.err


def test_a_configuration_with_faults_is_refused_by_key_and_line(command):
    ended = command.run(short_day(), pccExportLimitW=1000, essMaxCarge=5)
    assert ended.code == 2
    assert "a1.yaml:12: pccExportLimitW: must be at most 0" in ended.err
    assert "essMaxCarge: there is no such key; did you mean essMaxCharge?" in ended.err
    assert len(ended.err.splitlines()) == 1


def _post(nth):
    return ("POST", "/prognosis-readings", nth)
