"""What the fleet's commands print, and what the client makes of a centre's answers."""

import io
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.commands import fleet as commands
from energy_manager.entrypoints.fleet import words
from energy_manager.entrypoints.fleet.fleet_client import CentreClient, CentreSays, NotEnough

SITE = {
    "site": "north", "standing": "late", "age_s": 14.0, "import_kw": 9.5, "deliver_kw": -3, "up_kw": 4, "down_kw": 5,
    "alarm": "no status", "clock": "40 s off", "is_acknowledged": False, "acknowledged_by": "",
}  # fmt: skip
ALARM = {
    "id": "status/pump", "priority": "high", "since": "2026-03-02T12:00:00Z", "subject": "pump",
    "what": "no status within 25 s", "consequence": "others carry it", "acknowledged_by": "",
}  # fmt: skip
NEVER = {"site": "south", "standing": "lost", "age_s": None, "is_acknowledged": True, "acknowledged_by": "ann"}
ORDER = {
    "id": "a-1", "site": "north", "deliver_kw": 40, "state": "short", "measured_kw": 12.5,
    "until": "2026-03-02T13:00:00Z", "note": "less",
}  # fmt: skip
ACTIVATION = {
    "id": "a", "is_over": False, "until": "2026-03-02T13:00:00Z", "volume": 100, "direction": "up", "seen_kw": 60.0,
    "missing_kw": 40.0, "ended_at": None,
}  # fmt: skip
FLEET = {
    "name": "Flanders",
    "centre": {"active": False, "holder": "", "epoch": 7, "linked": False},
    "totals": {"sites": 2, "good": 0, "alarm": 0, "late": 1, "lost": 1, "import_kw": -9.5, "up_kw": 4, "down_kw": 5},
    "activations": [ACTIVATION, ACTIVATION | {"is_over": True, "ended_at": "2026-03-02T12:10:00Z"}],
}


class FakeClient:
    """Answers by path, and remembers what was asked."""

    def __init__(self, **answers):
        self.answers, self.asked, self.posted = answers, [], {"id": "a"}

    def get(self, path, **query):
        self.asked.append((path, query))
        return self.answers[path.rpartition("/")[2]]

    def post(self, path, document, *, version="", **query):
        self.asked.append((path, document, query | ({"version": version} if version else {})))
        return self.posted if "preview" not in query else {"effect": ["s1 would be ordered 50 kW"], "version": "v7"}

    def delete(self, path):
        self.asked.append(path)


@pytest.fixture
def client(monkeypatch):
    client = FakeClient(sites=[SITE, NEVER], orders=[ORDER], fleet=FLEET)
    monkeypatch.setattr(commands, "_centre", lambda url: client)
    return client


def test_sites_are_a_table_for_people_and_json_for_programs(client, capfd):
    commands.sites_()
    assert capfd.readouterr().out.splitlines() == [
        "site   standing  heard     grid, kW    assets, kW  can deliver  can take",
        "north  late      14 s ago  import 9.5  take 3      4            5         no status; its clock is 40 s off",
        "south  lost      never     –           –           –            –         acknowledged by ann",
    ]
    commands.sites_(as_json=True)
    assert json.loads(capfd.readouterr().out) == [SITE, NEVER]
    client.answers["sites"] = []
    commands.sites_()
    assert "no site was ever heard" in capfd.readouterr().err


def test_orders_are_those_that_are_live_or_of_one_activation(client, capfd):
    commands.orders(None)
    commands.orders("a")
    commands.orders("../b")
    of = "/api/v1/fleet/activations"
    assert [path for path, _ in client.asked] == ["/api/v1/fleet/orders", f"{of}/a/orders", f"{of}/..%2Fb/orders"]
    assert "a-1    north  deliver 40  short  12.5          2026-03-02T13:00:00Z  less" in capfd.readouterr().out


def test_alarms_of_a_site_are_listed_and_acknowledged_by_their_id(client, capfd):
    client.answers["alarms"] = {"alarms": [ALARM]}
    commands.alarms("north")
    assert "no status within 25 s" in capfd.readouterr().out
    client.answers["alarms"] = {"alarms": []}
    commands.alarms("north")
    assert capfd.readouterr().err == "site north has no active alarm\n"
    client.posted = ALARM | {"acknowledged_by": "ann"}
    commands.acknowledge("north", "status/pump")
    assert client.asked[-1][0] == "/api/v1/fleet/sites/north/alarms/status%2Fpump/acknowledge"
    assert capfd.readouterr().out == "acknowledged by ann: pump: no status within 25 s\n"
    client.posted = {"site": "north", "alarms": [ALARM | {"acknowledged_by": "ann"}]}
    commands.acknowledge("north")
    assert client.asked[-1][0] == "/api/v1/fleet/sites/north/acknowledge"
    assert capfd.readouterr().out == "acknowledged by ann: pump: no status within 25 s\n"
    client.posted = NEVER | {"acknowledged_by": "ann"}
    commands.acknowledge("south")
    assert capfd.readouterr().out == "acknowledged by ann: south is lost\n"


def test_status_is_a_few_lines(client, capfd):
    commands.status()
    assert capfd.readouterr().out.splitlines() == [
        "Flanders: this centre is waiting, nobody is active, epoch 7; no link to the sites",
        "2 sites: 1 late, 1 lost",
        "export 9.5 kW; can go up 4 kW, down 5 kW",
        "a: 60 of 100 kW up seen, 40 kW missing, until 2026-03-02T13:00:00Z",
        "a: 100 kW up, over since 2026-03-02T12:10:00Z",
    ]
    one = FLEET | {"totals": FLEET["totals"] | {"sites": 1, "late": 0}, "activations": []}
    client.answers["fleet"] = one
    commands.status()
    assert capfd.readouterr().out.splitlines()[1] == "1 site: 1 lost"
    client.answers["fleet"] = FLEET
    commands.status(as_json=True)
    assert json.loads(capfd.readouterr().out) == FLEET


def test_a_person_reads_times_on_a_clock_that_is_named(client, capfd, monkeypatch):
    monkeypatch.setattr(words, "is_for_people", lambda: True)
    monkeypatch.setenv("TZ", "Europe/Brussels")
    time.tzset()
    try:
        commands.status()
        commands.orders(None)
    finally:
        monkeypatch.undo()
        time.tzset()
    told = capfd.readouterr().out
    assert (told.count("Mon 2 Mar 14:00:00 CET"), told.count("Mon 2 Mar 13:10:00 CET")) == (2, 1)


def test_an_activation_is_asked_for_as_it_was_typed_and_called_off(client, capfd):
    commands.activate(50, "30min", down=True, reason="peak", name="k", preview=True)
    path, document, query = client.asked[0]
    assert document == {
        "volume": 50, "direction": "down", "from": "", "until": "30min", "reason": "peak", "id": "k",
    }  # fmt: skip
    assert (path, query) == ("/api/v1/fleet/activations", {"preview": "true", "partial": "false"})
    commands.activate(50, "30min", version="v7", partial=True)
    assert client.asked.pop(1)[2] == {"partial": "true", "version": "v7"}
    commands.end("k")
    assert client.asked[1] == "/api/v1/fleet/activations/k"
    assert capfd.readouterr().out.endswith("called off: k\n")


class Terminal(io.StringIO):
    """Standard input of a person who types this."""

    def isatty(self):
        return True


def test_at_a_terminal_it_is_shown_first_and_what_was_shown_is_ordered(client, capfd, monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    commands.activate(50, "30min")
    assert [query for _, _, query in client.asked] == [
        {"preview": "true", "partial": "false"}, {"partial": "false", "version": "v7"},
    ]  # fmt: skip
    assert "s1 would be ordered 50 kW\nOrder it? [y/N]" in capfd.readouterr().err
    commands.activate(50, "30min", yes=True)
    assert client.asked[2][2] == {"partial": "false"}


def test_who_says_no_at_the_terminal_has_ordered_nothing(client, monkeypatch):
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    with pytest.raises(Refused, match="no: nothing was ordered"):
        commands.activate(50, "30min")
    assert len(client.asked) == 1


def test_the_centre_of_the_settings_is_asked_unless_another_is_named(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENERGY_MANAGER_API__HOST", "0.0.0.0")
    monkeypatch.setenv("ENERGY_MANAGER_API__TOKEN", "x" * 20)
    assert commands._centre(None) == CentreClient(url="http://127.0.0.1:8888", token="x" * 20)
    assert commands._centre("https://centre").url == "https://centre"


@pytest.fixture(scope="module")
def centre():
    """A server whose answer is in the path: /status/body."""

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self):
            _, status, body = self.path.split("/", 2)
            document = {"path": self.path, "token": self.headers.get("Authorization")}
            if "If-Match" in self.headers:
                document["version"] = self.headers["If-Match"]
            if body == "refused":
                document = {"error": "refused", "message": "volume: 0 is too little"}
            elif body == "little":
                document = {"error": "volume_not_available", "message": "too much"}
            text = b"no json" if body == "nonsense" else json.dumps(document).encode()
            self.send_response(int(status))
            self.end_headers()
            self.wfile.write(text)

        def do_POST(self):
            self.do_GET()

        def do_DELETE(self):
            self.do_GET()

        def log_message(self, *words):
            pass

    server = HTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_token_goes_along_and_the_answer_is_json(centre):
    client = CentreClient(url=centre, token="secret")
    assert client.get("/200/x", limit="5") == {"path": "/200/x?limit=5", "token": "Bearer secret"}
    assert client.delete("/200/x")["path"] == "/200/x"
    assert CentreClient(url=centre).post("/200/x", {"a": 1})["token"] is None
    assert client.post("/200/x", {"a": 1}, version="v7")["version"] == '"v7"'


def test_what_the_centre_refuses_is_said_in_its_words(centre):
    client = CentreClient(url=centre)
    with pytest.raises(CentreSays, match="volume: 0 is too little"):
        client.get("/422/refused")
    with pytest.raises(NotEnough, match="too much"):
        client.get("/422/little")
    with pytest.raises(CentreSays, match="the centre answered 502"):
        client.get("/502/nonsense")
    with pytest.raises(CentreSays, match="no centre answers"):
        client.get("/200/nonsense")
    with pytest.raises(Refused, match="'ftp://x' is no URL"):
        CentreClient(url="ftp://x").get("/")
