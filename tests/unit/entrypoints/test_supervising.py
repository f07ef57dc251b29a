"""A parent that starts the loop again when it hangs or dies, and not when it ends on purpose."""

import os
import socket
import subprocess
import sys

import pytest

from energy_manager.adapters.runtime.watchdog import ALIVE, READY, FeedWatchdog, Notifier
from tests.support.product import ROOT

CHILD = """
import os, socket, sys, time
from pathlib import Path
lives = Path(sys.argv[1])
lives.write_text(lives.read_text() + "x" if lives.exists() else "x")
say = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
def tell(word): say.sendto(word, os.environ["NOTIFY_SOCKET"])
tell(b"WATCHDOG=1")
if len(lives.read_text()) == 1:
    {first_life}
tell(b"STOPPING=1")
os._exit(7)
"""

PARENT = """
import sys
from energy_manager.entrypoints.running import supervising
supervising.SILENCE_S, supervising.RESPITE_S, supervising.LOOK_S = 0.3, 0.0, 0.02
sys.exit(supervising.Supervisor(command=sys.argv[1:], period_s=0.05)())
"""


SPARE = """
import os, socket, sys, time
from pathlib import Path
lives = Path(sys.argv[1])
def note(word): lives.write_text((lives.read_text() if lives.exists() else "") + word + " ")
say = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
def tell(word): say.sendto(word, os.environ["NOTIFY_SOCKET"])
if "--wait-for" in sys.argv:
    from energy_manager.entrypoints.running.supervising import wait_for_word
    note("loaded")
    wait_for_word(int(sys.argv[-1]))
    note("began")
    tell(b"STOPPING=1")
    os._exit(7)
while "loaded" not in (lives.read_text() if lives.exists() else ""):
    tell(b"WATCHDOG=1")
    time.sleep(0.02)
{end}
"""


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), 9)", "time.sleep(600)"])
def test_the_next_loop_is_one_that_has_loaded_everything_and_waits(tmp_path, end):
    lives = tmp_path / "lives"
    parent = PARENT.replace("sys.exit", "supervising.SPARE_AFTER_S = 0.05\nsys.exit")
    done = subprocess.run(
        [sys.executable, "-c", parent, sys.executable, "-c", SPARE.format(end=end), str(lives)],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, lives.read_text()) == (7, "loaded began "), done.stderr


@pytest.mark.parametrize("first_life", ["os._exit(0)", "os._exit(1)", "os.kill(os.getpid(), 9)", "time.sleep(600)"])
def test_a_loop_that_hangs_or_dies_is_started_again_and_one_that_ends_is_not(tmp_path, first_life):
    lives = tmp_path / "lives"
    child = [sys.executable, "-c", CHILD.format(first_life=first_life), str(lives)]
    done = subprocess.run(
        [sys.executable, "-c", PARENT, *child],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, lives.read_text()) == (7, "xx"), done.stderr


def test_bad_input_is_not_tried_again(tmp_path):
    child = [sys.executable, "-c", "import sys; sys.exit(2)"]
    done = subprocess.run(
        [sys.executable, "-c", PARENT, *child],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2


def test_the_watchdog_is_fed_by_ticks_and_by_nothing_else():
    said, ticks = [], [None, None, 1.0, 1.0, 1.0, 2.0]
    dog = FeedWatchdog(said.append, lambda: ticks.pop(0))
    for _ in range(6):
        dog.look()
    assert said == [READY, ALIVE, ALIVE]


def test_words_reach_the_socket_of_the_watcher(tmp_path):
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as watcher:
        watcher.bind(address)
        Notifier(address)(ALIVE)
        assert watcher.recv(100) == ALIVE
    Notifier(address)(ALIVE)  # nobody watches any more
    Notifier("")(ALIVE)
