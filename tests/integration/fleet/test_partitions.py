"""Cables pulled in the middle of an activation: sites and centres on machines of their own (``make soak``)."""

import json
import os
import sqlite3
import sys
import time
import urllib.request
from datetime import datetime

import pytest

from energy_manager.adapters.fleet.book.sql import SqlFleetBook
from energy_manager.application.fleet.at_site.site_orders import kept_order
from energy_manager.application.ports.fleet.fleet_bus import EVENTS
from energy_manager.domain.fleet import Direction, OrderState, RegisteredOffer
from tests.support.certificate import self_signed
from tests.support.namespaces import Network
from tests.support.nats_server import wheel_server
from tests.support.waiting import eventually

SITES = ("north", "south")
CENTRES = ("centre1", "centre2")
NATS_PORT, API_PORT = 4222, 8888


class Machines:
    """A NATS server with TLS on the hub; two sites and two centres, each at the end of a cable of its own."""

    def __init__(self, folder, book_url):
        self.folder, self.book_url = folder, book_url
        self.network = Network(*SITES, *CENTRES)
        self.book = SqlFleetBook(book_url, patience_s=30)
        certificate, key = self_signed(folder, *(self.network.hub_of(name) for name in (*SITES, *CENTRES)))
        self.certificate = certificate
        tls = f'tls {{ cert_file: "{certificate}", key_file: "{key}" }}'
        (folder / "nats.conf").write_text(f"listen: 0.0.0.0:{NATS_PORT}\n{tls}\n")
        self.processes = {}

    def start(self):
        self.run("hub", str(wheel_server()), "-c", str(self.folder / "nats.conf"))
        for name in (*CENTRES, *SITES):
            arguments = ("fleet", "serve") if name in CENTRES else ("run", "--no-api")
            self.run(name, sys.executable, "-m", "energy_manager.entrypoints.cli", *arguments)
        return self

    def run(self, name, *command):
        with (self.folder / f"{name}.log").open("ab") as log:
            environment = self.environment(name) if name != "hub" else None
            self.processes[name] = self.network.start(name, command, log=log, env=environment)

    def environment(self, name):
        ours = {key: value for key, value in os.environ.items() if not key.startswith("ENERGY_MANAGER_")}
        common = {
            "ENERGY_MANAGER_FLEET__URL": f"tls://{self.network.hub_of(name)}:{NATS_PORT}",
            "ENERGY_MANAGER_FLEET__CA_FILE": str(self.certificate),
            "ENERGY_MANAGER_DISPATCH__STATUS_PERIOD_S": "1",
        }
        if name in CENTRES:
            return ours | common | {"ENERGY_MANAGER_STORE__URL": self.book_url}
        own = {"ENERGY_MANAGER_FLEET__SITE": name, "ENERGY_MANAGER_STORE__URL": f"sqlite:///{self.store(name)}"}
        return ours | common | own

    def store(self, site):
        return self.folder / f"{site}.db"

    def ask(self, centre, path, document=None):
        body = None if document is None else json.dumps(document).encode()
        address = f"http://127.0.0.1:{API_PORT}/api/v1/fleet{path}"
        request = urllib.request.Request(address, body, {"Content-Type": "application/json"})

        def ask():
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.loads(answer.read())

        return self.network.on(centre, ask)

    def active(self):
        for centre in CENTRES:
            try:
                if self.ask(centre, "")["centre"]["active"]:
                    return centre
            except OSError:
                continue
        return None

    def is_whole(self):
        """Whether a centre is active and hears every site."""
        try:
            return self.ask(self.active() or CENTRES[0], "")["totals"]["good"] == len(SITES)
        except OSError:
            return False

    def states(self, activation):
        return {record.order.site: record.state for record in self.book.records(activation)}

    def is_delivered_by(self, site, activation="cut"):
        return self.states(activation).get(site) is OrderState.DELIVERING

    def kept(self, site):
        """The orders in the store of a site, and the lines of its logbook that it reports."""
        with sqlite3.connect(self.store(site)) as connection:
            rows = connection.execute("SELECT id, body FROM documents WHERE kind = 'fleet_order'").fetchall()
            lines = [number for (number,) in connection.execute("SELECT number FROM logbook ORDER BY number")]
        connection.close()
        return [kept_order(name, json.loads(body)) for name, body in rows], lines

    def reported(self, site):
        return sorted(report.sequence for report in self.book.reports(site, EVENTS, limit=1000))

    def clean_up(self):
        for process in self.processes.values():
            process.kill()
            process.wait(60)
        self.book.close()
        self.network.clean_up()


@pytest.fixture
def machines(tmp_path, postgresql):
    machines = Machines(tmp_path, postgresql.new_database())
    try:
        machines.book.put_offers(
            [
                RegisteredOffer(site=site, direction=Direction.UP, volume_kw=100, price_eur_per_mwh=50.0 + number)
                for number, site in enumerate(SITES)
            ]
        )
        machines.start()
        assert eventually(lambda: machines.active() and machines.is_whole(), within_s=200)
        yield machines
    finally:
        machines.clean_up()


@pytest.mark.soak
def test_a_site_that_is_cut_off_in_an_activation_ends_it_by_itself_is_replaced_and_reports_once(machines):
    centre = machines.active()
    machines.ask(centre, "/activations", {"volume": 100, "until": "90s", "id": "cut"})
    assert eventually(lambda: machines.is_delivered_by("north"), within_s=60), machines.book.records("cut")
    machines.network.pull("north")
    assert eventually(lambda: machines.is_delivered_by("south"), within_s=60)
    assert machines.states("cut")["north"] in {OrderState.SHORT, OrderState.CANCELLED}
    assert eventually(lambda: machines.ask(centre, "/activations/cut")["is_over"], within_s=120)
    time.sleep(2)
    (order,), lines = machines.kept("north")
    lines = [line for line in lines if line >= machines.reported("north")[0]]
    assert order.ended_at is None, "north heard no word, and its order has ended all the same"
    assert order.until < datetime.now(order.until.tzinfo)
    machines.network.plug_in("north")
    assert eventually(lambda: set(lines) <= set(machines.reported("north")), within_s=90)
    reported = machines.reported("north")
    assert len(reported) == len(set(reported))
    assert [kept.order.id for kept in machines.kept("north")[0]] == [order.order.id], "nothing was begun again"
    assert "no link to the centre" in (machines.folder / "north.log").read_text()


@pytest.mark.soak
def test_an_active_centre_that_is_cut_off_gives_way_and_the_other_one_goes_on(machines):
    first = machines.active()
    machines.ask(first, "/activations", {"volume": 100, "until": "10min", "id": "cut"})
    assert eventually(lambda: machines.is_delivered_by("north"), within_s=60), machines.book.records("cut")
    machines.network.pull(first)
    (second,) = set(CENTRES) - {first}
    assert eventually(lambda: machines.active() == second, within_s=90)
    machines.network.pull("north")
    assert eventually(lambda: machines.is_delivered_by("south"), within_s=90), machines.book.records("cut")
    machines.network.plug_in(first)
    machines.network.plug_in("north")
    assert eventually(lambda: machines.ask(first, "")["centre"]["linked"], within_s=60)
    assert machines.active() == second
    alone = lambda: machines.is_delivered_by("north") is not machines.is_delivered_by("south")  # noqa: E731
    assert eventually(alone, within_s=60), "one kW is ordered once"
