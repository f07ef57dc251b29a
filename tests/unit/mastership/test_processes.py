"""Whether another process lives, as the system tells."""

import subprocess
import sys
from dataclasses import replace

import pytest

from energy_manager.adapters.runtime import processes
from energy_manager.adapters.runtime.processes import LinuxProcesses

known = LinuxProcesses()
this = known.this()

pytestmark = pytest.mark.skipif(not this.boot, reason="processes are known on Linux alone")


def test_this_process_lives():
    assert known.is_alive(this) is True


def test_a_number_that_is_used_again_is_another_process():
    assert known.is_alive(replace(this, started="1")) is False


def test_a_process_that_has_ended_is_dead_even_before_its_parent_has_noticed():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        other = replace(this, pid=child.pid, started=processes.started_at(child.pid))
        assert known.is_alive(other) is True
        child.stdin.close()
        while known.is_alive(other):
            pass
        assert known.is_alive(other) is False


def test_a_machine_that_was_started_anew_has_none_of_its_processes(monkeypatch, tmp_path):
    (tmp_path / "machine-id").write_text("m\n")
    monkeypatch.setattr(processes, "MACHINE_ID", tmp_path / "machine-id")
    here = LinuxProcesses()
    assert here.is_alive(replace(here.this(), boot="before")) is False
    assert here.is_alive(replace(here.this(), boot="before", host="another")) is None


@pytest.mark.parametrize("change", [{"namespace": "container"}, {"boot": "other", "machine": "other"}])
def test_of_another_container_or_machine_nothing_is_known(change):
    assert known.is_alive(replace(this, **change)) is None
