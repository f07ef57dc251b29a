"""Tests that workers share come to what they would in one process, whatever becomes of a worker."""

import os
import re
import subprocess
import sys

from tests.support.product import ROOT
from tests.support.workers import LOST

TESTS = {
    "test_one.py": """
import os, pytest
def test_passes():
    pass
def test_fails():
    assert "this" == "that"
def test_skips():
    pytest.skip("no reason")
@pytest.fixture
def broken():
    raise RuntimeError("broken")
def test_has_a_broken_fixture(broken):
    pass
""",
    "test_dies.py": """
import os
def test_before():
    pass
def test_dies():
    os._exit(0)
def test_after():
    pass
""",
    "test_pair.py": """
import os
seen = []
def test_first(tmp_path):
    seen.append(os.getpid())
def test_second(tmp_path):
    assert seen == [os.getpid()]
""",
}


def ran(folder, *arguments):
    for name, text in TESTS.items():
        (folder / name).write_text(text)
    command = (
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "--rootdir",
        folder,
        "-c",
        ROOT / "pyproject.toml",
    )
    environment = os.environ | {"COLUMNS": "200"}
    whole = [*command, *arguments, folder]
    return subprocess.run(whole, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_every_outcome_is_told_once_and_what_a_dead_worker_leaves_has_failed(tmp_path):
    ended = ran(tmp_path, "--workers", "2", "-q")
    assert ended.returncode == 1
    told = re.findall(r"^(?:FAILED|ERROR) \S*?(\w+) - (.*)$", ended.stdout, re.MULTILINE)
    assert sorted(told) == [
        ("test_after", LOST),
        ("test_dies", LOST),
        ("test_fails", "AssertionError: assert 'this' == 'that'"),
        ("test_has_a_broken_fixture", "RuntimeError: broken"),
    ]
    assert "3 failed, 4 passed, 1 skipped, 1 error" in ended.stdout


def test_a_run_that_stops_at_the_first_failure_stops_its_workers(tmp_path):
    (tmp_path / "test_waits.py").write_text("import time\ndef test_waits():\n    time.sleep(600)\n")
    ended = ran(tmp_path, "--workers", "4", "-q", "-x")
    assert ended.returncode == 1
    assert "stopping after 1 failures" in ended.stdout
