"""The talk with Home Assistant: ``[home_assistant]`` of the site file, on the loop of asynchronous services."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import timedelta

import anyio
from loguru import logger

from energy_manager.adapters.devices.links.mqtt import Message, MqttLink
from energy_manager.adapters.devices.templated.connections import MqttOptions, new_mqtt_link
from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.runtime.service_loop import service_loop
from energy_manager.application.comfort import ComfortOrders
from energy_manager.application.ports.records.logbook import Actor
from energy_manager.domain.schedule import Source
from energy_manager.entrypoints.container.parts import SiteParts
from energy_manager.entrypoints.home_assistant.announced import Announced
from energy_manager.entrypoints.home_assistant.entities import OFFLINE, exposed_assets
from energy_manager.entrypoints.home_assistant.talk import HomeAssistant, SiteNow
from energy_manager.entrypoints.home_assistant.topics import Topics

LOOK_S = 1.0
"""How often it is looked whether something has changed; an order is looked after at once."""

BREATH_S = 0.25
"""Between two looks: of orders that come faster the newest is taken."""

LONGEST_JITTER_S = 2.0
"""A Home Assistant that comes up is busy, and every site at its broker has heard it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningTalk:
    """The talk with its connection."""

    talk: HomeAssistant
    link: MqttLink
    bell: asyncio.Event

    def start(self) -> Future[object]:
        """Connect, and talk until the process ends or what this returns is cancelled."""
        self.link.open()
        return service_loop().keep(self._keep_talking, name="Home Assistant")

    async def _keep_talking(self) -> None:
        while True:
            with anyio.move_on_after(LOOK_S):
                await self.bell.wait()
            self.bell.clear()
            try:
                await anyio.to_thread.run_sync(self.talk.look, abandon_on_cancel=True)
            except Exception as error:  # noqa: BLE001 - the talk must outlive any one look
                logger.error("Home Assistant: {}", describe_failure(error))
            await anyio.sleep(BREATH_S)


def talk_of(parts: SiteParts) -> RunningTalk:
    """The talk that the site file asks for; nothing is connected yet.

    Raises:
        Refused: the broker's password is not where it should be.
    """
    site, entry = parts.site, parts.site.home_assistant
    assert entry is not None, "it is asked for"
    connection = site.connection(entry.connection)
    assert connection is not None, "the site file was checked"
    assert isinstance(connection.options, MqttOptions), "the site file was checked"
    topics = Topics(base=entry.base_topic, prefix=entry.discovery_prefix, site=site.site.name)
    bell = asyncio.Event()
    will = Message(topics.availability, OFFLINE, retain=True)
    link = new_mqtt_link(connection.options, clock=parts.clock, will=will)
    talk = HomeAssistant(
        broker=link,
        assets={exposed.id: exposed for exposed in exposed_assets(site.described)},
        topics=topics,
        status_topic=entry.status_topic,
        site=SiteNow(
            read=parts.read_site_state,
            watts_per_step=site.described.watts_per_step,
            status_max_age_s=parts.settings.dispatch.status_max_age_s,
        ),
        orders=ComfortOrders(
            schedules=parts.store.repository,
            site=site.described.planning_site,
            source=Source.HOME_ASSISTANT,
            actor=Actor(who="Home Assistant", role="comfort", origin=link.peer),
            now=parts.site_clock.now,
            lasts=timedelta(minutes=entry.order_min),
        ),
        announced=Announced(parts.store.repository, site=site.site.name),
        now_s=parts.clock.now_s,
        jitter_s=lambda: random.uniform(0, LONGEST_JITTER_S),  # noqa: S311 - no secret
        is_master=parts.mastership.may_command,
        wake=_ring(bell),
    )
    return RunningTalk(talk=talk, link=link, bell=bell)


def _ring(bell: asyncio.Event) -> Callable[[], None]:
    return lambda: service_loop().post(bell.set)
