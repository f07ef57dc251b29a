"""A machine that gives too little: one clear line and an end, never a process that neither works nor ends."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.product import ROOT
from tests.support.server import environment

RUN = [sys.executable, "-m", "energy_manager.entrypoints.cli", "run", "--for", "0.1"]


def run(*arguments, limit=None, **settings):
    return subprocess.run(
        [*RUN, *arguments],
        cwd=ROOT,
        env=environment(ENERGY_MANAGER_API__PORT="0", **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=limit,
    )


def limited(what, value):
    return lambda: resource.setrlimit(what, (value, value))


def test_with_too_few_descriptors_the_api_is_refused_and_dispatch_alone_runs():
    few = limited(resource.RLIMIT_NOFILE, 24)
    ended = run(limit=few)
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "only 24 files may be open at once" in ended.stderr
    assert run("--no-api", limit=few).returncode == 0


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux bounds address space")
def test_without_memory_the_start_ends():
    ended = run(limit=limited(resource.RLIMIT_AS, 500_000_000))
    assert ended.returncode != 0
    assert "ticks" not in ended.stderr.splitlines()[-1]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux bounds address space")
@pytest.mark.parametrize("megabytes", [200, 300])
def test_with_too_little_memory_to_load_anything_the_start_ends_with_one_line(megabytes):
    ended = run(limit=limited(resource.RLIMIT_AS, megabytes * 1_000_000))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == (
        f"energy-manager: only {megabytes} MB of memory may be used (ulimit -v), and at least 400 MB are needed\n"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_standard_output_that_is_full_is_one_line():
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*RUN[:3], "check"],
            cwd=ROOT,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr == "energy-manager: standard output cannot be written: No space left on device\n"
