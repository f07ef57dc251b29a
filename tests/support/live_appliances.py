"""The live half of job 2 on a clock that is moved by hand, over a store in memory that can be made to fail."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta

from energy_manager.adapters.load_meters import NoMeters
from energy_manager.adapters.neighbours import NoNeighbours
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.appliances import ApplianceService, SwitchableAssets
from energy_manager.application.appliances.kept_building import KeptBuilding
from energy_manager.application.ports.devices.load_meter import MeteredImport
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.appliances import Policy
from energy_manager.entrypoints.documents.households import (
    APPLIANCE,
    HOUSEHOLD,
    HOUSEHOLD_CHANGE,
    MOVE,
    RUN,
    VEHICLE,
)

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
SITE = SwitchableAssets(assets=frozenset({"oven", "car", "washer", "battery"}), watts_per_step=1)


def read(model, document):
    """The document as it comes over HTTP."""
    return model.read(json.dumps(document).encode())


class FailingStateRepository:
    """A state repository that can be made to refuse commits, before or after they are kept, or to be overtaken."""

    def __init__(self, state):
        self._books = state
        self.commits = []
        self.is_away = False
        self.keeps_silently = False
        self.overtake = None

    def commit(self, changes, *, timeout_s=5.0):
        if self.is_away:
            raise StoreUnavailable("pulled out")
        if self.overtake is not None:
            overtake, self.overtake = self.overtake, None
            overtake()
        done = self._books.commit(changes, timeout_s=timeout_s)
        self.commits.append(list(changes))
        if self.keeps_silently:
            raise StoreUnavailable("no answer", is_undone=False)
        return done

    def __getattr__(self, name):
        if self.is_away and name in {"document", "documents"}:
            raise StoreUnavailable("pulled out")
        return getattr(self._books, name)


class FakeMeter:
    """What homes import, W; read just now."""

    def __init__(self):
        self.import_w = {}

    def read(self, household):
        watts = self.import_w.get(household)
        return None if watts is None else MeteredImport(import_w=watts, age_us=0)


class Live:
    """One store, a clock, and the services on them."""

    def __init__(self, start=NOON, store=None):
        self.start = start
        self.clock = FakeClock()
        self.store = store or InMemoryStore()
        self.repository = FailingStateRepository(self.store.repository)
        self.meter = FakeMeter()
        self.journal = InMemoryJournal()
        self.service = self.server()

    def now(self):
        return self.start + timedelta(seconds=self.clock.now_s())

    def server(self, site=SITE, **more):
        """A service as ``run`` has it; a second one is a restart."""
        return self._service(site=site, meter=self.meter, **more)

    def command(self, **more):
        """A service as the command line has it."""
        return self._service(site=None, meter=NoMeters(), **more)

    def _service(self, **more):
        kept = {"store": self.repository, "now": self.now, "journal": self.journal, "policy": Policy()} | {
            name: part
            for name, part in more.items()
            if name in {"site", "policy", "trust", "has_left", "now", "journal"}
        }
        fixed = {"neighbours": NoNeighbours(), "one_at_a_time": threading.Lock()}
        rest = {name: part for name, part in more.items() if name not in kept}
        return ApplianceService(kept=KeptBuilding(**kept), **{**fixed, **rest})

    def wait(self, minutes):
        """Time passes; nobody looks."""
        self.clock.sleep_until(self.clock.now_s() + 60 * minutes)

    def watch(self, minutes, every_s=5.0):
        """Time passes, and the server looks again and again."""
        end_s = self.clock.now_s() + 60 * minutes
        while self.clock.now_s() < end_s:
            self.clock.sleep_until(min(end_s, self.clock.now_s() + every_s))
            self.service.pass_time()

    def home(self, threshold_w=3000, name="home", **more):
        self.put_household(name, {"threshold_w": threshold_w, **more})

    def appliance(self, name, power_w=2000, duration_min=60, *, home="home", **more):
        self.put_appliance(home, name, {"power_w": power_w, "duration_min": duration_min, **more})

    def ask(self, appliance, *, home="home", service=None, **more):
        return self.request({"household": home, "appliance": appliance, **more}, service=service)[1]

    def put_household(self, name, document):
        return self.service.put_household(name, read(HOUSEHOLD, document))

    def change_household(self, name, document):
        return self.service.change_household(name, read(HOUSEHOLD_CHANGE, document))

    def put_appliance(self, home, name, document):
        return self.service.put_appliance(home, name, read(APPLIANCE, document))

    def request(self, document, *, service=None):
        return (service or self.service).request(read(RUN, document))

    def move(self, run_id, document):
        return self.service.move(run_id, read(MOVE, document))

    def charge_vehicle(self, home, name, document):
        return self.service.charge_vehicle(home, name, read(VEHICLE, document))

    def run(self, run_id, service=None):
        return (service or self.service).look().table.runs[run_id]

    def status(self, run_id, service=None):
        return (service or self.service).look().status(run_id)

    def why_missed(self, run_id, service=None):
        return self.run(run_id, service).missed_reason(self.service.look().now_us)

    def minutes(self, run_id, service=None):
        """The run's segments in minutes since the start."""
        start_us = round(self.start.timestamp() * 1e6)
        segments = self.run(run_id, service).segments
        return [((s.start_us - start_us) / 60e6, (s.end_us - start_us) / 60e6) for s in segments]

    def scheduled(self, asset):
        """What the loop reads for the asset now: the stored schedules' target, or None."""
        for accepted in self.store.repository.active_at(self.now()):
            block = accepted.schedule.block_at(self.now())
            if asset in block.targets:
                return block.targets[asset]
        return None

    @property
    def sentences(self):
        return [event.sentence for event in self.journal.events]
