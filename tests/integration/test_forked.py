"""A forked command is the command: what ``tests/support/forked.py`` starts behaves as a start of Python does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest

from tests.support.forked import command_line
from tests.support.product import ROOT, site_text
from tests.support.server import Server, challenge_text, environment
from tests.support.waiting import eventually

COMMAND = [sys.executable, "-m", "energy_manager.entrypoints.cli"]
SITE = site_text({"ok-1": 100})


def forked(*arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE):
    process = command_line(*arguments, env=environment(), stdin=stdin, stdout=stdout, text=True)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def started(*arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE):
    ended = subprocess.run(
        [*COMMAND, *arguments],
        cwd=ROOT,
        env=environment(),
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--version",), 0), (("check", "--site", "nowhere.toml"), 2), (("dispach",), 2)],
    ids=["an answer", "a missing file", "a misspelt command"],
)
def test_it_prints_the_same_and_ends_with_the_same_code(arguments, code):
    outcome = forked(*arguments)
    assert outcome[0] == code
    assert outcome == started(*arguments)


@pytest.mark.parametrize("run", [forked, started])
def test_it_reads_what_it_is_given(run, tmp_path):
    (tmp_path / "request.json").write_text(challenge_text("480"))
    with (tmp_path / "request.json").open() as request:
        code, out, err = run("plan", "production", "-", stdin=request)
    assert (code, err) == (0, "")
    assert '"p":368.4' in out


def test_a_reader_that_has_gone_ends_it_alike():
    outcomes = []
    for run in (forked, started):
        reading, writing = os.pipe()
        os.close(reading)
        outcomes.append(run("--help", stdout=writing))
        os.close(writing)
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9), (signal.SIGSEGV, -11)]
)
def test_a_signal_ends_a_run_with_its_code(product, number, code):
    process = product.start("run", "--no-api", site=SITE)
    assert eventually(product.entries)
    os.kill(process.pid, number)
    assert process.wait(30) == code
    assert not Path(f"/proc/{process.pid}").exists(), "nobody is left to wait for it"


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path)
    server.wait_until_ready()
    yield server
    server.clean_up()


def parent(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def is_alive(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_the_planning_workers_of_a_run_are_its_own_and_one_that_dies_is_replaced(server):
    workers = server.workers()
    assert {parent(pid) for pid in workers} == {server.process.pid}
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    headers = {"Content-Type": "application/json"}

    def is_planned():
        answer = httpx2.post(f"{server.url}/productionplan", content=challenge_text("480"), headers=headers, timeout=60)
        return answer.status_code == 200

    assert eventually(is_planned)
    assert eventually(lambda: server.workers() - workers)
    assert not any(is_alive(pid) for pid in workers)


def test_what_was_forked_for_a_run_ends_with_it(server):
    children = [
        int(pid)
        for task in Path(f"/proc/{server.process.pid}/task").iterdir()
        for pid in (task / "children").read_text().split()
    ]
    assert len(children) == 3, "two workers, and the process that forked them"
    server.process.kill()
    assert server.process.wait(30) == -9
    assert eventually(lambda: not any(is_alive(pid) for pid in children))
