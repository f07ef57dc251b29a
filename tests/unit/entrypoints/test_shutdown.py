"""Leaving happens once; a farewell that fails does not hold the process."""

import os
import pty

import pytest

from energy_manager.entrypoints.running.shutdown import Stopper


def test_only_the_first_call_counts():
    left, farewells = [], []
    stopper = Stopper(leave=left.append)
    stopper.farewell = lambda: (farewells.append(1), stopper.leave(143))
    stopper.leave(130)
    stopper.leave(0)
    assert (left, farewells) == ([130], [1])


def test_without_a_farewell_it_just_leaves():
    left = []
    Stopper(leave=left.append).leave(0)
    assert left == [0]


def test_a_farewell_that_fails_does_not_hold_the_process():
    left = []
    stopper = Stopper(leave=left.append)

    def fail():
        raise OSError("no words")

    stopper.farewell = fail
    with pytest.raises(OSError, match="no words"):
        stopper.leave(0)
    assert left == [0]


@pytest.mark.parametrize(("code", "ended"), [(130, b"\r\n"), (143, b""), (0, b"")])
def test_after_ctrl_c_at_a_terminal_a_new_line_begins(code, ended):
    leader, follower = pty.openpty()
    before = os.dup(2)
    try:
        os.dup2(follower, 2)
        Stopper(leave=lambda _: None).leave(code)
    finally:
        os.dup2(before, 2)
        os.close(before)
        os.close(follower)
    os.set_blocking(leader, False)
    try:
        assert os.read(leader, 10) == ended
    except (BlockingIOError, OSError):
        assert ended == b""
    finally:
        os.close(leader)
