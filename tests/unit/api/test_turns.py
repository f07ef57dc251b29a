"""Strangers plan one at a time and for a few seconds; members are not held up."""

from dataclasses import dataclass

import anyio
import pytest
from fastapi import Request
from pydantic import SecretStr

from energy_manager.entrypoints.api.http.errors import TooMuchAtOnce
from energy_manager.entrypoints.api.security.guard import Forbidden, Guard, Unauthorized
from energy_manager.entrypoints.api.security.limits import turns as limits
from energy_manager.entrypoints.api.security.limits.turns import Turns
from energy_manager.entrypoints.settings import ApiSettings

TOKEN = "a token of more than sixteen letters"


@dataclass(frozen=True)
class Options:
    time_limit_s: float = 30.0
    longest_s: float = 2.0
    engine: str = "exact"


def guard(host="0.0.0.0", token=TOKEN, **more):
    return Guard(ApiSettings(host=host, token=SecretStr(token), **more))


def request(client="192.0.2.1", token=None, forwarded=None):
    headers = [] if token is None else [(b"authorization", f"Bearer {token}".encode())]
    if forwarded is not None:
        headers.append((b"x-forwarded-for", forwarded.encode()))
    return Request({"type": "http", "headers": headers, "client": (client, 1)})


class Planning:
    """Plans that last until they are let go of."""

    def __init__(self, turns):
        self.turns = turns
        self.under_way = []
        self.let_go = anyio.Event()

    async def plan(self, request, name):
        async with self.turns.turn(request, Options()):
            self.under_way.append(name)
            await self.let_go.wait()


async def test_a_stranger_plans_one_at_a_time_and_others_at_the_same_time():
    planning = Planning(Turns(guard=guard()))
    async with anyio.create_task_group() as tasks:
        for name, client in (("a1", "192.0.2.1"), ("a2", "192.0.2.1"), ("b1", "192.0.2.2")):
            tasks.start_soon(planning.plan, request(client), name)
        await anyio.wait_all_tasks_blocked()
        assert sorted(planning.under_way) == ["a1", "b1"]
        planning.let_go.set()
    assert sorted(planning.under_way) == ["a1", "a2", "b1"]


@pytest.mark.parametrize(
    ("who", "by"), [(guard(), request(token=TOKEN)), (guard("127.0.0.1", ""), request("127.0.0.1"))]
)
async def test_members_plan_as_many_as_they_like_and_as_long(who, by):
    planning = Planning(Turns(guard=who))
    async with anyio.create_task_group() as tasks:
        for name in "abc":
            tasks.start_soon(planning.plan, by, name)
        await anyio.wait_all_tasks_blocked()
        assert planning.under_way == ["a", "b", "c"]
        planning.let_go.set()
    async with planning.turns.turn(by, Options()) as options:
        assert options == Options()


@pytest.mark.parametrize("who", [guard(), guard(token=""), guard("127.0.0.1")])
async def test_a_stranger_gets_five_seconds(who):
    async with Turns(guard=who).turn(request(token="wrong"), Options()) as options:
        assert options == Options(time_limit_s=5.0)


async def test_too_many_plans_of_a_stranger_are_turned_away(monkeypatch):
    monkeypatch.setattr(limits, "MOST_WAITING", 2)
    monkeypatch.setattr(limits, "PATIENCE_S", 0.05)
    planning = Planning(Turns(guard=guard()))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(planning.plan, request(), "first")
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(TooMuchAtOnce, match="have taken"):
            await planning.plan(request(), "second")
        planning.let_go.set()
    await planning.plan(request(), "third")
    assert planning.under_way == ["first", "third"]


async def test_behind_the_reverse_proxy_of_the_settings_clients_are_told_apart():
    proxied = guard(reverse_proxy="192.0.2.9, 192.0.2.8")
    assert proxied.client_of(request("192.0.2.9", forwarded="evil, 198.51.100.7")) == "198.51.100.7"
    assert proxied.client_of(request("192.0.2.1", forwarded="198.51.100.7")) == "192.0.2.1", "anybody can say so"


async def test_planning_can_be_put_behind_the_token():
    turns = Turns(guard=guard(), needs_token=True)
    await turns.admit(request(token=TOKEN))
    with pytest.raises(Unauthorized):
        await turns.admit(request())
    with pytest.raises(Forbidden):
        await Turns(guard=guard(token=""), needs_token=True).admit(request())
    await Turns(guard=guard()).admit(request())
