"""The troubles of devices and connections, by the kind of fault that brings them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain, cycle, repeat
from random import Random
from typing import Any

from energy_manager.adapters.devices.driver import Measurement
from energy_manager.adapters.drill.devices import Plant, SimulatedAsset, Trouble
from energy_manager.domain.quantities import AssetId

Block = Callable[[float], None]
FOR_EVER = math.inf


class DoesNotAnswer(ConnectionError):
    """What a device that cannot be reached raises."""


@dataclass(slots=True, kw_only=True)
class Calls(Trouble):
    """Something happens before each call of a kind: it may block or raise."""

    on_write: Callable[[], None] = lambda: None
    on_read: Callable[[], None] = lambda: None

    def write(self, send: Callable[[], None]) -> None:
        self.on_write()
        send()

    def read(self, ask: Callable[[], Measurement]) -> Any:  # noqa: ANN401 - as Trouble
        self.on_read()
        return ask()


@dataclass(slots=True, kw_only=True)
class Ignored(Trouble):
    """Set-points are accepted, and that is all."""

    def write(self, send: Callable[[], None]) -> None:
        """It goes nowhere."""


@dataclass(slots=True, kw_only=True)
class Answers(Trouble):
    """What is read is changed on its way."""

    change: Callable[[Measurement], Any]

    def read(self, ask: Callable[[], Measurement]) -> Any:  # noqa: ANN401 - as Trouble
        return self.change(ask())


def _in_turn(acts: Iterator[Callable[[], None]]) -> Callable[[], None]:
    """At each call the next of these happens."""

    def act() -> None:
        next(acts)()

    return act


def _nothing() -> None:
    pass


def _raises(error: Callable[[], BaseException]) -> Callable[[], None]:
    def act() -> None:
        raise error()

    return act


def _unreachable() -> BaseException:
    return DoesNotAnswer("no route to the device")


def _answer_of(*, value: object) -> Callable[[Measurement], Any]:
    # The point is that it is no number.
    return lambda measurement: replace(measurement, power_w=value, highest_w=value)  # type: ignore[arg-type]


def device_trouble(name: str, block: Block) -> Trouble | None:
    """What stands between the product and a device that is hit by this kind; None = the device itself is changed."""
    fails, hangs = _raises(_unreachable), lambda: block(FOR_EVER)
    ends = _raises(lambda: SystemExit(3))
    refuses = _raises(lambda: RuntimeError("set-point refused"))
    return {
        "target refused": Calls(on_write=refuses),
        "target ignored": Ignored(),
        "target hangs": Calls(on_write=hangs),
        "target slow": Calls(on_write=lambda: block(0.8)),
        "read fails": Calls(on_read=_raises(lambda: RuntimeError("the read was refused"))),
        "read hangs": Calls(on_read=hangs),
        "read hangs once": Calls(on_read=_in_turn(chain([hangs], repeat(_nothing)))),
        "read slow": Calls(on_read=lambda: block(3.0)),
        "reads nothing": Answers(change=lambda _: Measurement()),
        "reads NaN": Answers(change=_answer_of(value=math.nan)),
        "reads text": Answers(change=_answer_of(value="300")),
        "reads true": Answers(change=_answer_of(value=True)),
        "reads a mark": Answers(change=_answer_of(value=4294965796)),
        "reads 10^400": Answers(change=_answer_of(value=10**400)),
        "gone": Calls(on_write=fails, on_read=fails),
        "ends the program": Calls(on_write=ends, on_read=ends),
    }.get(name)


def change_device(name: str, asset: SimulatedAsset) -> bool:
    """Let this kind change the device itself; whether it is one that does."""
    match name:
        case "half delivered":
            asset.obeyed_share = 0.5
        case "too much delivered":
            asset.obeyed_share = 1.25
        case "output stuck":
            asset.stick()
        case "potential drops":
            asset.able_share = 0.33
        case _:
            return False
    return True


def flapping(asset: SimulatedAsset, chance: Random) -> Trouble:
    """The potential is another one at each read, and the device has it."""

    def flap() -> None:
        asset.able_share = 0.3 + 0.7 * chance.random()

    return Calls(on_read=flap)


@dataclass(slots=True, kw_only=True)
class OldAnswers(Trouble):
    """What was said first is said again, with its old stamp."""

    now_s: Callable[[], float]
    _first: Measurement | None = field(default=None, init=False)

    def read(self, ask: Callable[[], Measurement]) -> Any:  # noqa: ANN401 - as Trouble
        if self._first is None:
            self._first = replace(ask(), taken_at_s=self.now_s())
        return self._first


@dataclass(slots=True, kw_only=True)
class Swapped(Trouble):
    """Another device answers, and is told."""

    plant: Plant
    other: AssetId

    def read(self, ask: Callable[[], Measurement]) -> Any:  # noqa: ANN401, ARG002 - as Trouble
        return self.plant.read(self.other)


def link_trouble(
    name: str, asset_id: AssetId, *, hit: tuple[AssetId, ...], plant: Plant, block: Block, chance: Random
) -> Trouble:
    """What stands between the product and a device whose connection, or network, is hit by this kind."""
    fails, hangs = _raises(_unreachable), lambda: block(FOR_EVER)
    each_second, each_fifth = (_in_turn(cycle([*[_nothing] * others, fails])) for others in (1, 4))

    def resets() -> None:
        block(1.0)
        fails()

    def slow() -> None:
        block(0.5 * chance.random())

    others = [each for each in hit if each != asset_id]
    if name == "answers swapped":
        return Swapped(plant=plant, other=others[0])
    return {
        "down": Calls(on_write=fails, on_read=fails),
        "cut off": Calls(on_write=fails, on_read=fails),
        "silent": Calls(on_write=hangs, on_read=hangs),
        "flaps": Calls(on_write=each_second, on_read=each_second),
        "resets": Calls(on_write=resets, on_read=resets),
        "slow": Calls(on_write=slow, on_read=slow),
        "loses a fifth": Calls(on_write=each_fifth, on_read=each_fifth),
        "old answers": OldAnswers(now_s=plant.now_s),
        "stamps ahead": Answers(change=lambda answer: replace(answer, taken_at_s=plant.now_s() + 3600)),
    }[name]
