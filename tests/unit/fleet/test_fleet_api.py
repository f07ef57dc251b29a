"""The centre's HTTP API over a fleet in memory: order, prove, settle, explain, ask, register, refuse."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.access import TokenRegistry, issue
from energy_manager.application.alarms import Priority, Trouble
from energy_manager.application.fleet.views.course import FleetCourse
from energy_manager.application.fleet.views.fleet_view import FleetView
from energy_manager.application.fleet.views.questions import SiteQuestions
from energy_manager.application.fleet.views.silences import SeenSilences
from energy_manager.application.logbook import KeepLogbook
from energy_manager.application.ports.fleet.fleet_book import EnrolledSite
from energy_manager.application.ports.records.logbook import Actor
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.errors import OutOfTime
from energy_manager.entrypoints.api.app import create_app
from energy_manager.entrypoints.api.commanding.commands import Commands
from energy_manager.entrypoints.api.fleet.activations import activation_routes
from energy_manager.entrypoints.api.fleet.alarms import fleet_alarm_routes
from energy_manager.entrypoints.api.fleet.desk import FleetDesk
from energy_manager.entrypoints.api.fleet.health import centre_health_routes
from energy_manager.entrypoints.api.fleet.metrics import FleetCollector
from energy_manager.entrypoints.api.fleet.sites import fleet_routes
from energy_manager.entrypoints.api.security.access import access_routes
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.api.security.limits.wrong_tokens import WrongTokens
from energy_manager.entrypoints.container.fleet.centre import cheapest
from energy_manager.entrypoints.settings import ApiSettings
from tests.support.fleet_world import fleet


class StandIn:
    """What routes hold in place of a part of the centre: the part of the centre that they lead to at present."""

    def __init__(self, own=None):
        self.own = own

    def __getattr__(self, name):
        return getattr(self.own, name)


class Routes:
    """The routes of a centre, which lead to one centre after the other: to make them is half of a test's computing."""

    def __init__(self, **settings):
        self.desk, self.store, self.repository, self.tokens = StandIn(), StandIn(), StandIn(), StandIn()
        self.guard = Guard(ApiSettings(**settings), self.tokens)
        self.commands = StandIn(Commands(guard=self.guard, logbook=None))
        now = lambda: self.desk.now()  # noqa: E731, PLW0108 - the desk comes later
        routes = [
            fleet_routes(self.desk, self.commands),
            activation_routes(self.desk, self.commands),
            fleet_alarm_routes(self.desk, self.commands),
            access_routes(self.repository, self.guard, now=now),
            centre_health_routes(self.desk, self.store),
        ]
        self.app = create_app(routes, [])

    def lead_to(self, desk, store, tokens):
        self.desk.own, self.store.own, self.repository.own, self.tokens.own = desk, store, store.repository, tokens
        self.commands.own = Commands(guard=self.guard, logbook=KeepLogbook(store=store.repository, now=desk.now))
        self.guard.wrong_tokens = WrongTokens()
        self.guard.refused = self.commands.refused


class Api:
    """A client of a centre; the world's time is moved by hand, and sites answer questions at once."""

    def __init__(self, world, routes, *, wants_preview=False):
        self.world, self.store = world, InMemoryStore()
        self.store.open()
        one = world.centres[0]
        self.questions = SiteQuestions(bus=Answering(world))
        one.centre.replied = self.questions.replied
        now = lambda: world.now  # noqa: E731
        silences = SeenSilences(documents=self.store.repository, now=now)
        self.view = view = FleetView(centre=one.centre, book=world.book, silences=silences)
        self.course = FleetCourse(view=view, now=now)
        desk = FleetDesk(
            name="Test", centre=one.centre, view=view, course=self.course, book=world.book,
            questions=self.questions, select=cheapest, now=now, wants_preview=wants_preview,
        )  # fmt: skip
        tokens = TokenRegistry(store=self.store.repository, now=now, elapsed_s=lambda: world.elapsed_s)
        tokens.refresh()
        routes.lead_to(desk, self.store, tokens)
        self.client = TestClient(routes.app, base_url="http://127.0.0.1")

    def get(self, path, **query):
        return self.client.get(f"/api/v1/fleet{path}", params=query)

    def activate(self, volume=100, *, headers=None, query="", **more):
        document = {"volume": volume, "until": "30min", "reason": "congestion"} | more
        return self.client.post(f"/api/v1/fleet/activations{query}", json=document, headers=headers)

    def audit(self):
        return [line["action"] for line in self.client.get("/api/v1/audit").json()]


class Answering:
    """The centre's bus, with sites and centre coming round after each message."""

    def __init__(self, world):
        self.world = world

    def send(self, messages):
        self.world.centres[0].bus.send(messages)
        self.world.step(0.1)


@pytest.fixture(scope="module")
def routes():
    return Routes()


@pytest.fixture
def api(routes):
    return Api(fleet(60, 40, 80), routes)


@pytest.fixture(scope="module")
def untouched():
    """One for all who only look, or are refused."""
    return Api(fleet(60, 40, 80), Routes())


def test_the_fleet_at_a_glance(untouched):
    found = untouched.get("").json()
    assert (found["name"], found["centre"]["active"], found["centre"]["linked"]) == ("Test", True, True)
    assert found["totals"] | {"sites": 3, "good": 3, "up_kw": 180, "down_kw": 180} == found["totals"]
    assert found["activations"] == []


def test_an_activation_is_ordered_proved_and_in_the_audit(api):
    ordered = api.activate(id="dso-1")
    assert ordered.status_code == 200, ordered.text
    assert ordered.json() | {"id": "dso-1", "volume": 100, "expected_kw": 100, "missing_kw": 0} == ordered.json()
    api.world.step(4, times=2)
    found = api.get("/activations/dso-1").json()
    assert (found["seen_kw"], found["orders"], found["is_over"]) == (100, {"delivering": 2}, False)
    assert [order["site"] for order in api.get("/activations/dso-1/orders").json()] == ["s1", "s2"]
    assert [order["state"] for order in api.get("/orders").json()] == ["delivering", "delivering"]
    assert [entry["id"] for entry in api.get("/activations").json()] == ["dso-1"]
    assert api.audit() == ["fleet activation"]


def test_a_preview_orders_nothing_and_says_which_sites_how_much_and_for_how_much(untouched):
    answer = untouched.activate(100, query="?preview=true")
    found = answer.json()
    assert [site["code"] for site in found["sites"]] == ["s1", "s2"]
    assert (found["volume"], found["cost"]) == (100, 2.57)
    assert found["effect"][0].startswith("2 sites would be ordered 100 kW up from 2026-03-02 12:00:04 UTC until")
    assert found["effect"][0].endswith(", for 2.57 EUR")
    assert answer.headers["etag"] == f'"{found["version"]}"'
    assert untouched.get("/activations").json() == []
    assert untouched.audit() == []


def test_what_was_looked_at_is_ordered_while_it_holds_seconds_later_too(api):
    version = api.activate(100, query="?preview=true").headers["etag"]
    api.world.step(8)
    ordered = api.activate(100, headers={"If-Match": version})
    assert (ordered.status_code, ordered.json()["volume"]) == (200, 100)


@pytest.mark.parametrize("named", ["the preview's", "one that nobody has seen"])
def test_what_has_changed_since_it_was_looked_at_is_not_ordered(api, named):
    version = api.activate(100, query="?preview=true").headers["etag"] if named == "the preview's" else '"0123"'
    dear = {"direction": "up", "volume": 60, "price_eur_per_mwh": 900.0}
    api.client.put("/api/v1/fleet/sites/s1/offer", json=dear)
    refused = api.activate(100, headers={"If-Match": version})
    assert (refused.status_code, refused.json()["error"]) == (412, "preview_outdated")
    assert api.get("/activations").json() == []
    anew = api.activate(100, query="?preview=true")
    assert [site["code"] for site in anew.json()["sites"]] == ["s2", "s3"]
    assert api.activate(100, headers={"If-Match": anew.headers["etag"]}).status_code == 200


def test_what_was_looked_at_is_ordered_though_another_site_has_become_cheaper(api):
    """In a fleet of hundreds another one is the cheapest every few seconds: nobody could confirm in time."""
    version = api.activate(100, query="?preview=true", id="a").headers["etag"]
    cheap = {"direction": "up", "volume": 80, "price_eur_per_mwh": 1.0}
    api.client.put("/api/v1/fleet/sites/s3/offer", json=cheap)
    assert api.activate(100, headers={"If-Match": version}, id="a").status_code == 200
    orders = api.get("/activations/a/orders").json()
    assert [order["site"] for order in orders] == ["s1", "s2"]
    assert all(order["because"].endswith("as it was looked at and confirmed") for order in orders)


def test_of_a_site_that_was_looked_at_and_is_gone_nothing_is_ordered_elsewhere_unseen(api):
    version = api.activate(100, query="?preview=true").headers["etag"]
    api.world.sites["s1"].kw = 0
    api.world.step(8)
    assert api.activate(100, headers={"If-Match": version}).status_code == 412
    assert api.get("/activations").json() == []


def test_a_version_confirms_the_request_that_was_looked_at_and_no_other(api):
    version = api.activate(60, query="?preview=true").headers["etag"]
    assert api.activate(61, headers={"If-Match": version}).status_code == 412
    assert api.activate(60, direction="down", headers={"If-Match": version}).status_code == 412
    assert api.activate(60, until="40min", headers={"If-Match": version}).status_code == 412


def test_a_double_tap_orders_what_was_looked_at_once(api):
    version = api.activate(180, query="?preview=true").headers["etag"]
    both = {"If-Match": version, "Idempotency-Key": "tap"}
    first = api.activate(180, headers=both)
    again = api.activate(180, headers=both)
    assert (first.status_code, again.status_code, again.json()["id"]) == (200, 200, "tap")
    assert len(api.get("/activations").json()) == 1
    assert api.audit() == ["fleet activation"]


def test_less_than_was_asked_for_is_looked_at_and_ordered_where_that_will_do(api):
    seen = api.activate(500, query="?preview=true&partial=true")
    assert "that is all there is: 320 kW of the 500 kW would be missing" in seen.json()["effect"]
    assert api.activate(500, query="?preview=true").status_code == 422
    part = api.activate(500, query="?partial=true", headers={"If-Match": seen.headers["etag"]}).json()
    assert (part["expected_kw"], part["missing_kw"]) == (180, 320)


def test_a_centre_may_want_every_order_to_be_looked_at_first(routes):
    api = Api(fleet(60, 40, 80), routes, wants_preview=True)
    refused = api.activate(100)
    assert (refused.status_code, refused.json()["error"]) == (428, "preview_missing")
    assert api.get("/activations").json() == []
    version = api.activate(100, query="?preview=true").headers["etag"]
    assert api.activate(100, headers={"If-Match": version}).status_code == 200


def test_more_than_there_is_is_refused_unless_a_part_will_do(api):
    refused = api.activate(500)
    assert (refused.status_code, refused.json()["error"]) == (422, "volume_not_available")
    assert refused.json()["details"] == {"target_kw": 500, "available_kw": 180, "missing_kw": 320}
    part = api.activate(500, query="?partial=true").json()
    assert (part["expected_kw"], part["missing_kw"]) == (180, 320)


def test_the_same_key_again_is_the_same_activation_and_for_another_it_is_refused(api):
    key = {"Idempotency-Key": "k-1"}
    first = api.activate(headers=key)
    api.world.step(2)
    assert api.activate(headers=key).json()["id"] == first.json()["id"] == "k-1"
    another = api.activate(50, headers=key)
    assert (another.status_code, another.json()["error"]) == (409, "same_key_for_another")
    assert len(api.get("/activations").json()) == 1
    assert api.activate(headers={"Idempotency-Key": "a b"}).status_code == 422


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"volume": 0}, "volume"),
        ({"volume": "5"}, "volume"),
        ({"direction": "left"}, "direction"),
        ({"until": "noon"}, "until"),
        ({"until": "2020-01-01T00:00:00Z"}, "until"),
        ({"until": "3d"}, "until"),
        ({"from": "2026-03-02T12:00:00"}, "from"),
        ({"id": "a b"}, "id"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_field(untouched, said, field):
    refused = untouched.activate(**{"volume": 100, **said})
    assert refused.status_code == 422
    assert [fault["field"] for fault in refused.json()["details"]["faults"]] == [field]


def test_an_activation_may_begin_later(api):
    start = (api.world.now + timedelta(minutes=10)).isoformat()
    found = api.activate(**{"from": start}).json()
    assert found["from"] == start.replace("+00:00", "Z")
    api.world.step(4, times=3)
    assert api.get(f"/activations/{found['id']}").json()["orders"] == {"accepted": 2}


def test_an_activation_is_called_off_once(api):
    api.activate(id="dso-1")
    api.world.step(4)
    ended = api.client.delete("/api/v1/fleet/activations/dso-1").json()
    assert (ended["is_over"], ended["ended_by"], ended["orders"]) == (True, "this machine", {"cancelled": 2})
    assert api.client.delete("/api/v1/fleet/activations/dso-1").status_code == 404
    api.world.step(1)
    assert api.world.delivered_kw() == 0
    assert api.audit() == ["fleet activation called off", "fleet activation"]
    assert [entry["id"] for entry in api.get("/activations").json()] == ["dso-1"]


def test_what_is_not_there_is_not_found(api):
    for path in ("/activations/x", "/activations/x/orders", "/activations/x/settlement", "/sites/x"):
        assert api.get(path).status_code == 404, path
    api.activate(id="a")
    assert api.get("/activations/a/explain", site="x").status_code == 404


def test_settlement_has_a_row_for_each_quarter_hour_and_order(api):
    api.activate(60, id="a")
    for _ in range(100):
        api.world.sites["s1"].measure()
        api.world.step(10)
    rows = api.get("/activations/a/settlement").json()
    assert (rows[0]["site"], round(rows[0]["ordered_kwh"], 2)) == ("s1", 14.76)
    assert rows[0]["delivered_kwh"] == pytest.approx(14.76, abs=0.2)
    assert rows[1]["delivered_kwh"] is None
    text = api.get("/activations/a/settlement", format="csv").text.splitlines()
    assert text[0] == "from,site,order,ordered_kwh,ordered_s,delivered_kwh,covered_s"
    assert text[2].split(",")[5] == ""


def test_why_this_site_and_why_not_that_one(api):
    api.activate(100, id="a")
    assert "60 kW for" in api.get("/activations/a/explain", site="s1").json()["sentences"][0]
    assert "the others reach 100 kW" in api.get("/activations/a/explain", site="s3").json()["sentences"][0]


def test_sites_come_worst_first_and_revoked_ones_not_at_all(api):
    world = api.world
    for site in ("s2", "never", "gone"):
        world.book.enrol(EnrolledSite(site=site, public_key="UA", enrolled_at=world.now))
    world.book.revoke("gone", at=world.now)
    world.sites.pop("s3")
    world.step(4, times=4)
    assert [(site["site"], site["standing"]) for site in api.get("/sites").json()] == [
        ("never", "lost"), ("s3", "late"), ("s1", "good"), ("s2", "good"),
    ]  # fmt: skip
    assert api.get("/sites", limit=1).json()[0]["site"] == "never"
    assert api.get("/sites/gone").status_code == 404
    assert api.get("/sites/never").json()["age_s"] is None
    totals = api.get("").json()["totals"]
    assert (totals["lost"], totals["late"], totals["good"], totals["up_kw"]) == (1, 1, 2, 100)


def test_a_site_is_told_with_its_offers_and_reports(api):
    api.activate(60, id="a")
    api.world.step(4)
    found = api.get("/sites/s1").json()
    assert found["offers"] == [
        {"site": "s1", "direction": "up", "volume": 60, "activation_cost": 0, "price_eur_per_mwh": 51.0, "days": None}
    ]
    assert (found["events"][0]["action"], found["orders"]) == ("fleet order", ["a-1"])


def test_the_course_shows_ordered_against_delivered(api):
    api.course.look()
    api.activate(100, id="a")
    api.course.look()
    api.world.step(4, times=2)
    api.course.look()
    found = api.get("/course").json()
    assert (found["ordered_kw"], found["delivered_kw"]) == ([0, 100, 100], [0, 0, 100])
    assert (found["up_kw"], len(found["times"])) == ([180, 180, 80], 3)


def test_the_course_leaves_out_moments_at_which_the_book_is_away(api):
    def away():
        raise StoreUnavailable("no route")

    api.world.book.sites = away
    api.course.look()
    assert api.course.samples == ()


def test_the_room_is_what_the_sites_can_do_beyond_what_they_do(api):
    before = api.get("").json()["totals"]
    api.activate(100)
    api.world.step(4, times=3)
    totals = api.get("").json()["totals"]
    assert (before["up_kw"], before["down_kw"]) == (180, 180)
    assert (totals["deliver_kw"], totals["up_kw"], totals["down_kw"]) == (100, 80, 280)


def test_why_not_is_told_of_an_activation_that_is_over_too(api):
    api.activate(60, id="a")
    api.client.delete("/api/v1/fleet/activations/a")
    sentences = api.get("/activations/a/explain", site="s3").json()["sentences"]
    assert sentences[0].startswith("no order: 1 other site was ordered until the activation was over at ")


def test_what_only_the_site_knows_is_asked_there(api):
    assert api.get("/sites/s1/ask", about="history", asset="battery").json() == {"ticks": 7}
    refused = api.get("/sites/s1/ask", about="explain", asset="battery")
    assert (refused.status_code, refused.json()["error"]) == (422, "site_refuses")


def test_a_site_that_does_not_answer_is_out_of_time(api):
    api.world.sites["s1"].bus.cut()
    with pytest.raises(OutOfTime, match="site 's1' has not answered within 0 s"):
        api.questions.ask("s1", "history", {}, timeout_s=0)


def test_beyond_its_grid_connection_a_site_is_not_believed_and_the_page_says_so(api):
    api.world.site("s7", 10**9)
    before = api.get("").json()["totals"]["up_kw"]
    api.world.step(4)
    assert api.get("").json()["totals"]["up_kw"] == before, "without a connection nothing of it is believed"
    api.client.post("/api/v1/fleet/activations", json={"volume": 10, "until": "30min", "id": "x"})
    (sentence,) = api.get("/activations/x/explain", site="s7").json()["sentences"]
    assert sentence.startswith("no order: not believed: it says that it can deliver 1,000,000,000 kW")
    api.client.delete("/api/v1/fleet/activations/x")
    api.world.step(4)
    assert api.client.put("/api/v1/fleet/sites/s7/connection", json={"kw": 70}).json() == {"site": "s7", "kw": 70}
    api.world.step(4)
    assert api.get("").json()["totals"]["up_kw"] == before + 70
    found = api.get("/sites/s7").json()
    says = "can deliver 1,000,000,000 kW, can take 1,000,000,000 kW, beyond the 70 kW of its grid connection"
    assert found["doubt"] == f"not believed: it says that it {says}"
    assert (found["standing"], found["connection_kw"], found["is_acknowledged"]) == ("alarm", 70, False)
    assert api.get("/sites").json()[0]["site"] == "s7", "among the worst"
    assert "fleet connection" in api.audit()
    for fault in ({"kw": 0}, {"kw": 10**10}, {"kw": 1.5}, {}):
        assert api.client.put("/api/v1/fleet/sites/s7/connection", json=fault).status_code == 422
    assert api.client.put("/api/v1/fleet/sites/a.b/connection", json={"kw": 1}).status_code == 422
    api.world.sites["s7"].kw = 70
    api.world.step(4)
    found = api.get("/sites/s7").json()
    assert (found["doubt"], found["standing"]) == ("", "good")


def test_an_offer_is_registered_and_counts_at_once(api):
    cheap = {"direction": "up", "volume": 80, "activation_cost": 0.5, "price_eur_per_mwh": 1.0, "days": ["2026-03-02"]}
    put = api.client.put("/api/v1/fleet/sites/s3/offer", json=cheap)
    assert put.json() == {"site": "s3", **cheap}
    found = api.activate(80, query="?preview=true").json()
    assert [site["code"] for site in found["sites"]] == ["s3"]
    assert len(api.get("/offers").json()) == 3
    assert api.audit() == ["fleet offer"]
    assert api.client.put("/api/v1/fleet/sites/a.b/offer", json=cheap).status_code == 422
    assert api.client.put("/api/v1/fleet/sites/s3/offer", json=cheap | {"volume": 0}).status_code == 422


def test_assets_answers_as_the_flexcity_test_knows_it(api):
    asked = api.client.post("/assets", json={"date": "2026-03-02", "volume": 90})
    assert asked.json() == [
        {"code": "s1", "name": "s1", "price": 3.06, "availability": None, "volume": 60},
        {"code": "s2", "name": "s2", "price": 2.08, "availability": None, "volume": 40},
    ]
    too_much = api.client.post("/assets", json={"date": "2026-03-02", "volume": 900})
    assert too_much.json()["error"] == "volume_not_available"


def people(api, **roles):
    """The headers of people with tokens."""
    secrets = []
    for name, role in roles.items():
        token, secret = issue(
            name=name, role=role, household=None, expires_at=None, by="test", now=api.world.now, existing=()
        )
        api.store.repository.commit([token.change])
        secrets.append({"Authorization": f"Bearer {secret}"})
    api.world.elapsed_s += 60
    api.world.step(1)
    return secrets


PUMP = Trouble(
    id="pump/1 stuck", subject="pump", priority=Priority.HIGH, what="does not follow", consequence="others carry it"
)


def test_an_alarm_is_acknowledged_at_the_centre_and_stays_as_long_as_it_is_active(routes):
    api = Api(fleet(60, 40), routes)
    eve, tom = people(api, eve="viewer", tom="technician")
    site = api.world.sites["s1"]
    site.troubles = [PUMP]
    api.world.step(2, times=3)
    listed = api.client.get("/api/v1/fleet/sites/s1/alarms", headers=eve).json()["alarms"]
    assert [(alarm["id"], alarm["acknowledged_by"]) for alarm in listed] == [(PUMP.id, "")]
    path = "/api/v1/fleet/sites/s1/alarms/pump%2F1%20stuck/acknowledge"
    assert api.client.get("/api/v1/me", headers=eve).json()["may"]["acknowledge"]["allowed"] is False
    assert api.client.post(path).status_code == 401
    assert api.client.post(path, headers=eve).status_code == 403
    assert api.client.post(path, headers=tom).json()["acknowledged_by"] == "tom"
    api.world.step(1)
    seen = api.client.get("/api/v1/fleet/sites", headers=eve).json()[0]
    assert (seen["site"], seen["standing"], seen["alarms"], seen["acknowledged"]) == ("s1", "alarm", 0, 1)
    assert seen["alarm"] == "pump: does not follow"
    totals = api.client.get("/api/v1/fleet", headers=eve).json()["totals"]
    assert (totals["alarm"], totals["alarms"], totals["acknowledged"]) == (1, 0, 1)
    done = [line for line in api.client.get("/api/v1/audit", headers=tom).json() if line["outcome"] == "done"]
    assert [(line["who"], line["action"], line["subject"]) for line in done] == [
        ("tom", "alarm acknowledged", "s1: pump/1 stuck")
    ]
    at_the_site = site.repository.log_page(limit=1)[0].entry
    assert (at_the_site.action, at_the_site.actor) == (
        "alarm acknowledged", Actor(who="tom", role="technician", origin="fleet link"),
    )  # fmt: skip
    site.troubles = []
    api.world.step(2, times=4)
    assert api.client.get("/api/v1/fleet", headers=eve).json()["totals"]["alarm"] == 0
    over = api.client.post(path, headers=tom)
    assert (over.status_code, over.json()["message"]) == (422, "site 's1': alarm: 'pump/1 stuck' is not active")


def test_what_came_of_an_acknowledgement_is_in_the_audit_also_when_the_site_does_not_answer(api, monkeypatch):
    api.world.sites["s1"].bus.cut()
    monkeypatch.setattr(api.questions.__class__.ask, "__kwdefaults__", {"timeout_s": 0})
    silent = api.client.post("/api/v1/fleet/sites/s1/alarms/x/acknowledge")
    assert (silent.status_code, silent.json()["error"]) == (503, "out_of_time")
    assert [line["outcome"] for line in api.client.get("/api/v1/audit").json()] == [
        "failed: site 's1' has not answered within 0 s"
    ]
    assert api.client.post("/api/v1/fleet/sites/nowhere/alarms/x/acknowledge").status_code == 404


def test_one_press_acknowledges_all_alarms_of_a_site_and_nothing_where_there_is_none(api):
    api.world.sites["s1"].troubles = [PUMP, replace(PUMP, id="other", subject="car")]
    api.world.step(2, times=3)
    found = api.client.post("/api/v1/fleet/sites/s1/acknowledge").json()["alarms"]
    assert [alarm["subject"] for alarm in found] == ["pump", "car"]
    assert all(alarm["acknowledged_by"] for alarm in found)
    again = api.client.post("/api/v1/fleet/sites/s1/acknowledge")
    assert (again.status_code, again.json()["message"]) == (
        422, "site: nothing is wrong with 's1' that nobody has acknowledged",
    )  # fmt: skip
    for nonsense in ({"alarms": 7}, {"alarms": [7, {"id": 7}]}, {}):
        api.world.sites["s2"].answer = lambda _, said=nonsense: said
        assert api.client.post("/api/v1/fleet/sites/s2/acknowledge").status_code == 422
        assert api.client.post("/api/v1/fleet/sites/s2/alarms/x/acknowledge").status_code == 422
        assert api.get("/sites/s2/alarms").json() == {"alarms": []}


def test_that_a_site_is_lost_is_acknowledged_until_it_is_heard_again(api):
    world = api.world
    lost, late = world.sites.pop("s1"), world.sites.pop("s2")
    world.step(4, times=4)
    assert [site["site"] for site in api.get("/sites").json()] == ["s1", "s2", "s3"]
    seen = api.client.post("/api/v1/fleet/sites/s1/acknowledge").json()
    assert (seen["standing"], seen["acknowledged_by"]) == ("late", "this machine")
    world.step(20, times=4)
    listed = api.get("/sites").json()
    assert [(site["site"], site["standing"], site["is_acknowledged"]) for site in listed] == [
        ("s2", "lost", False), ("s1", "lost", True), ("s3", "good", False),
    ]  # fmt: skip
    assert api.get("").json()["totals"]["lost"] == 2
    world.sites |= {"s1": lost, "s2": late}
    world.step(4)
    assert [site["standing"] for site in api.get("/sites").json()] == ["good"] * 3
    del world.sites["s1"]
    world.step(20, times=4)
    assert api.get("/sites/s1").json()["is_acknowledged"] is False


def test_roles_hold_at_the_centre(routes):
    world = fleet(60)
    api = Api(world, routes)
    as_eve, as_ann = people(api, eve="viewer", ann="operator")
    assert api.get("").status_code == 401
    assert api.client.get("/api/v1/fleet", headers=as_eve).status_code == 200
    refused = api.activate(60, headers=as_eve)
    assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")
    assert api.activate(60, headers=as_ann).json()["asked_by"] == "ann"
    lines = api.client.get("/api/v1/audit", headers=as_ann).json()
    assert [(line["who"], line["action"]) for line in lines] == [("ann", "fleet activation"), ("eve", "refused")]


def test_beyond_loopback_without_a_token_the_centre_is_closed():
    api = Api(fleet(60), Routes(host="0.0.0.0", token=SecretStr("")))
    assert api.get("").status_code == 403


def test_a_centre_that_waits_says_who_is_active(api):
    api.world.centres[0].lease.give_back()
    assert api.world.book.take_lease("the other one", lives_s=60)
    refused = api.activate(60)
    assert (refused.status_code, refused.json()["error"]) == (503, "centre_waits")
    assert refused.json()["message"] == "this centre waits: the other one is the active one"
    assert api.client.get("/readyz").status_code == 200
    assert "this centre waits" in api.client.get("/readyz?active=true").json()["message"]


def test_the_figures_for_prometheus_name_what_an_alarm_asks_for(api):
    registry = CollectorRegistry()
    registry.register(FleetCollector(api.view))
    api.activate(200, query="?partial=true")
    value = registry.get_sample_value
    assert value("energy_manager_fleet_missing_watts") == 20_000
    assert value("energy_manager_fleet_orders", {"state": "open"}) == 3
    assert value("energy_manager_fleet_sites", {"standing": "good"}) == 3
    assert value("energy_manager_fleet_room_watts", {"direction": "up"}) == 180_000
    assert (value("energy_manager_fleet_centre_active"), value("energy_manager_fleet_link_up")) == (1, 1)

    def away():
        raise StoreUnavailable("no route")

    api.world.book.sites = away
    assert value("energy_manager_fleet_sites", {"standing": "good"}) is None
    assert value("energy_manager_fleet_link_up") == 1


def test_health_is_whether_the_thread_comes_round_and_readiness_what_it_builds_on(api):
    assert api.client.get("/healthz").json() == {"status": "ok", "active": True}
    assert api.client.get("/readyz").json() == {"status": "ready", "active": True}
    api.world.elapsed_s += 60
    assert api.client.get("/healthz").json()["message"] == "the centre's thread came round 60.0 s ago"
    api.world.centres[0].bus.cut()
    api.world.step(1)
    assert "no link to the sites" in api.client.get("/readyz").json()["message"]
    api.world.centre._turned_at_s = None
    assert api.client.get("/healthz").status_code == 503
