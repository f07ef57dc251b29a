"""What systemd hears of a service of ``Type=notify``: ready, alive at each tick, stopping; of a hung loop nothing."""

import signal
import socket
from contextlib import closing

import pytest

from tests.support.product import Product, site_text
from tests.support.waiting import eventually


@pytest.fixture
def product(tmp_path):
    product = Product(tmp_path)
    yield product
    product.clean_up()


def test_a_loop_is_ready_with_its_first_tick_fed_by_ticks_silent_when_it_hangs_and_says_when_it_stops(product):
    address = str(product.folder / "notify")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as systemd:
        systemd.bind(address)

        def heard(timeout_s=30.0):
            systemd.settimeout(timeout_s)
            try:
                return systemd.recv(100)
            except TimeoutError:
                return b""

        process = product.start("run", "--no-api", site=site_text({"ok-1": 100}), NOTIFY_SOCKET=address)
        assert [heard(60), heard(), heard()] == [b"READY=1", b"WATCHDOG=1", b"WATCHDOG=1"]

        process.send_signal(signal.SIGSTOP)
        while heard(1.0):
            pass  # what was on its way
        assert heard(3.0) == b"", "a loop that hangs for 15 of its periods says nothing"
        process.send_signal(signal.SIGCONT)
        assert heard() == b"WATCHDOG=1"

        process.send_signal(signal.SIGTERM)
        assert eventually(lambda: process.poll() is not None, within_s=20)
        last = b""
        while word := heard(0.1):
            last = word
        assert last == b"STOPPING=1"
        assert product.end(process).code == 143
