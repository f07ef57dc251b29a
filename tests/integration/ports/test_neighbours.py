"""Whatever tells what neighbours draw: in time, or not at all, and never with an error."""

import contextlib
import gzip
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from energy_manager.adapters.neighbours import NoNeighbours
from energy_manager.adapters.neighbours.over_http import HttpNeighbours
from energy_manager.domain.appliances import StepFunction
from energy_manager.domain.appliances.units import FOREVER_US
from tests.support.in_process_neighbours import InProcessNeighbours

AT_US = round(datetime(2026, 6, 15, 12, tzinfo=UTC).timestamp() * 1e6)
PROFILE = b'{"at": "2026-06-15T12:00:00Z", "net_w": [{"from": "2026-06-15T12:00:00Z", "w": 1500.5},' + (
    b' {"from": "2026-06-15T13:00:00Z", "w": 200}]}'
)
STEPS = StepFunction(starts_us=(-FOREVER_US, AT_US + 3_600_000_000), values=(1500.5, 200))
LONG_S = 60.0


class Neighbour:
    """A server on loopback that answers with one body, or keeps silent until it is let go."""

    def __init__(self):
        self.body, self.status, self.release = PROFILE, 200, None
        self.seen, self.headers = [], {}
        neighbour = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                neighbour.seen.append(self.headers.get("Authorization"))
                if neighbour.release is not None:
                    neighbour.release.wait(LONG_S)
                self.send_response(neighbour.status)
                for name, value in neighbour.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(neighbour.body)))
                self.end_headers()
                self.wfile.write(neighbour.body)

            def log_message(self, *_):
                pass

            def handle(self):
                with contextlib.suppress(OSError):
                    super().handle()

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=lambda: self._server.serve_forever(poll_interval=0.01), daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/api/v1/appliances/profile"

    def close(self):
        if self.release is not None:
            self.release.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def neighbour():
    neighbour = Neighbour()
    yield neighbour
    neighbour.close()


@pytest.fixture
def asking():
    made = []

    def make(*urls, timeout_s=LONG_S, **more):
        made.append(HttpNeighbours(urls, timeout_s=timeout_s, **more))
        return made[-1]

    yield make
    for neighbours in made:
        neighbours.close()


@pytest.fixture(params=["in process", "http"])
def two_neighbours(request, neighbour, asking):
    if request.param == "in process":
        return InProcessNeighbours([lambda: STEPS, lambda: STEPS])
    return asking(neighbour.url, neighbour.url)


def test_what_neighbours_draw_adds_up(two_neighbours):
    total_w = two_neighbours.others_w()
    assert (total_w.at(AT_US), total_w.at(AT_US + 3_600_000_000)) == (3001, 400)


def test_without_neighbours_there_is_no_answer(asking):
    assert NoNeighbours().others_w() is None
    assert InProcessNeighbours([]).others_w() is None
    assert asking().others_w() is None


def test_a_silent_neighbour_is_not_waited_for(neighbour, asking):
    neighbour.release = threading.Event()
    began_s = time.monotonic()
    assert asking(neighbour.url, timeout_s=0.2).others_w() is None
    assert time.monotonic() - began_s < LONG_S / 2


def test_who_answers_counts_even_if_others_do_not(neighbour, asking):
    other = Neighbour()
    other.release = threading.Event()
    try:
        # Long enough for the one that answers, however busy the machine; the other never does.
        assert asking(neighbour.url, other.url, timeout_s=2).others_w().at(AT_US) == 1500.5
    finally:
        other.close()


NONSENSE = [
    (500, PROFILE, "HTTP status 500"),
    (302, PROFILE, "HTTP status 302"),
    (200, b"nonsense", "is no JSON"),
    (200, b"{}", "is no profile"),
    (200, b'{"net_w": [{"from": "2026-06-15T12:00:00Z", "w": NaN}]}', "NaN is no finite number"),
    (200, b'{"net_w": [{"from": "2026-06-15T12:00:00Z", "w": "much"}]}', "much is no finite number"),
    (200, b'{"net_w": "' + b"x" * 1_000_001 + b'"}', "is longer than 1,000,000 bytes"),
]


def test_a_neighbour_that_talks_nonsense_is_left_out_and_what_it_said_last_is_told(neighbour, asking):
    neighbours = asking(neighbour.url)
    for neighbour.status, neighbour.body, trouble in NONSENSE:
        assert neighbours.others_w() is None
        (said,) = neighbours.troubles()
        assert said.startswith("127.0.0.1:")
        assert ": taken as no answer: " in said
        assert trouble in said
    neighbour.status, neighbour.body = 200, PROFILE
    assert neighbours.others_w() is not None


def test_nobody_at_that_address_is_no_trouble(neighbour, asking):
    neighbour.close()
    assert asking(neighbour.url).others_w() is None


def test_who_keeps_silent_after_nonsense_is_not_told_of_for_ever(neighbour, asking):
    neighbours = asking(neighbour.url)
    neighbour.status = 500
    neighbours.others_w()
    assert neighbours.troubles() != ()
    neighbour.close()
    neighbours.others_w()
    assert neighbours.troubles() == ()


def test_the_token_goes_along(neighbour, asking):
    asking(neighbour.url, token="secret").others_w()
    asking(neighbour.url).others_w()
    assert neighbour.seen == ["Bearer secret", None]


def profile(*watts):
    pieces = ", ".join(f'{{"from": "2026-06-15T1{hour}:00:00Z", "w": {w}}}' for hour, w in enumerate(watts, 2))
    return f'{{"net_w": [{pieces}]}}'.encode()


def test_what_a_neighbour_claims_to_feed_in_counts_as_nothing_and_is_said(neighbour, asking):
    neighbours = asking(neighbour.url)
    neighbour.body = profile(500, -300)
    assert neighbours.others_w().values == (500, 0)
    (said,) = neighbours.troubles()
    assert said.startswith("127.0.0.1:")
    assert "counts as 0 W" in said
    neighbour.body = profile(500, 300)
    assert neighbours.others_w().values == (500, 300)
    assert neighbours.troubles() == ()


@pytest.mark.parametrize("absurd", ["-1e15", "1e15", "1000000000.5"])
def test_beyond_a_gigawatt_a_neighbour_has_not_answered_and_that_is_said(neighbour, asking, absurd):
    neighbours = asking(neighbour.url)
    neighbour.body = profile(500, absurd)
    assert neighbours.others_w() is None
    (said,) = neighbours.troubles()
    assert "taken as no answer" in said
    assert "is beyond ±1e+09 W" in said


def test_what_is_packed_is_not_unpacked(neighbour, asking):
    neighbour.body = gzip.compress(b" " * 50_000_000 + PROFILE)
    neighbour.headers = {"Content-Encoding": "gzip"}
    assert asking(neighbour.url).others_w() is None
