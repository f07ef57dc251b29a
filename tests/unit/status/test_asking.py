"""``status`` asks the API that runs under the same settings, and says in a sentence why it learns nothing."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.commands import app
from energy_manager.entrypoints.settings import ApiSettings
from energy_manager.entrypoints.status.asking import NoAnswer, RunningSite

SITE = {"site": "demo", "power_unit": "kW", "time_zone": "UTC", "tick": None, "assets": [], "shortfall": 0,
        "schedule_fault": "", "failure": "", "notices": [], "pcc": None}  # fmt: skip


class Api(BaseHTTPRequestHandler):
    """A site that wants a token, and does not show its alarms."""

    def do_GET(self):
        if self.headers["Authorization"] != "Bearer right":
            self.answer(403, {"error": "forbidden", "message": "this needs a token"})
        elif self.path == "/api/v1/site":
            self.answer(200, SITE)
        elif self.path.startswith("/odd"):
            self.answer(200, [])
        else:
            self.answer(500, "none of ours")

    def answer(self, status, document):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, *_):
        """Nothing."""


@pytest.fixture
def url():
    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_the_site_is_read_with_the_token(url):
    assert RunningSite(url=url, token="right").site() == SITE


def test_who_may_not_see_it_is_told_what_the_site_says(url):
    with pytest.raises(NoAnswer, match="answers 403: this needs a token"):
        RunningSite(url=url).site()


def test_alarms_that_may_not_be_seen_are_not_known(url):
    assert RunningSite(url=url, token="right").alarms() is None


def test_what_is_no_site_of_ours_is_told_apart(url):
    with pytest.raises(NoAnswer, match="answers 500: no site of this product"):
        RunningSite(url=url, token="right").read("/strange")
    with pytest.raises(NoAnswer, match="what answers is no site of this product"):
        RunningSite(url=f"{url}/odd?", token="right").site()


def test_where_nothing_answers_it_is_said_what_would_do():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(NoAnswer, match=r"no site answers at .* energy-manager run starts one, --url names another"):
            RunningSite(url=url).site()


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({}, "http://127.0.0.1:8888"),
        ({"host": "0.0.0.0", "port": 81}, "http://127.0.0.1:81"),
        ({"host": "::"}, "http://[::1]:8888"),
        ({"host": "box", "tls_certificate": "c.pem", "tls_key": "k.pem"}, "https://box:8888"),
    ],
)
def test_it_is_found_where_it_listens(settings, url):
    assert RunningSite.of(ApiSettings.model_construct(**ApiSettings().model_dump() | settings), url=None).url == url


def test_an_address_that_cannot_be_is_refused():
    with pytest.raises(Refused, match="--url: is needed: the API listens on any free port"):
        RunningSite.of(ApiSettings(port=0), url=None)
    with pytest.raises(Refused, match="--url: 'box' is no URL"):
        RunningSite.of(ApiSettings(), url="box")


def test_out_of_a_terminal_it_is_one_look_and_json_is_what_the_site_says(url, capfd, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENERGY_MANAGER_API__TOKEN", "right")
    app(["status", "--url", url], standalone_mode=False)
    assert capfd.readouterr().out.splitlines()[0] == "demo: no tick yet"
    app(["status", "--url", url, "--json"], standalone_mode=False)
    assert json.loads(capfd.readouterr().out) == SITE
