"""The JSON documents of a simulated HTTP or MQTT device, and what it understands of what is sent to it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any, cast

from energy_manager.adapters.devices.links.json_paths import JsonPath
from energy_manager.adapters.devices.templated.channels.over_json import payload_of
from energy_manager.adapters.devices.templated.control.values import Written
from energy_manager.adapters.devices.templated.simulation.behaviour import SimulatedDevice, SimulatedUsage
from energy_manager.adapters.devices.templates.model import Template
from energy_manager.adapters.devices.templates.points import PointName
from energy_manager.adapters.devices.templates.sources import ReadPoint, WriteStep
from energy_manager.application.ports.clock import Clock
from energy_manager.domain.site import Ratings


class SimulatedDocuments(SimulatedDevice):
    """A document for each URL or topic that the template reads."""

    def __init__(
        self,
        template: Template,
        *,
        clock: Clock,
        usages: Collection[str] | None = None,
        ratings: Ratings | None = None,
    ) -> None:
        super().__init__(template, clock=clock, usages=usages, ratings=ratings)
        self._newest: dict[object, str] = {}

    def documents(self) -> dict[str, Any]:
        """The present document of each place that is read."""
        self.live()
        documents: dict[str, Any] = {}
        for name, usage in self.usages.items():
            for point, value in self.values(name):
                _show(documents, usage.usage.read[cast("PointName", point)], value)
            for identity in (usage.usage.identity.serial, usage.usage.identity.model):
                if identity is not None:
                    _put(documents, identity, usage.serial)
        return documents

    def online(self) -> Iterator[tuple[str, str]]:
        """The topics that say that the device is there, with what they say."""
        for usage in self.usages.values():
            online = usage.usage.online
            words = () if online is None else (word for word, is_there in online.words.items() if is_there)
            for word in words:
                assert online is not None
                document = word if online.json_path is None else _with(None, JsonPath.parse(online.json_path), word)
                yield online.topic, document if isinstance(document, str) else json.dumps(document)

    def take(self, place: str, body: str) -> bool:
        """Something was sent there; whether the device understands it."""
        is_known = False
        for usage in self.usages.values():
            is_known |= self._taken(usage, place, body)
        self.live()
        return is_known

    def places(self) -> set[str]:
        """The topics that targets are sent to."""
        return {
            str(step.topic)
            for usage in self.usages.values()
            for step in (*usage.usage.begin, *usage.usage.target, *usage.usage.release)
        }

    def _taken(self, usage: SimulatedUsage, place: str, body: str) -> bool:
        described = usage.usage
        heard = [
            (step, text)
            for step in (*described.begin, *described.target, *described.release)
            if (text := _value_in(step, place, body)) is not None
        ]
        for step, text in heard:
            self._newest[_shape(step)] = text
        meant = [step for step, text in heard if _could_say(step, text)]
        if any(step in described.target for step in meant):
            usage.told_at_s = self._clock.now_s()
        elif any(step in described.release for step in meant):
            usage.told_at_s = float("-inf")
        return bool(heard)

    def _value_of(self, step: WriteStep) -> float:
        try:
            return float(self._newest.get(_shape(step), "0")) * step.scale
        except ValueError:
            return 0.0

    def _holds(self, step: WriteStep, value: Written) -> bool:
        return self._newest.get(_shape(step)) == payload_of(step, value)


def _shape(step: WriteStep) -> object:
    """What a step sends, whatever the value in it."""
    return step.topic or step.url, step.body


def _value_in(step: WriteStep, place: str, body: str) -> str | None:
    """The value in what was sent, if it has the shape of this step; of a shape without a value, the step's own."""
    has_body = step.body is not None or step.topic is not None
    shape = f"{step.topic or step.url}" + (f"\n{step.body or '{value}'}" if has_body else "")
    parts = [re.escape(part) for part in shape.split("{value}")]
    pattern = "(.*)".join(parts[:2]) + "".join(rf"\1{part}" for part in parts[2:])
    found = re.fullmatch(pattern, f"{place}\n{body}" if has_body else place)
    if found is None:
        return None
    return found[1] if len(parts) > 1 else payload_of(step, step.value)


def _could_say(step: WriteStep, text: str) -> bool:
    """Whether the step sends this value for some target."""
    if not isinstance(step.value, str):
        return text == payload_of(step, step.value)
    return step.words is None or text in {payload_of(step, word) for word in step.words.values()}


def _show(documents: dict[str, Any], how: ReadPoint, value: float | None) -> None:
    shown: Any = value
    if value is not None and how.words is not None:
        word = next((text for text, meaning in how.words.items() if float(meaning) == value), None)
        shown = {"true": True, "false": False}.get(str(word), word)
    elif value is not None:
        shown = value / how.scale
        shown = int(shown) if float(shown).is_integer() else round(shown, 6)
    _put(documents, how, shown)


def _put(documents: dict[str, Any], how: ReadPoint, shown: object) -> None:
    place = str(how.topic or how.url)
    path = None if how.json_path is None else JsonPath.parse(how.json_path)
    documents[place] = shown if path is None else _with(documents.get(place), path, shown)


def _with(document: Any, path: JsonPath, value: object) -> Any:  # noqa: ANN401 - JSON
    """The document with this value at that path."""
    if not path.steps:
        return value
    step, rest = path.steps[0], JsonPath(path.steps[1:])
    if isinstance(step, tuple):
        items = document if isinstance(document, list) else []
        found = next((item for item in items if isinstance(item, dict) and str(item.get(step[0])) == step[1]), None)
        if found is None:
            found = {step[0]: step[1]}
            items = [*items, found]
        found.update(_with(found, rest, value))
        return items
    if step.isdecimal():
        listed = list(document) if isinstance(document, list) else []
        listed += [0] * (int(step) + 1 - len(listed))
        listed[int(step)] = _with(listed[int(step)], rest, value)
        return listed
    table = dict(document) if isinstance(document, dict) else {}
    table[step] = _with(table.get(step), rest, value)
    return table
