"""``fleet enrol`` and ``fleet revoke`` against a real server: a line in its file of users, the book and the logbook."""

import json
import os
import sqlite3

import pytest

from energy_manager.adapters.fleet.book.sql import SqlFleetBook
from energy_manager.adapters.fleet.nats import NatsAccess, look_for_server
from energy_manager.adapters.fleet.nats.users import new_key
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.container.fleet import enrolment
from energy_manager.entrypoints.container.fleet.enrolment import enrol_site, revoke_site
from tests.support.forked import command_line
from tests.support.modbus_peers import free_port
from tests.support.nats_server import NatsServer
from tests.support.waiting import eventually


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A server that lets in a centre, and who is enrolled; the commands' settings are the environment's."""
    server = NatsServer(configuration='include "users.json"\n')
    pid_file, users_file = server.folder / "pid", server.folder / "users.json"
    server.configuration += f'pid_file: "{pid_file}"\n'
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", f"sqlite:///{tmp_path}/centre.db")
    monkeypatch.setenv("ENERGY_MANAGER_FLEET__URL", server.url)
    monkeypatch.setenv("ENERGY_MANAGER_FLEET__USERS_FILE", str(users_file))
    try:
        server.centre = enrol_site("*")
        server.start()
        monkeypatch.setenv("ENERGY_MANAGER_FLEET__PID_FILE", str(pid_file))
        yield server
    finally:
        server.clean_up()


def lets_in(server, seed):
    try:
        look_for_server(NatsAccess(url=server.url, seed=seed))
    except OSError:
        return False
    return True


def test_a_site_is_let_in_by_its_key_until_it_is_revoked(server, tmp_path):
    assert not lets_in(server, "")
    with pytest.raises(OSError, match="does not let this key in: it was never enrolled, or revoked"):
        look_for_server(NatsAccess(url=server.url, seed=new_key()[0]))
    enrolled = enrol_site("north", connection_kw=60)
    assert enrolled.needs[1:3] == (f"ENERGY_MANAGER_FLEET__URL={server.url}", "ENERGY_MANAGER_FLEET__SITE=north")
    assert eventually(lambda: lets_in(server, enrolled.seed), within_s=30)
    with pytest.raises(Refused, match="enrolled already"):
        enrol_site("north")
    book = SqlFleetBook(f"sqlite:///{tmp_path}/centre.db")
    assert [site.site for site in book.sites()] == ["north"]
    assert book.connections() == {"north": 60}
    revoke_site("north")
    assert eventually(lambda: not lets_in(server, enrolled.seed), within_s=30)
    assert book.sites()[0].revoked_at is not None
    book.close()
    with sqlite3.connect(tmp_path / "centre.db") as connection:
        lines = [action for (action,) in connection.execute("SELECT action FROM logbook ORDER BY number")]
    connection.close()
    assert lines == ["fleet site enrolled", "fleet site enrolled", "fleet site revoked"]
    with pytest.raises(Refused, match="is not enrolled"):
        revoke_site("north")


def test_a_centre_has_a_key_too_and_is_no_site(server, tmp_path):
    assert server.centre.needs[0] == "this key is the centre's:"
    assert not any("SITE" in line for line in server.centre.needs)
    with pytest.raises(Refused, match="a centre has no grid connection"):
        enrol_site("*", connection_kw=5)
    assert lets_in(server, server.centre.seed)
    book = SqlFleetBook(f"sqlite:///{tmp_path}/centre.db")
    assert book.sites() == ()
    book.close()


def test_a_site_that_the_book_cannot_take_is_not_let_in(server, monkeypatch):
    class Away:
        def sites(self):
            return ()

        def enrol(self, site):
            raise StoreUnavailable("no route")

    monkeypatch.setattr(enrolment, "book_of", lambda settings: Away())
    with pytest.raises(StoreUnavailable):
        enrol_site("north")
    with pytest.raises(Refused, match="is not enrolled"):
        revoke_site("north")


def test_without_a_file_of_users_nobody_is_enrolled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", f"sqlite:///{tmp_path}/centre.db")
    with pytest.raises(Refused, match="ENERGY_MANAGER_FLEET__USERS_FILE"):
        enrol_site("north")


def test_the_guide_s_order_works_a_centre_is_enrolled_before_its_server_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", f"sqlite:///{tmp_path}/centre.db")
    monkeypatch.setenv("ENERGY_MANAGER_FLEET__USERS_FILE", str(tmp_path / "users.json"))
    monkeypatch.setenv("ENERGY_MANAGER_FLEET__PID_FILE", str(tmp_path / "nats.pid"))
    assert enrol_site("*").needs[-1] == "the NATS server does not run here: it reads the users when it starts"
    assert "reads the users when it starts" in revoke_site("*")


def test_a_file_of_users_that_is_lost_is_written_again_with_all_that_are_enrolled(server, monkeypatch):
    credentials = server.folder / "centre.nk"
    credentials.write_text(server.centre.seed)
    monkeypatch.setenv("ENERGY_MANAGER_FLEET__CREDENTIALS", str(credentials))
    north, gone = enrol_site("north"), enrol_site("gone")
    revoke_site("gone")
    (server.folder / "users.json").unlink()
    south = enrol_site("south")
    assert eventually(lambda: lets_in(server, south.seed), within_s=30)
    assert lets_in(server, north.seed)
    assert lets_in(server, server.centre.seed)
    assert not lets_in(server, gone.seed)
    (server.folder / "users.json").unlink()
    revoke_site("north")
    assert eventually(lambda: not lets_in(server, north.seed), within_s=30)
    assert lets_in(server, south.seed)


def test_a_centre_writes_a_lost_file_of_users_when_it_starts_and_its_whole_log_is_json_where_that_is_asked(
    server, monkeypatch
):
    credentials, users = server.folder / "centre.nk", server.folder / "users.json"
    credentials.write_text(server.centre.seed)
    monkeypatch.setenv("ENERGY_MANAGER_FLEET__CREDENTIALS", str(credentials))
    monkeypatch.setenv("ENERGY_MANAGER_LOG__STYLE", "json")
    monkeypatch.setenv("ENERGY_MANAGER_API__PORT", str(free_port()))
    north = enrol_site("north")
    users.unlink()
    serving = command_line("fleet", "serve", "--for", "1", env=dict(os.environ), text=True)
    lines = serving.communicate(timeout=120)[1].splitlines()
    assert f"the file of users was lost: {users} is written from the book" in [
        json.loads(line)["message"] for line in lines
    ]
    assert lets_in(server, north.seed)
    assert lets_in(server, server.centre.seed)
