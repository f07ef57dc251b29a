"""A broker in memory, and a site that talks over it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from energy_manager.adapters.devices.driver import Measurement
from energy_manager.adapters.devices.links.errors import LinkDown
from energy_manager.adapters.devices.links.mqtt import Heard
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.comfort import ComfortOrders
from energy_manager.application.ports.records.logbook import Actor
from energy_manager.domain.schedule import Source
from energy_manager.domain.site import Asset, AssetKind, Ratings, Role, Site, Use
from energy_manager.entrypoints.home_assistant.announced import Announced
from energy_manager.entrypoints.home_assistant.entities import exposed_assets
from energy_manager.entrypoints.home_assistant.talk import HomeAssistant, SiteNow
from energy_manager.entrypoints.home_assistant.topics import Topics
from tests.support.surveyed_site import SurveyedSite

SITE = Site(
    name="home",
    power_unit="kW",
    assets=(
        Asset(
            id="battery",
            kind=AssetKind.STORAGE,
            ratings=Ratings(capacity_wh=10_000, max_charge_w=4000, max_discharge_w=3000),
            unscheduled="release",
        ),
        Asset(id="grid", kind=AssetKind.METER),
        Asset(id="washer", kind=AssetKind.LOAD, ratings=Ratings(rated_w=2000)),
    ),
    roles=(Role(asset="washer", use=Use.HOME_APPLIANCE, household="home"),),
)
BATTERY = {"power_w": 1200.0, "lowest_w": -4000.0, "highest_w": 3000.0, "stored_wh": 5600.0}


class BrokerInMemory:
    """What was published, and who listens; ``is_away`` refuses everything."""

    def __init__(self):
        self.connections = 1
        self.is_away = False
        self.published = []
        self.listeners = {}

    def publish(self, topic, payload, *, retain=False):
        if self.is_away:
            raise LinkDown("the broker is away")
        self.published.append((topic, payload, retain))

    def subscribe(self, topic, when_heard=None):
        self.listeners[topic] = when_heard

    def say(self, topic, payload, *, is_retained=False):
        self.listeners[topic](Heard(payload=payload.encode(), arrived_at_s=None if is_retained else 1.0))

    def newest(self, topic):
        return [json.loads(payload) for found, payload, _ in self.published if found == topic][-1]

    def take(self):
        taken, self.published = self.published, []
        return taken

    def topics(self):
        return [topic for topic, _, _ in self.take()]


class Talking:
    """A home of a battery, a meter and a household's washer, in kW, whose clock stands until it is moved."""

    def __init__(self, site=SITE, *, store=None, decided_by=None, scheduled=None):
        self.broker = BrokerInMemory()
        self.store = store or InMemoryStore()
        self.surveyed = SurveyedSite(
            scheduled or {},
            {asset.id: 0 for asset in site.assets},
            decided_by=decided_by,
            told=site.controllable,
        )
        self.surveyed.devices.measurements["battery"] = lambda: Measurement(**BATTERY)
        self.now = datetime(2026, 3, 2, 12, tzinfo=UTC)
        self.jitter_s = 1.5
        self.is_master = True
        self.wakes = 0
        self.topics = Topics(base="energy_manager", prefix="homeassistant", site=site.name)
        self.orders = ComfortOrders(
            schedules=self.store.repository,
            site=site.planning_site,
            source=Source.HOME_ASSISTANT,
            actor=Actor(who="Home Assistant", role="comfort", origin="broker:1883"),
            now=lambda: self.now,
            lasts=timedelta(hours=1),
        )
        self.talk = HomeAssistant(
            broker=self.broker,
            assets={exposed.id: exposed for exposed in exposed_assets(site)},
            topics=self.topics,
            status_topic="homeassistant/status",
            site=SiteNow(read=self.surveyed.survey, watts_per_step=site.watts_per_step, status_max_age_s=25.0),
            orders=self.orders,
            announced=Announced(self.store.repository, site=site.name),
            now_s=self.surveyed.clock.now_s,
            jitter_s=lambda: self.jitter_s,
            is_master=lambda: self.is_master,
            wake=self._woken,
        )

    def _woken(self):
        self.wakes += 1

    def order(self, payload, asset="battery", **how):
        self.broker.say(self.topics.command(asset), payload, **how)
        self.talk.look()

    def state(self, asset="battery"):
        return self.broker.newest(self.topics.state(asset))

    def wait(self, seconds):
        self.surveyed.clock.sleep_until(self.surveyed.clock.now_s() + seconds)
        self.now += timedelta(seconds=seconds)
