"""Which names the API answers to, and which pages may use it: a page that rebinds its name reaches nothing."""

from functools import partial

import pytest
from fastapi import Depends, FastAPI, WebSocket
from pydantic import SecretStr
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from energy_manager.entrypoints.api.app import create_app
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.api.security.limits.browser_rules import BrowserRules
from energy_manager.entrypoints.api.security.limits.origins import Origins, host_names, is_loopback_name
from energy_manager.entrypoints.settings import ApiSettings

TOKEN = "a token of more than sixteen letters"
EVIL = {"Host": "evil.example:8888", "Origin": "http://evil.example:8888"}


def client(host="127.0.0.1", token="", allowed_hosts=""):
    guard = Guard(ApiSettings(host=host, token=SecretStr(token)))
    app = FastAPI()

    @app.get("/site", dependencies=[Depends(guard)])
    async def site() -> str:
        return "seen"

    @app.post("/plan")
    async def plan() -> str:
        return "planned"

    @app.websocket("/ws", dependencies=[Depends(guard.want_token_where_one_is_set)])
    async def follow(client: WebSocket) -> None:
        await client.accept()
        await client.send_text("seen")
        await client.close()

    limit = partial(Origins, guard=guard, allowed_hosts=host_names(allowed_hosts))
    return TestClient(create_app([app.router], [], [limit]), base_url="http://127.0.0.1:8888")


@pytest.mark.parametrize(
    "name", ["127.0.0.1:8888", "127.0.0.1", "LOCALHOST:8888", "[::1]:8888", "127.8.8.8", "a.localhost"]
)
def test_on_loopback_every_name_of_the_loopback_interface_is_answered(name):
    assert client().get("/site", headers={"Host": name}).json() == "seen"


@pytest.mark.parametrize(
    "name",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8888", "192.0.2.1", "", "[::1].evil.example"],
)
@pytest.mark.parametrize("path", ["/site", "/openapi.json", "/nowhere"])
def test_on_loopback_without_a_token_other_names_are_not_answered_at_all(name, path):
    response = client().get(path, headers={"Host": name})
    assert (response.status_code, response.json()["error"]) == (403, "forbidden")
    assert "ENERGY_MANAGER_API__ALLOWED_HOSTS" in response.json()["message"]


def test_a_page_that_rebinds_its_name_to_loopback_reaches_nothing():
    for method, path in (("GET", "/site"), ("POST", "/plan"), ("PUT", "/site")):
        assert client().request(method, path, headers=EVIL).status_code == 403


def test_names_of_a_reverse_proxy_are_answered_whatever_their_port_and_letters():
    proxied = client(allowed_hosts="EMS.example:443, other.example")
    assert proxied.get("/site", headers={"Host": "ems.EXAMPLE:8443"}).json() == "seen"
    assert proxied.post("/plan", headers={"Host": "ems.example", "Origin": "https://ems.example"}).json() == "planned"
    assert proxied.get("/site", headers={"Host": "evil.example"}).status_code == 403


def test_pages_of_this_server_may_ask_and_those_of_others_may_not():
    assert client().get("/site", headers={"Origin": "http://127.0.0.1:8888"}).json() == "seen"
    for origin in ("http://evil.example", "http://127.0.0.1:3000", "null", "http://[", "https://127.0.0.1:x"):
        response = client().get("/site", headers={"Origin": origin})
        assert (response.status_code, response.json()["error"]) == (403, "forbidden"), origin


@pytest.mark.parametrize(("host", "token"), [("0.0.0.0", ""), ("0.0.0.0", TOKEN), ("127.0.0.1", TOKEN)])
def test_beyond_that_any_name_is_answered_but_pages_of_others_may_not_post(host, token):
    server = client(host, token)
    named = {"Host": "ems.example"}
    assert server.post("/plan", headers=named).json() == "planned"
    assert server.post("/plan", headers=named | {"Origin": "http://ems.example"}).json() == "planned"
    assert server.post("/plan", headers=named | {"Origin": "http://evil.example"}).status_code == 403


def test_the_token_opens_the_site_to_pages_of_any_server():
    headers = {"Host": "ems.example", "Origin": "http://else.example", "Authorization": f"Bearer {TOKEN}"}
    assert client(token=TOKEN).get("/site", headers=headers).json() == "seen"
    assert client(token=TOKEN).post("/plan", headers=headers).json() == "planned"


def test_the_port_of_the_scheme_need_not_be_written():
    headers = {"Host": "ems.example", "Origin": "https://ems.example:443"}
    assert client("0.0.0.0").post("/plan", headers=headers).json() == "planned"


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_plans_are_followed_by_programs_and_own_pages_only(host):
    with client(host).websocket_connect("/ws", headers={"Host": "localhost"}) as messages:
        assert messages.receive_text() == "seen"
    with client(host).websocket_connect(
        "/ws", headers={"Origin": "http://127.0.0.1:8888", "Host": "127.0.0.1:8888"}
    ) as messages:
        assert messages.receive_text() == "seen"
    with (
        pytest.raises(WebSocketDenialResponse) as denied,
        client(host).websocket_connect("/ws", headers={"Origin": "http://evil.example"}),
    ):
        pass
    assert (denied.value.status_code, denied.value.json()["error"]) == (403, "forbidden")


def test_where_a_token_is_set_plans_are_followed_with_it():
    with pytest.raises((WebSocketDenialResponse, WebSocketDisconnect)), client(token=TOKEN).websocket_connect("/ws"):
        pass
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with client(token=TOKEN).websocket_connect("/ws", headers=headers) as messages:
        assert messages.receive_text() == "seen"


@pytest.mark.parametrize(
    ("host", "expected"),
    [("localhost", True), ("::ffff:127.0.0.1", True), ("::1", True), ("0.0.0.0", False), ("127.0.0.1.nip.io", False)],
)
def test_what_a_loopback_name_is(host, expected):
    assert is_loopback_name(host) is expected


@pytest.mark.parametrize("path", ["/site", "/docs", "/nowhere"])
def test_no_answer_may_be_framed_kept_or_guessed_at(path):
    app = create_app([], [], [BrowserRules])
    headers = TestClient(app, base_url="http://127.0.0.1:8888").get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["x-frame-options"] == "DENY"
    assert headers["content-security-policy"] == "frame-ancestors 'none'"
