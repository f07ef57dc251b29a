"""The site is open on loopback, and beyond it to whoever carries the token."""

import base64
from datetime import UTC, datetime

import pytest
from fastapi import Depends, FastAPI, WebSocket
from pydantic import SecretStr
from starlette.testclient import TestClient, WebSocketDenialResponse

from energy_manager.application.access import TokenRegistry
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.access import Permission
from energy_manager.entrypoints.access_rules import is_loopback
from energy_manager.entrypoints.api.http.errors import handle_errors
from energy_manager.entrypoints.api.security.guard import SUBPROTOCOL, Guard
from energy_manager.entrypoints.api.security.limits import wrong_tokens
from energy_manager.entrypoints.settings import ApiSettings

TOKEN = "s3cret"


def client(host, token="", tokens=None):
    guard = Guard(ApiSettings(host=host, token=SecretStr(token)), tokens)
    app = FastAPI(dependencies=[Depends(guard)])
    handle_errors(app)

    @app.put("/schedule", dependencies=[Depends(guard.needs(Permission.SCHEDULE))])
    async def schedule() -> str:
        return "put"

    @app.post("/hold", dependencies=[Depends(guard.needs(Permission.HOLD))])
    async def hold() -> str:
        return "held"

    @app.get("/site")
    async def site() -> str:
        return "seen"

    @app.websocket("/live")
    async def live(client: WebSocket) -> None:
        await client.accept(subprotocol=SUBPROTOCOL if SUBPROTOCOL in client["subprotocols"] else None)
        await client.send_text("seen")
        await client.close()

    return TestClient(app, base_url="http://127.0.0.1:8888")


def test_on_loopback_programs_need_no_token():
    assert client("127.0.0.1").get("/site").json() == "seen"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "ems.example"])
def test_beyond_loopback_without_a_token_the_site_is_closed_and_says_why(host):
    response = client(host).get("/site", headers={"Authorization": "Bearer "})
    assert (response.status_code, response.json()["error"]) == (403, "forbidden")
    assert "ENERGY_MANAGER_API__TOKEN" in response.json()["message"]


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer s3cre", "Bearer s3cret2", "Basic s3cret", "s3cret"])
def test_where_a_token_is_set_it_must_be_carried(host, header):
    headers = {} if header is None else {"Authorization": header}
    response = client(host, TOKEN).get("/site", headers=headers)
    assert (response.status_code, response.json()["error"]) == (401, "unauthorized")
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer s3cret", "bearer s3cret"])
def test_the_token_opens_the_site_from_anywhere(header):
    headers = {"Authorization": header, "Origin": "http://elsewhere.example"}
    assert client("0.0.0.0", TOKEN).get("/site", headers=headers).json() == "seen"


def test_a_websocket_is_guarded_too():
    with client("0.0.0.0", TOKEN).websocket_connect("/live", headers={"Authorization": f"Bearer {TOKEN}"}) as live:
        assert live.receive_text() == "seen"


def in_subprotocol(token):
    return "bearer." + base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")


@pytest.mark.parametrize("token", [TOKEN, "a", "ab", "abc", "~?>token with / + = and é"])
def test_a_page_brings_the_token_as_a_subprotocol_and_never_gets_it_back(token):
    offered = [SUBPROTOCOL, in_subprotocol(token)]
    with client("0.0.0.0", token).websocket_connect("/live", subprotocols=offered) as live:
        assert live.accepted_subprotocol == SUBPROTOCOL
        assert live.receive_text() == "seen"


@pytest.mark.parametrize(
    "offered", [[], ["s3cret"], ["bearer.s3cret"], ["bearer."], ["bearer.a"], ["bearer.%"], [in_subprotocol("s3cre")]]
)
def test_a_websocket_without_the_token_is_denied_in_the_one_shape(offered):
    with (
        pytest.raises(WebSocketDenialResponse) as denied,
        client("0.0.0.0", TOKEN).websocket_connect("/live", subprotocols=offered),
    ):
        pass
    assert (denied.value.status_code, denied.value.json()["error"]) == (401, "unauthorized")


def test_a_subprotocol_opens_nothing_but_websockets():
    response = client("0.0.0.0", TOKEN).get("/site", headers={"Sec-WebSocket-Protocol": in_subprotocol(TOKEN)})
    assert response.status_code == 401


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_what_loopback_is(host, expected):
    assert is_loopback(host) is expected


def test_after_ten_wrong_tokens_in_a_minute_none_of_that_address_is_looked_at_for_a_while(monkeypatch):
    now_s = [1000.0]
    monkeypatch.setattr(wrong_tokens, "now_s", lambda: now_s[0])
    guarded = client("0.0.0.0", TOKEN)

    def ask(token=None):
        return guarded.get("/site", headers={} if token is None else {"Authorization": f"Bearer {token}"})

    for number in range(10):
        assert ask(f"guess {number}").status_code == 401
        now_s[0] += 1
    response = ask(TOKEN)
    assert (response.status_code, response.json()["error"]) == (429, "too_many_wrong_tokens")
    assert response.headers["retry-after"] == "60"
    assert ask().status_code == 401, "who presents none guesses nothing"
    now_s[0] += 51
    assert ask(TOKEN).json() == "seen"
    assert ask("guess 10").status_code == 401
    now_s[0] += 2
    assert ask(TOKEN).status_code == 200, "one more wrong one is not ten within a minute"


@pytest.mark.no_cover
def test_addresses_are_counted_apart_and_no_more_are_remembered_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(wrong_tokens, "MOST_ADDRESSES", 50)
    tokens = wrong_tokens.WrongTokens()
    for _ in range(10):
        tokens.note("a")
    assert tokens.is_barred("a")
    assert not tokens.is_barred("b")
    for number in range(49):
        tokens.note(f"c{number}")
    assert tokens.is_barred("a"), "there is room for fifty"
    tokens.note("c49")
    assert not tokens.is_barred("a")
    assert tokens.count == 10 + 50


class Store:
    """Tokens of a store that cannot be read until ``there`` says what it holds."""

    def __init__(self):
        self.there = None

    def documents(self, kind):
        if self.there is None:
            raise StoreUnavailable("no such folder")
        return self.there


def unread_tokens(store):
    return TokenRegistry(store=store, now=lambda: datetime(2026, 3, 2, tzinfo=UTC), elapsed_s=iter(range(100)).__next__)


def test_until_the_tokens_were_read_once_this_machine_may_look_and_hold_and_command_nothing():
    store = Store()
    guarded = client("127.0.0.1", tokens=unread_tokens(store))
    assert (guarded.get("/site").json(), guarded.post("/hold").json()) == ("seen", "held")
    refused = guarded.put("/schedule")
    assert (refused.status_code, refused.json()["error"]) == (503, "store_unavailable")
    assert "whether this site has tokens is not known until its store can be read" in refused.json()["message"]
    store.there = []
    assert guarded.put("/schedule").json() == "put"
    store.there = None
    assert guarded.put("/schedule").json() == "put", "as they were last known: there are none"


def test_until_the_tokens_were_read_once_the_one_of_the_settings_counts_and_nothing_else():
    guarded = client("127.0.0.1", TOKEN, unread_tokens(Store()))
    assert guarded.put("/schedule", headers={"Authorization": f"Bearer {TOKEN}"}).json() == "put"
    assert guarded.get("/site").status_code == 401
    beyond = client("0.0.0.0", tokens=unread_tokens(Store())).get("/site")
    assert (beyond.status_code, "no token is set" in beyond.text) == (503, False)
