"""Centres, server and sites are killed at random, in virtual time: nothing is lost, doubled or carried out too late."""

import os
import random

import pytest

from energy_manager.application.ports.fleet.fleet_bus import EVENTS, QUARTERS
from tests.support.fleet_world import FleetWorld

pytestmark = pytest.mark.no_cover  # others take its branches

CALM_S = 60


class Campaign:
    """Two centres and twelve sites; each kill takes one of them, or the server, away for a while."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.world = FleetWorld()
        self.kws = [self.chance.randint(5, 40) for _ in range(12)]
        for number, kw in enumerate(self.kws, start=1):
            self.world.site(f"s{number}", kw, price=50.0 + number)
        self.started = 0
        self.away = {}
        for place in range(2):
            self.start_centre(place)
        self.world.step(0.5)
        self.world.step(4, times=2)
        self.activation = None

    def start_centre(self, place):
        self.started += 1
        made = self.world.add_centre(f"centre {self.started}")
        self.world.centres.remove(made)
        self.world.centres.insert(place, made)

    def kill(self):
        kind = self.chance.choice(["centre", "server", "site", "site", "line"])
        back_at_s = self.world.elapsed_s + self.chance.choice([0.5, 2, 8, 20])
        if kind == "centre" and len(self.world.centres) == 2:
            place = self.chance.randrange(2)
            dead = self.world.centres.pop(place)
            dead.bus.close()
            if self.chance.random() < 0.3:
                dead.lease.give_back()
            self.away["centre"] = (back_at_s, lambda: self.start_centre(0))
        elif kind == "server" and "server" not in self.away:
            ends = self.ends()
            for end in ends:
                end.cut()
            self.away["server"] = (back_at_s, lambda: [end.mend() for end in self.ends()])
        elif kind in {"site", "line"}:
            site = self.chance.choice(list(self.world.sites.values()))
            if f"site {site.name}" in self.away:
                return
            if kind == "line":
                site.bus.cut()
                self.away[f"site {site.name}"] = (back_at_s, site.bus.mend)
            else:
                site.bus.close()
                self.away[f"site {site.name}"] = (back_at_s, lambda: self.start_site(site))

    def start_site(self, site):
        site.start()
        if "server" in self.away:
            site.bus.cut()

    def ends(self):
        sites = [site.bus for site in self.world.sites.values() if f"site {site.name}" not in self.away]
        return [*sites, *(one.bus for one in self.world.centres)]

    def come_back(self):
        for name, (back_at_s, come) in list(self.away.items()):
            if back_at_s <= self.world.elapsed_s:
                del self.away[name]
                come()
                if "server" in self.away and name == "centre":
                    self.world.centres[0].bus.cut()

    def step(self, seconds):
        self.come_back()
        self.world.step(seconds)
        self.check_now()

    def check_now(self):
        for site in self.world.sites.values():
            active = site.targets()
            assert len(active) <= 1, f"{site.name} carries out {sorted(active)}"
            for order in site.orders.holding():
                assert site.repository.store.repository.get(f"fleet-{order}") is not None, "durable before it counts"

    def order(self):
        """A new activation, as soon as there is a centre that takes it."""
        for one in self.world.centres:
            if one.centre.is_active:
                need_kw = self.chance.randint(30, sum(self.kws) // 2)
                name = f"a{int(self.world.elapsed_s)}"
                self.activation = self.world.activation(need_kw, id=name, minutes=6)
                one.centre.activate(self.activation)
                return True
        return False

    def calm(self):
        """Everything is back, and time passes."""
        self.world.elapsed_s += 0.0
        while self.away:
            self.step(1)
        for _ in range(CALM_S):
            self.step(1)

    def check_after_calm(self):
        delivered_kw = self.world.delivered_kw()
        need_kw = self.activation.volume_kw
        assert need_kw <= delivered_kw <= need_kw + max(self.kws), (need_kw, self.world.states(self.activation.id))

    def check_over(self):
        while self.world.now < self.activation.until:
            self.step(4)
        assert self.world.delivered_kw() == 0, "nothing is carried out after its end"
        for _ in range(4):
            self.step(4)
        assert not any(record.is_live for record in self.world.book.records(self.activation.id))

    def check_reports(self):
        for _ in range(60):
            self.step(2)
        for site in self.world.sites.values():
            written = [record.number for record in site.repository.store.repository.log_page(limit=1000)]
            told = [report.sequence for report in self.world.book.reports(site.name, EVENTS, limit=1000)]
            assert sorted(told) == sorted(written), "each line once"
            quarters = [report.sequence for report in self.world.book.reports(site.name, QUARTERS, limit=1000)]
            assert sorted(quarters) == list(range(min(quarters), min(quarters) + len(quarters)))


def campaign(seed, *, kills):
    run = Campaign(seed)
    done = 0
    while done < kills:
        while not run.order():
            run.step(1)
        for _ in range(min(12, kills - done)):
            run.kill()
            done += 1
            run.step(run.chance.choice([0.2, 1, 4]))
        if run.world.now < run.activation.until:
            run.calm()
            if run.world.now < run.activation.until:
                run.check_after_calm()
        run.check_over()
    run.check_reports()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_kills_at_random_lose_nothing_double_nothing_and_carry_out_nothing_too_late(seed):
    campaign(seed, kills=36)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 100 + int(os.environ.get("FLEET_CAMPAIGNS", "100"))))
def test_two_hundred_kills_at_random(seed):
    campaign(seed, kills=200)
