"""``kill -9`` of real centres, NATS server and sites at random, on PostgreSQL and SQLite (``make soak``)."""

import json
import os
import random
import sqlite3
import time
import urllib.request
from datetime import datetime, timedelta
from http.client import HTTPException
from itertools import pairwise

import pytest

from energy_manager.adapters.fleet.book.sql import SqlFleetBook
from energy_manager.application.fleet.at_site.site_orders import kept_order
from energy_manager.domain.fleet import LIVE, Direction, RegisteredOffer
from tests.support.forked import command_line
from tests.support.modbus_peers import free_port
from tests.support.nats_server import NatsServer
from tests.support.waiting import eventually

KILLS = int(os.environ.get("FLEET_KILLS", "200"))
SITES = ("north", "east", "south")

NO_ANSWER = (OSError, HTTPException)
"""A free port of this machine may answer itself with what it was asked."""


class Fleet:
    """Two centres, a server, three sites; each of the product's processes can be killed and started again."""

    def __init__(self, folder, book_url):
        self.folder, self.book_url = folder, book_url
        self.server = NatsServer()
        self.server.start()
        self.ports = {name: free_port() for name in ("centre-1", "centre-2")}
        self.processes = {}
        for name in (*self.ports, *SITES):
            self.start(name)

    def environment(self, name):
        ours = {key: value for key, value in os.environ.items() if not key.startswith("ENERGY_MANAGER_")}
        common = {"ENERGY_MANAGER_FLEET__URL": self.server.url, "ENERGY_MANAGER_DISPATCH__STATUS_PERIOD_S": "1"}
        if name in self.ports:
            own = {
                "ENERGY_MANAGER_API__PORT": str(self.ports[name]),
                "ENERGY_MANAGER_STORE__URL": self.book_url,
            }
        else:
            own = {"ENERGY_MANAGER_FLEET__SITE": name, "ENERGY_MANAGER_STORE__URL": f"sqlite:///{self.store(name)}"}
        return ours | common | own

    def store(self, site):
        return self.folder / f"{site}.db"

    def start(self, name):
        arguments = ("fleet", "serve") if name in self.ports else ("run", "--no-api", "--takeover")
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = command_line(*arguments, env=self.environment(name), stdout=log, stderr=log)

    def kill(self, name):
        if name == "server":
            self.server.stop()
        else:
            self.processes[name].kill()
            self.processes[name].wait(60)

    def come_back(self, name):
        if name == "server":
            self.server.start()
        else:
            self.start(name)

    def ask(self, centre, path, document=None):
        body = None if document is None else json.dumps(document).encode()
        address = f"http://127.0.0.1:{self.ports[centre]}/api/v1/fleet{path}"
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def active(self):
        for name in self.ports:
            try:
                if self.ask(name, "")["centre"]["active"]:
                    return name
            except NO_ANSWER:
                continue
        return None

    def order(self, number):
        centre = self.active()
        if centre is None:
            return
        try:
            self.ask(centre, "/activations?partial=true", {"volume": 150, "until": "12s", "id": f"act-{number}"})
        except NO_ANSWER:
            return

    def clean_up(self):
        for process in self.processes.values():
            if process.poll() is None:
                process.kill()
                process.wait(60)
        self.server.clean_up()


@pytest.fixture
def fleet(tmp_path, postgresql):
    url = postgresql.new_database()
    book = SqlFleetBook(url, patience_s=30)
    book.put_offers(
        [
            RegisteredOffer(site=site, direction=Direction.UP, volume_kw=100, price_eur_per_mwh=50.0 + number)
            for number, site in enumerate(SITES)
        ]
    )
    fleet = Fleet(tmp_path, url)
    fleet.book = book
    yield fleet
    fleet.clean_up()
    book.close()


def orders_of(path):
    """What a site's store says that it has carried out, in order of time."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT id, body FROM documents WHERE kind = 'fleet_order'").fetchall()
        blocks = connection.execute(
            "SELECT schedule_id, end_us FROM blocks WHERE schedule_id LIKE 'fleet-%'"
        ).fetchall()
    connection.close()
    return sorted((kept_order(name, json.loads(body)) for name, body in rows), key=lambda kept: kept.since), blocks


@pytest.mark.soak
def test_kills_of_real_processes_lose_no_order_double_none_and_carry_out_none_too_late(fleet):
    chance = random.Random(os.environ.get("FLEET_SEED", "1"))
    assert eventually(fleet.active, within_s=120)
    away, kills = {}, 0
    while kills < KILLS:
        name = chance.choice([*fleet.ports, "server", *SITES])
        if name not in away:
            if kills % 4 == 0:
                fleet.order(kills)
            fleet.kill(name)
            kills += 1
            away[name] = time.monotonic() + chance.choice([0.2, 1, 3])
        time.sleep(chance.choice([0.2, 0.8, 1.5]))
        for name, back_s in list(away.items()):
            if time.monotonic() >= back_s:
                del away[name]
                fleet.come_back(name)
    for name in away:
        fleet.come_back(name)
    assert eventually(fleet.active, within_s=120)
    fleet.order("last")
    assert eventually(lambda: fleet.book.records("act-last"), within_s=120), "it orders again"

    def is_over():
        return not any(
            record.state in LIVE for entry in fleet.book.activations() for record in fleet.book.records(entry.id)
        )

    assert eventually(is_over, within_s=120), "every order has come to its end"
    time.sleep(2)
    known = {record.id for entry in fleet.book.activations() for record in fleet.book.records(entry.id)}
    carried = 0
    for site in SITES:
        kept, blocks = orders_of(fleet.store(site))
        carried += len(kept)
        ends = {order.order.id: order.order.until for order in kept}
        for earlier, later in pairwise(kept):
            assert later.since >= earlier.until, f"{site}: {earlier.order.id} and {later.order.id} at once"
        assert ends.keys() <= known, "each has its row in the book"
        for schedule, end_us in blocks:
            end = datetime.fromtimestamp(end_us / 1e6, tz=ends[schedule.removeprefix("fleet-")].tzinfo)
            assert end <= ends[schedule.removeprefix("fleet-")] + timedelta(microseconds=1)
    assert carried > 0
