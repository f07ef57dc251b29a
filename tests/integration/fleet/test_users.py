"""Who is let in: a key for each site, which opens what is its own and nothing else."""

import asyncio
import json
import subprocess
import sys

import pytest
from nats.aio.client import Client

from energy_manager.adapters.fleet.nats import NatsAccess, NatsCentreBus, NatsSiteBus
from energy_manager.adapters.fleet.nats.users import CENTRE, UsersFile, new_key
from energy_manager.application.ports.fleet.fleet_bus import Ask, Cancel, LinkChanged
from energy_manager.domain.errors import Refused
from tests.support.nats_server import NatsServer
from tests.support.waiting import eventually

UP = LinkChanged(is_up=True)


@pytest.fixture
def nats():
    nats = NatsServer(configuration='include "users.json"\npid_file: "pid"\n')
    nats.configuration = nats.configuration.replace('"pid"', f'"{nats.folder / "pid"}"')
    yield nats
    nats.clean_up()


@pytest.fixture
def users(nats):
    """Without a server to wake: it is not started yet."""
    return UsersFile(path=nats.folder / "users.json")


def test_a_site_that_is_enrolled_speaks_with_the_centre_and_one_that_is_revoked_no_more(nats, users):
    seeds = {name: users.enrol(name) for name in (CENTRE, "north", "south")}
    nats.start()
    centre = NatsCentreBus(NatsAccess(url=nats.url, seed=seeds[CENTRE]))
    north = NatsSiteBus(NatsAccess(url=nats.url, seed=seeds["north"]), "north")
    at_centre, at_north = [], []
    centre.open(at_centre.append)
    north.open(at_north.append)
    try:
        assert eventually(lambda: UP in at_centre and UP in at_north)
        north.send(Ask(site="north"))
        assert eventually(lambda: Ask(site="north") in at_centre)
        told = Cancel(site="north", order="o1", epoch=1)
        centre.send([told])
        assert eventually(lambda: told in at_north)

        awake = UsersFile(path=users.path, pid_file=nats.folder / "pid")
        awake.revoke("north")
        assert awake.wake_server() == ""
        assert awake.enrolled() == ("south",)
        assert eventually(lambda: at_north[-1] != told and not at_north[-1].is_up)
        new = awake.enrol("north")
        assert awake.wake_server() == ""
        assert new != seeds["north"]
        again = NatsSiteBus(NatsAccess(url=nats.url, seed=new), "north")
        heard = []
        again.open(heard.append)
        assert eventually(lambda: UP in heard)
        again.close()
    finally:
        north.close()
        centre.close()


@pytest.mark.parametrize(
    ("way", "subject"),
    [
        ("publish", "em.v1.site.south.up.answer"),
        ("publish", "em.v1.site.north.down.order"),
        ("publish", "$SYS.REQ.SERVER.PING"),
        ("subscribe", "em.v1.site.south.down.*"),
        ("subscribe", "em.v1.site.*.up.*"),
        ("subscribe", ">"),
        ("subscribe", "_INBOX.>"),
    ],
)
def test_a_site_s_key_opens_nothing_else(nats, users, way, subject):
    seed = users.enrol("north")
    nats.start()
    assert "permissions violation" in asyncio.run(_trouble(nats.url, seed, way, subject)).lower()


async def _trouble(url, seed, way, subject):
    errors = asyncio.Queue()
    client = Client()
    await client.connect(url, nkeys_seed_str=seed, error_cb=errors.put, allow_reconnect=False)
    try:
        await (client.subscribe(subject) if way == "subscribe" else client.publish(subject, b"{}"))
        await client.flush()
        return str(await asyncio.wait_for(errors.get(), 30))
    finally:
        await client.close()


def test_without_a_key_or_with_an_unknown_one_nobody_is_let_in(nats, users, tmp_path):
    users.enrol("north")
    nats.start()
    stranger = UsersFile(path=tmp_path / "users.json").enrol("north")
    for seed in ("", stranger):
        heard = []
        site = NatsSiteBus(NatsAccess(url=nats.url, seed=seed), "north")
        site.open(heard.append)
        assert eventually(lambda heard=heard: heard)
        assert not heard[0].is_up
        site.close()


def test_a_site_is_enrolled_once_and_only_what_is_enrolled_can_be_revoked(tmp_path):
    users = UsersFile(path=tmp_path / "new" / "users.json")
    assert users.enrolled() == ()
    seed = users.enrol("north")
    assert seed.startswith("SU")
    assert seed not in users.path.read_text(), "the private part is kept nowhere"
    before = users.path.read_text()
    with pytest.raises(Refused, match="site 'north' is enrolled already; revoke it first"):
        users.enrol("north")
    with pytest.raises(Refused, match=r"'a\.b' is not 1 to 64 letters"):
        users.enrol("a.b")
    with pytest.raises(Refused, match="'south' is not enrolled"):
        users.revoke("south")
    assert users.path.read_text() == before
    users.enrol(CENTRE)
    with pytest.raises(Refused, match="a centre is enrolled already"):
        users.enrol(CENTRE)
    assert users.enrolled() == ("north",)


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"authorization": {"users": [{"user": "x"}]}})])
def test_a_file_of_another_hand_is_left_alone(tmp_path, text):
    path = tmp_path / "users.json"
    path.write_text(text)
    with pytest.raises(Refused, match="is no file of users"):
        UsersFile(path=path).enrol("north")
    assert path.read_text() == text


def test_where_the_server_does_not_run_it_reads_the_users_when_it_starts_and_no_other_process_is_woken(tmp_path):
    pid_file = tmp_path / "pid"
    users = UsersFile(path=tmp_path / "users.json", pid_file=pid_file)
    sleeps = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    for pid in (None, "", "999999999", str(sleeps.pid)):
        if pid is not None:
            pid_file.write_text(pid)
        assert users.wake_server() == "the NATS server does not run here: it reads the users when it starts"
    assert sleeps.poll() is None, "the number of a server that was killed is another process's by now"
    sleeps.communicate(b"\n")
    assert sleeps.returncode == 0


def test_a_file_that_cannot_be_written_is_said_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match=r"users\.json' cannot be written: "):
        UsersFile(path=tmp_path / "file" / "users.json").enrol("north")


def test_only_a_lost_file_is_written_from_the_keys_of_the_book(tmp_path):
    users, public = UsersFile(path=tmp_path / "users.json"), new_key()[1]
    assert not users.restore({}), "there is nothing to let in"
    assert users.restore({"north": public})
    assert users.enrolled() == ("north",)
    assert not users.restore({"south": public})
    assert users.enrolled() == ("north",)
