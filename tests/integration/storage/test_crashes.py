"""Whatever was acknowledged is there after the process was killed, however the disk behaved."""

import json
import os
import random
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from energy_manager.adapters.storage.sql import SqlStore

ROOT = Path(__file__).parents[3]
PROGRAM = ROOT / "tests" / "support" / "store_in_a_process.py"


def start(what: str, url: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), what, url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )


def acknowledged_until_killed(process: subprocess.Popen[bytes], *, after_s: float) -> list[int]:
    """Kill it the given time after its first acknowledgement."""
    assert process.stdout is not None
    try:
        ready, _, _ = select.select([process.stdout], [], [], 60)
        assert ready, "it acknowledges nothing"
        time.sleep(after_s)
    finally:
        process.kill()
        out, trouble = process.communicate()
    acknowledged = [int(line) for line in out.decode().splitlines(keepends=True) if line.endswith("\n")]
    assert acknowledged, trouble.decode()
    return acknowledged


def check_nothing_is_lost(url: str, acknowledged: list[int]) -> None:
    store = SqlStore(url)
    try:
        state = store.open(timeout_s=20)
        assert (state.trouble, state.set_aside) == ("", "")
        kept = {entry.schedule.id: entry.schedule for entry in store.repository.all()}
        promises = {entry.accepted.schedule.id: entry.terms for entry in store.repository.activations()}
        for number in acknowledged:
            assert kept[f"s{number}"].blocks[3].targets["asset_4"] == number
            assert promises[f"a{number}"] == {"n": number}
        counter = store.repository.document("run", "counter")
        # What was being committed when the kill came may be there too, but then wholly.
        assert counter.body["n"] in {acknowledged[-1], acknowledged[-1] + 1}
        assert len(kept) == 2 * (counter.body["n"] + 1)
    finally:
        store.close()


def kill_again_and_again(url_of, times: int, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(times):
        url = url_of(number)
        acknowledged = acknowledged_until_killed(start("puts", url), after_s=chance.uniform(0, 0.4))
        check_nothing_is_lost(url, acknowledged)


def test_what_sqlite_acknowledged_survives_kill_9(tmp_path):
    kill_again_and_again(lambda number: f"sqlite:///{tmp_path}/{number}.db", times=2, seed=1)


def test_what_postgresql_acknowledged_survives_kill_9(postgresql):
    kill_again_and_again(lambda number: postgresql.new_database(), times=2, seed=2)


@pytest.mark.soak
def test_what_sqlite_acknowledged_survives_kill_9_at_200_random_moments(tmp_path):
    kill_again_and_again(lambda number: f"sqlite:///{tmp_path}/{number}.db", times=200, seed=3)


def test_a_full_disk_refuses_what_must_be_durable_and_loses_nothing(tmp_path):
    process = start("starves", f"sqlite:///{tmp_path}/store.db")
    out, _ = process.communicate(timeout=120)
    said = json.loads(out)
    assert "disk" in said["refused"]
    assert said["trouble"]
    assert said["readable"]
    assert (said["trouble_after"], said["set_aside"]) == ("", "")
    assert (said["stored"], said["dropped"]) == (said["recorded"], 0)
    check = SqlStore(f"sqlite:///{tmp_path}/store.db")
    check.open()
    assert {"before", "after"} <= {entry.schedule.id for entry in check.repository.all()}
    check.close()
