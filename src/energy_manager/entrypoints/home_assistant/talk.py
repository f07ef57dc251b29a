"""The talk with Home Assistant: what the site says to it, and the orders that come from it.

Everything here reads values that others have left, and runs beside the loop: the worst that a broker, a slow store or
a flood of orders can do is that Home Assistant shows the site late.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Protocol

from loguru import logger

from energy_manager.adapters.devices.links.errors import LinkDown
from energy_manager.adapters.devices.links.mqtt import Heard
from energy_manager.adapters.texts.json_text import write_json
from energy_manager.application.comfort import ComfortOrders
from energy_manager.application.dispatch.site_view import AssetView, SiteView
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.errors import Refused
from energy_manager.domain.quantities import AssetId
from energy_manager.entrypoints.home_assistant.announced import Announced
from energy_manager.entrypoints.home_assistant.entities import OFFLINE, ONLINE, Exposed, descriptions, state_of
from energy_manager.entrypoints.home_assistant.topics import Topics

SAID_AGAIN_S = 20.0
"""A state that does not change is said again this often: a third of the time after which it expires."""

LONGEST_SHOWN = 40


class Broker(Protocol):
    """The connection to the broker; ``adapters.devices.links.mqtt.MqttLink`` is one."""

    connections: int
    """How often it was made; a broker that was connected anew may have forgotten everything."""

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        """Hand a message over at once; raises ``LinkDown`` where the broker is away."""
        ...

    def subscribe(self, topic: str, when_heard: Callable[[Heard], object] | None = None) -> None:
        """Be told what is published there, in whichever thread."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteNow:
    """What is shown of the site: how it stands, and how old a status may be."""

    read: Callable[[], SiteView]
    watts_per_step: int
    status_max_age_s: float


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked of an asset last; ``value`` None = to be released."""

    value: bytes | None


@dataclass(slots=True, kw_only=True)
class HomeAssistant:
    """One site's talk. ``look`` does everything, in one thread at a time; the other methods only leave word for it.

    Args:
        broker: the connection.
        assets: what is shown of the site, by id.
        topics: where.
        status_topic: where Home Assistant says that it has come up.
        site: how the site stands.
        orders: the orders of residents.
        announced: what it was told of, by earlier runs too.
        now_s: monotonic seconds.
        jitter_s: how long to wait before everything is said again to a Home Assistant that has come up.
        is_master: whether this process commands the site; else it is silent and takes no orders.
        wake: has ``look`` called soon.
    """

    broker: Broker
    assets: Mapping[AssetId, Exposed]
    topics: Topics
    status_topic: str
    site: SiteNow
    orders: ComfortOrders
    announced: Announced
    now_s: Callable[[], float]
    jitter_s: Callable[[], float]
    is_master: Callable[[], bool]
    wake: Callable[[], None]
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _asked: dict[AssetId, _Asked] = field(default_factory=dict, init=False)
    _introduce_at_s: float | None = field(default=None, init=False)
    _connection: int = field(default=0, init=False)
    _said: dict[AssetId, bytes] = field(default_factory=dict, init=False)
    _said_all_at_s: float = field(default=float("-inf"), init=False)
    _known_orders: Mapping[AssetId, int] = field(default_factory=dict, init=False)
    _is_store_away: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self.broker.subscribe(self.status_topic, self._hear_status)
        self.broker.subscribe(self.topics.availability, self._hear_availability)
        for exposed in self.assets.values():
            if exposed.may_be_ordered:
                self.broker.subscribe(self.topics.command(exposed.id), partial(self._hear_order, exposed.id))
                self.broker.subscribe(self.topics.release(exposed.id), partial(self._hear_release, exposed.id))

    def _introduce_soon(self, after_s: float = 0.0) -> None:
        """Have everything said again: what the assets are, and how they stand."""
        with self._lock:
            at_s = self.now_s() + after_s
            self._introduce_at_s = at_s if self._introduce_at_s is None else min(at_s, self._introduce_at_s)
        self.wake()

    def look(self) -> None:
        """Carry out what was asked, and say what has changed."""
        with self._lock:
            asked, self._asked = self._asked, {}
        if not self.is_master():
            return
        for asset_id, what in asked.items():
            self._carry_out(asset_id, what)
        try:
            if self._is_introduction_due():
                self._introduce()
            self._say_states()
        except LinkDown:
            return  # when it is back, everything is said again

    # What the broker's thread leaves here.

    def _hear_status(self, heard: Heard) -> None:
        """A retained word is old; whoever is new at the broker says everything anyway."""
        if heard.arrived_at_s is not None and heard.payload == ONLINE.encode():
            self._introduce_soon(self.jitter_s())

    def _hear_availability(self, heard: Heard) -> None:
        """An earlier connection's will may come after this one's word that we are there."""
        if heard.payload == OFFLINE.encode():
            self._introduce_soon()

    def _hear_order(self, asset_id: AssetId, heard: Heard) -> None:
        self._leave(asset_id, heard, _Asked(heard.payload))

    def _hear_release(self, asset_id: AssetId, heard: Heard) -> None:
        self._leave(asset_id, heard, _Asked(None))

    def _leave(self, asset_id: AssetId, heard: Heard, asked: _Asked) -> None:
        if heard.arrived_at_s is None:
            logger.warning("Home Assistant, {}: an order that the broker retained is of unknown age: ignored", asset_id)
            return
        with self._lock:
            self._asked[asset_id] = asked
        self.wake()

    # Orders.

    def _carry_out(self, asset_id: AssetId, asked: _Asked) -> None:
        try:
            if asked.value is None:
                was_there = self.orders.withdraw(asset_id)
                logger.info("Home Assistant, {}: {}", asset_id, "order withdrawn" if was_there else "there is no order")
            else:
                exposed = self.assets[asset_id]
                target = ordered_target(asked.value, exposed)
                until = self.orders.order(asset_id, target)
                sentence = "Home Assistant, {}: {} {} until {:%Y-%m-%d %H:%M:%S} UTC, where no plan speaks"
                logger.info(sentence, asset_id, target, exposed.power_unit, until)
        except Refused as refused:
            logger.warning("Home Assistant, {}: {}; order refused", asset_id, refused.faults[0].message)
        except StoreUnavailable as error:
            logger.warning("Home Assistant, {}: the order cannot be stored: {}", asset_id, error.reason)
        self._said.pop(asset_id, None)  # said again, so that what was refused does not stay on show

    def _orders_in_force(self) -> Mapping[AssetId, int]:
        """As the store has them; while it is away, as it had them."""
        try:
            self._known_orders = self.orders.in_force()
            self._is_store_away = False
        except StoreUnavailable as error:
            if not self._is_store_away:
                logger.warning("Home Assistant: the orders in force cannot be read: {}", error.reason)
            self._is_store_away = True
        return self._known_orders

    # What is said.

    def _is_introduction_due(self) -> bool:
        if self.broker.connections != self._connection:
            self._connection = self.broker.connections
            return True
        with self._lock:
            return self._introduce_at_s is not None and self._introduce_at_s <= self.now_s()

    def _introduce(self) -> None:
        with self._lock:
            self._introduce_at_s = None
        described = {
            topic: description
            for exposed in self.assets.values()
            for topic, description in descriptions(exposed, self.topics)
        }
        for topic in self.announced.left(described):
            self.broker.publish(topic, "", retain=True)
        for topic, description in described.items():
            self.broker.publish(topic, write_json(description), retain=True)
        self.announced.keep(described)
        self.broker.publish(self.topics.availability, ONLINE, retain=True)
        self._said = {}

    def _say_states(self) -> None:
        now_s = self.now_s()
        if now_s - self._said_all_at_s >= SAID_AGAIN_S:
            self._said = {}
        if not self._said:
            self._said_all_at_s = now_s
        orders = self._orders_in_force()
        for view in self.site.read().assets:
            exposed = self.assets.get(view.id)
            if exposed is not None:
                self._say(exposed, write_json(self._state(exposed, view, orders)))

    def _state(self, exposed: Exposed, view: AssetView, orders: Mapping[AssetId, int]) -> dict[str, Any]:
        return state_of(
            exposed,
            view,
            order=orders.get(view.id),
            watts_per_step=self.site.watts_per_step,
            max_age_s=self.site.status_max_age_s,
        )

    def _say(self, exposed: Exposed, document: bytes) -> None:
        if self._said.get(exposed.id) != document:
            self.broker.publish(self.topics.state(exposed.id), document, retain=True)
            self._said[exposed.id] = document


def ordered_target(payload: bytes, exposed: Exposed) -> int:
    """The target in power steps that an order states.

    Raises:
        Refused: it is no whole number of steps, or beyond what may be asked of the asset.
    """
    text = payload[: LONGEST_SHOWN + 1].decode("utf-8", errors="replace").strip()
    shown = text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    lowest, highest = exposed.range
    unit = exposed.power_unit
    if not number.is_finite() or len(payload) > LONGEST_SHOWN:
        raise Refused.at("order", f"{shown!r} is no number of {unit}")
    if not lowest <= number <= highest:
        raise Refused.at("order", f"{shown} {unit} is outside {lowest} to {highest} {unit}, the limits of the asset")
    if number != number.to_integral_value():
        raise Refused.at("order", f"{shown} {unit} is not a whole number of {unit}")
    return int(number)
