"""Every route, asked by every role: the table of the specification, held against the server's own list of routes."""

import re
import shutil

import pytest

from tests.support.forked import command_line
from tests.support.product import ROOT
from tests.support.server import Server, environment
from tests.support.waiting import eventually

ROLES = ("viewer", "resident", "technician", "operator", "admin")
EVERYBODY, SEES = set(ROLES), set(ROLES) - {"resident"}
ASKS_FOR_RUNS = {"resident", "operator", "admin"}
REPAIRS, OPERATES, ADMIN = {"technician", "operator", "admin"}, {"operator", "admin"}, {"admin"}
OPEN = None
"""Arithmetic and health: asked without a token too."""

V1 = "/api/v1"
WHO_MAY = {
    f"POST {V1}/production/plans": OPEN,
    "POST /productionplan": OPEN,
    f"POST {V1}/flexibility/plans": OPEN,
    "POST /assets": OPEN,
    f"POST {V1}/peak-shaving/plans": OPEN,
    f"POST {V1}/least-cost/plans": OPEN,
    f"POST {V1}/appliances/plans": OPEN,
    "GET /healthz": OPEN,
    "GET /readyz": OPEN,
    f"GET {V1}/schedules": SEES,
    f"GET {V1}/schedules/{{schedule_id}}": SEES,
    f"PUT {V1}/schedules/{{schedule_id}}": OPERATES,
    f"DELETE {V1}/schedules/{{schedule_id}}": OPERATES,
    f"GET {V1}/forecasts": SEES,
    f"GET {V1}/forecasts/{{name}}": SEES,
    f"PUT {V1}/forecasts/{{name}}": OPERATES,
    f"DELETE {V1}/forecasts/{{name}}": OPERATES,
    f"GET {V1}/households": EVERYBODY,
    f"GET {V1}/households/{{household_id}}": EVERYBODY,
    f"PUT {V1}/households/{{household_id}}": OPERATES,
    f"PATCH {V1}/households/{{household_id}}": OPERATES,
    f"PUT {V1}/households/{{household_id}}/appliances/{{name}}": OPERATES,
    f"PUT {V1}/households/{{household_id}}/vehicles/{{name}}": ASKS_FOR_RUNS,
    f"POST {V1}/appliances/runs": ASKS_FOR_RUNS,
    f"POST {V1}/appliances/runs/{{run_id}}/move": ASKS_FOR_RUNS,
    f"POST {V1}/appliances/runs/{{run_id}}/finish": ASKS_FOR_RUNS,
    f"POST {V1}/appliances/runs/{{run_id}}/cancel": ASKS_FOR_RUNS,
    f"GET {V1}/appliances/timetable": EVERYBODY,
    f"GET {V1}/appliances/profile": SEES,
    f"GET {V1}/appliances/profiles": EVERYBODY,
    f"GET {V1}/me": EVERYBODY,
    f"GET {V1}/audit": SEES,
    f"GET {V1}/tokens": ADMIN,
    f"GET {V1}/events": SEES,
    f"POST {V1}/events/{{alarm_id}}/acknowledge": REPAIRS,
    f"POST {V1}/events/{{alarm_id}}/shelve": OPERATES,
    f"GET {V1}/overrides": SEES,
    f"POST {V1}/overrides": REPAIRS,
    f"POST {V1}/hold": OPERATES,
    f"DELETE {V1}/overrides/{{override_id}}": REPAIRS,
    f"GET {V1}/site": EVERYBODY,
    f"GET {V1}/assets/{{asset_id}}": SEES,
    "GET /metrics": SEES,
    f"GET {V1}/history": SEES,
    f"GET {V1}/decisions": SEES,
    f"GET {V1}/plan": SEES,
    f"GET {V1}/setup": SEES,
    f"GET {V1}/energy": SEES,
    f"GET {V1}/savings": SEES,
    f"GET {V1}/vehicles/{{vehicle}}": SEES,
    f"PUT {V1}/vehicles/{{vehicle}}": OPERATES,
}
PLACES = {"household_id": "home", "asset_id": "battery", "vehicle": "car", "run_id": "77"}


class Site:
    """A running site with a token of each role, and what is asked of it."""

    def __init__(self, client, tokens):
        self.client, self.tokens = client, tokens

    def ask(self, role, method, path, document=None, **headers):
        token = self.tokens.get(role)
        headers |= {} if token is None else {"Authorization": f"Bearer {token}"}
        return self.client.request(method, path, json=document, headers=headers)

    def audit(self):
        return self.ask("admin", "GET", f"{V1}/audit?limit=1000").json()

    def changes_since(self, number):
        """Without refusals: one may have waited for a busy store until now."""
        return [line for line in self.audit() if line["number"] > number and line["action"] != "refused"]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    store = f"sqlite:///{folder / 'store.db'}"
    # A site with all that has routes of its own: prices, a car, savings; today, since simulated days keep no tokens.
    example = (ROOT / "examples" / "least_cost.toml").read_text()
    example = re.sub(r"\[simulation\]\n(?:\w.*\n)+", "", example).replace("least_cost_prices", "prices")
    (folder / "site.toml").write_text(example)
    shutil.copy(ROOT / "examples" / "least_cost_prices.csv", folder / "prices.csv")
    server = Server(folder, site=folder / "site.toml", ENERGY_MANAGER_STORE__URL=store)

    def add(name, *more):
        command = command_line(
            "tokens", "add", name, *more, env=environment(ENERGY_MANAGER_STORE__URL=store), text=True
        )
        out, err = command.communicate(timeout=120)
        assert command.returncode == 0, err
        return out.strip()

    try:
        server.wait_until_serving()
        with server.client() as client:
            assert eventually(lambda: client.get("/readyz").status_code == 200, within_s=120)
            tokens = {role: add(role, "--role", role) for role in ROLES if role != "resident"}
            tokens["resident"] = add("ann", "--role", "resident", "--household", "home")
            tokens["forged"] = "em_0123456789abcdef_not-a-token-of-this-site"
            assert eventually(lambda: client.get(f"{V1}/site").status_code == 401, within_s=30)
            site = Site(client, tokens)
            home = {"threshold_w": 3000, "time_zone": "UTC"}
            assert site.ask("admin", "PUT", f"{V1}/households/home", home).status_code == 200
            yield site
    finally:
        server.clean_up()


def test_the_table_has_every_route_that_the_server_has(site):
    paths = site.client.get("/openapi.json").json()["paths"]
    routes = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert routes == WHO_MAY.keys()


@pytest.mark.parametrize("route", WHO_MAY)
def test_each_role_may_what_the_table_says_and_nothing_else(site, route):
    method, path = route.split(" ")
    path = re.sub(r"\{(\w+)\}", lambda found: PLACES.get(found[1], "nothing"), path)
    document = {"household": "home"} if method in {"PUT", "POST", "PATCH"} else None
    who = WHO_MAY[route]
    for role in ROLES:
        response = site.ask(role, method, path, document)
        if who is None or role in who:
            assert response.status_code not in {401, 403, 429}, (route, role, response.text)
        else:
            assert (response.status_code, response.json()["error"]) == (403, "forbidden"), (route, role)
            assert f"{'ann' if role == 'resident' else role} is a" in response.json()["message"]
    without = site.ask(None, method, path, document)
    if who is None:
        assert without.status_code not in {401, 403, 429}, (route, without.text)
    else:
        assert (without.status_code, without.json()["error"]) == (401, "unauthorized"), route
        assert without.headers["www-authenticate"] == "Bearer"


BLOCKS = {"blocks": [{"start": "2099-03-02T12:00:00Z", "end": "2099-03-02T13:00:00Z", "targets": {"battery": 12}}]}
LOAD = [{"time": "2099-03-02T12:00:00Z", "value": 1}]
KETTLE = {"power_w": 2000, "duration_min": 5, "max_delay_min": 600}
CHANGES = [
    ("operator", "PUT", "/schedules/night", BLOCKS),
    ("operator", "DELETE", "/schedules/night?reason=tidied", None),
    ("operator", "PUT", "/forecasts/mine", {"unit": "kW", "readings": LOAD}),
    ("operator", "DELETE", "/forecasts/mine", None),
    ("operator", "PUT", "/households/other", {"threshold_w": 3000, "time_zone": "UTC"}),
    ("operator", "PATCH", "/households/other", {"threshold_w": 2500}),
    ("operator", "PUT", "/households/home/appliances/Kettle", KETTLE),
    ("resident", "POST", "/appliances/runs", {"household": "home", "appliance": "Kettle"}),
    ("operator", "PUT", "/vehicles/car", {"ready_by": "2099-03-02T07:00:00Z", "energy_kwh": 4}),
    ("operator", "POST", "/hold", {"target": 0, "until": "{soon}", "reason": "smoke"}),
]


def test_each_change_is_exactly_one_line_of_the_audit(site):
    day = site.ask("admin", "GET", f"{V1}/site").json()["tick"]["at"][:11]
    for role, method, path, said in CHANGES:
        document = said and {key: f"{day}23:59:59Z" if of == "{soon}" else of for key, of in said.items()}
        before = site.audit()[0]["number"]
        answer = site.ask(role, method, V1 + path, document)
        assert answer.status_code in {200, 201, 204}, (path, answer.text)
        assert eventually(lambda before=before: site.changes_since(before), within_s=30), path
        lines = site.changes_since(before)
        assert len(lines) == 1, lines
        line = lines[0]
        assert (line["who"], line["role"]) == ("ann" if role == "resident" else role, role)
        assert line["action"]


def test_ten_wrong_tokens_are_counted_logged_and_then_nothing_of_that_address_is_looked_at(start_server):
    token = "the-token-of-this-site-is-long"
    server = start_server(ENERGY_MANAGER_API__TOKEN=token)
    server.wait_until_serving()
    with server.client() as client:
        right = {"Authorization": f"Bearer {token}"}
        assert eventually(lambda: client.get(f"{V1}/site", headers=right).status_code == 200, within_s=60)

        def guessed(number):
            return client.get(f"{V1}/site", headers={"Authorization": f"Bearer guess-{number}"}).status_code

        assert [guessed(number) for number in range(9)] == [401] * 9
        assert "energy_manager_api_wrong_tokens_total 9.0" in client.get("/metrics", headers=right).text
        assert guessed(9) == 401
        barred = client.get(f"{V1}/site", headers=right)
        assert (barred.status_code, barred.json()["error"]) == (429, "too_many_wrong_tokens")
        assert int(barred.headers["retry-after"]) == 60
        assert eventually(lambda: client.get("/healthz").status_code == 200, within_s=60), "what is open stays open"
    assert eventually(lambda: "wrong token" in server.err, within_s=10)
    assert "guess-" not in server.err
