"""Whoever polls is woken for everything that is left for it, however the threads take turns."""

import select
import sys
import threading
import time

import pytest

from energy_manager.adapters.lanes.wake_signal import WakeSignal
from tests.support.waiting import eventually

pytestmark = pytest.mark.no_cover  # others take its branches


def test_nothing_that_is_left_waits_for_the_next_ring():
    wake, left, taken, has_ended = WakeSignal(), [], [], threading.Event()
    poll = select.poll()
    poll.register(wake.fileno(), select.POLLIN)

    def listen():
        while not has_ended.is_set():
            poll.poll()  # for ever: a ring that is lost is seen
            wake.hear()
            while left:
                taken.append(left.pop(0))

    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        for number in range(50_000):
            left.append(number)
            wake.ring()
            if number % 7 == 0:
                time.sleep(0)
        assert eventually(lambda: len(taken) == 50_000, within_s=10), "once lost, no later ring wakes it either"
    finally:
        sys.setswitchinterval(usual_s)
        has_ended.set()
        wake.ring()
        listener.join(10)
        wake.close()
