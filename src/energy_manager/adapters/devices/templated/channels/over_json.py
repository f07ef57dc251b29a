"""Templated devices that speak JSON: behind an MQTT broker, or an HTTP host."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from energy_manager.adapters.devices.links.errors import Away
from energy_manager.adapters.devices.links.http import HttpLink
from energy_manager.adapters.devices.links.json_paths import JsonPath
from energy_manager.adapters.devices.links.mqtt import Heard, MqttLink
from energy_manager.adapters.devices.templated.channels.channel import DirectChannel, Session, Snapshot
from energy_manager.adapters.devices.templated.channels.decoding import (
    PointValue,
    as_text,
    document_of,
    text_in_json,
    value_in_json,
)
from energy_manager.adapters.devices.templated.control.values import Written
from energy_manager.adapters.devices.templates.codec import NUMBER_TYPES
from energy_manager.adapters.devices.templates.model import Online, Usage
from energy_manager.adapters.devices.templates.points import STATES
from energy_manager.adapters.devices.templates.sources import ReadPoint, WriteStep
from energy_manager.adapters.lanes.steps import Blocking, Steps, at_once

_NEVER_S = float("-inf")


def payload_of(step: WriteStep, value: Written) -> str:
    """The value as it is written into a payload, a URL or a body: whole numbers without a point."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    scaled = value / step.scale
    if step.type in NUMBER_TYPES and not step.type.startswith("float"):
        scaled = round(scaled)
    return f"{scaled:.10g}"


class MqttChannel(DirectChannel):
    """One device's topics at a broker. Powers and charge count only live; ratings and states may be retained.

    Topics name their device, so there is no connection that could lead to another one.
    """

    publishes = True
    link: MqttLink

    def __init__(self, link: MqttLink, usage: Usage) -> None:
        self.link = link
        self._online: Online | None = usage.online
        identities = (usage.identity.serial, usage.identity.model)
        topics = {point.topic for point in (*usage.read.values(), *identities) if point is not None}
        for topic in topics | ({usage.online.topic} if usage.online else set()):
            if topic is not None:
                link.subscribe(topic)
        super().__init__(link.users)

    @property
    def peer(self) -> str:
        return f"the device behind the broker at {self.link.peer}"

    @property
    def connection(self) -> int:
        return self.link.connections

    @property
    def rests_for_s(self) -> float:
        return self.link.rests_for_s

    def reading(
        self,
        points: Mapping[str, ReadPoint],
        *,
        read_back: Collection[WriteStep],  # noqa: ARG002
        serial: ReadPoint | None,
    ) -> Steps[Snapshot]:
        self._check_online()
        snapshot = Snapshot(
            points={name: self._value(name, point) for name, point in points.items()},
            serial=None if serial is None else self._said(serial),
        )
        return at_once(snapshot)

    def _value(self, name: str, point: ReadPoint) -> PointValue:
        topic = str(point.topic)
        heard = self.link.newest(topic) if name in STATES else self.link.live(topic)
        if heard is None:
            return PointValue(value=None, taken_at_s=_NEVER_S)
        arrived_at_s = _NEVER_S if heard.arrived_at_s is None else heard.arrived_at_s
        return PointValue(value=value_in_json(point, document_of(heard.payload)), taken_at_s=arrived_at_s)

    def _said(self, point: ReadPoint) -> str | None:
        """The newest text at the point's topic, retained or not; None where nothing was heard."""
        heard = self.link.newest(str(point.topic))
        return None if heard is None else text_in_json(point, document_of(heard.payload))

    def _check_online(self) -> None:
        """Raise where the device has said that it is away.

        Raises:
            Away: it is, or the broker is.
        """
        if self._online is None:
            return
        heard = self.link.newest(self._online.topic)
        if heard is not None and self._says_offline(heard, self._online):
            raise Away(f"{self._online.topic} says that the device is offline")

    def _says_offline(self, heard: Heard, online: Online) -> bool:
        document = document_of(heard.payload)
        raw = document if online.json_path is None else JsonPath.parse(online.json_path).find(document)
        return online.words.get(as_text(raw)) is False

    def writing(self) -> Steps[Session]:
        self._check_online()
        return super().writing()

    def identifying(self, point: ReadPoint) -> Steps[str | None]:
        return at_once(self._said(point))

    def performing(self, step: WriteStep, value: Written) -> Steps[None]:
        text = payload_of(step, value)
        payload = text if step.body is None else step.body.replace("{value}", text)
        self.link.publish(str(step.topic), payload, retain=step.retain)
        return at_once(None)


class HttpChannel(DirectChannel):
    """One device of an HTTP host. Its addresses are asked once a read each, however many points they serve.

    Connections come and go below HTTP, unseen; so a pinned device is identified before every sequence.
    """

    publishes = False
    link: HttpLink
    connection = 1

    def __init__(self, link: HttpLink) -> None:
        self.link = link
        super().__init__(link.users)

    @property
    def peer(self) -> str:
        return self.link.peer

    @property
    def rests_for_s(self) -> float:
        return self.link.rests_for_s

    def reading(
        self,
        points: Mapping[str, ReadPoint],
        *,
        read_back: Collection[WriteStep],  # noqa: ARG002
        serial: ReadPoint | None,
    ) -> Steps[Snapshot]:
        asked = [*points.values(), *([] if serial is None else [serial])]
        fetched = {}
        for url in dict.fromkeys(str(point.url) for point in asked):
            fetched[url] = yield Blocking(partial(self.link.fetch, url))
        return Snapshot(
            points={
                name: PointValue(
                    value=value_in_json(point, fetched[str(point.url)].document),
                    taken_at_s=fetched[str(point.url)].taken_at_s,
                )
                for name, point in points.items()
            },
            serial=None if serial is None else text_in_json(serial, fetched[str(serial.url)].document),
        )

    def identifying(self, point: ReadPoint) -> Steps[str | None]:
        fetched = yield Blocking(partial(self.link.fetch, str(point.url)))
        return text_in_json(point, fetched.document)

    def performing(self, step: WriteStep, value: Written) -> Steps[None]:
        text = payload_of(step, value)
        body = None if step.body is None else step.body.replace("{value}", text)
        yield Blocking(partial(self.link.send, step.method, str(step.url).replace("{value}", text), body))
