"""What must hold between the parts of a usage, beyond the form of each; every fault with its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from pydantic_core import InitErrorDetails

from energy_manager.adapters.devices.templates.model import DIRECTIONS, KIND_OF_USAGE, LinkDriver, Usage
from energy_manager.adapters.devices.templates.points import DELIVERS
from energy_manager.adapters.devices.templates.sources import ReadPoint, Source, ValueName, WriteStep
from energy_manager.adapters.devices.templates.sunspec import has_point
from energy_manager.adapters.texts.toml_faults import fault_at
from energy_manager.adapters.texts.toml_lines import Place
from energy_manager.domain.errors import Refused
from energy_manager.domain.quantities import finite
from energy_manager.domain.site import AssetKind
from energy_manager.domain.storage_value.told_mode import TOLD_MODES

STORED_WRITES_A_DAY = 100
"""What a register that is kept in flash may be written a day without wearing it out within a device's life."""
DAY_S = 86_400
_SOURCES: dict[LinkDriver, tuple[str, ...]] = {
    "modbus": ("input", "holding", "coil", "discrete", "point"),
    "mqtt": ("topic",),
    "http": ("url",),
}
_WRITABLE = {"holding", "coil", "point", "topic", "url"}
_NAMES = frozenset(get_args(ValueName))


def faults_of(usage: Usage, *, name: str, driver: LinkDriver) -> Iterator[InitErrorDetails]:
    """What is wrong with the usage ``name`` of a device behind a link of this driver."""
    for point, how in usage.read.items():
        yield from _source_faults((name, "read", point), how, driver)
        yield from _read_faults((name, "read", point), how)
    for what in ("serial", "model"):
        how = getattr(usage.identity, what)
        if how is not None:
            yield from _source_faults((name, "identity", what), how, driver)
    for phase in ("begin", "target", "release"):
        for index, step in enumerate(getattr(usage, phase)):
            yield from _source_faults((name, phase, index), step, driver)
            yield from _write_faults((name, phase, index), step, usage, phase=phase)
    yield from _control_faults(name, usage)
    yield from _time_faults(name, usage)
    if usage.online is not None and driver != "mqtt":
        yield fault_at((name, "online"), "only devices behind MQTT say whether they are online")
    for index, point in enumerate(usage.needs):
        if point not in usage.read:
            yield fault_at((name, "needs", index), f"{point} is needed but not read")


def _source_faults(place: Place, source: Source, driver: LinkDriver) -> Iterator[InitErrorDetails]:
    usable = _SOURCES[driver]
    if len(source.given) != 1:
        given = f"{len(source.given)} ({', '.join(source.given)})" if source.given else "none"
        yield fault_at(place, f"exactly one of {', '.join(usable)} must say where it stands; there is {given}")
    elif source.given[0] not in usable:
        yield fault_at((*place, source.given[0]), f"a {driver} device has {', '.join(usable)}")
    for point in source.sunspec_points:
        if not has_point(point):
            yield fault_at((*place, "point"), f"SunSpec has no point {point}")
    if source.point is not None and source.type is not None:
        yield fault_at((*place, "type"), f"{source.type}: SunSpec says itself what type its points have")
    is_in_registers = source.input is not None or source.holding is not None
    if source.value_type == "string" and is_in_registers and "length" not in source.model_fields_set:
        yield fault_at((*place, "length"), "is missing: a text in registers has a length, in registers")
    if source.value_type != "string" and "length" in source.model_fields_set:
        yield fault_at((*place, "length"), f"{source.length}: only a text has a length; type says how long a number is")
    is_bit = source.coil is not None or source.discrete is not None
    if is_bit and source.value_type != "bool":
        yield fault_at((*place, "type"), f"{source.type}: coils and discrete inputs are bool")
    if is_in_registers and source.value_type == "bool":
        yield fault_at((*place, "type"), "bool: a register is a number; say words for what its values mean")


def _read_faults(place: Place, how: ReadPoint) -> Iterator[InitErrorDetails]:
    if how.value_type == "string" and how.words is None and not how.json_path:
        yield fault_at((*place, "type"), "string: this point is a number")
    if how.within is not None and how.within[0] > how.within[1]:
        yield fault_at((*place, "within"), f"the lowest, {how.within[0]:g}, is above the highest, {how.within[1]:g}")
    if how.json_path is not None and how.topic is None and how.url is None:
        yield fault_at((*place, "json"), "only a topic or url gives JSON")


def _write_faults(place: Place, step: WriteStep, usage: Usage, *, phase: str) -> Iterator[InitErrorDetails]:
    if step.given and step.given[0] not in _WRITABLE:
        yield fault_at((*place, step.given[0]), "it can be read only")
    if step.cells is not None and len(step.cells[1]) > 1:
        yield fault_at(place, "a write has one address")
    is_named = isinstance(step.value, str) and step.value in _NAMES
    if phase != "target" and is_named:
        yield fault_at((*place, "value"), f"{step.value}: only target follows the target; say a number")
    if step.read_back and (phase != "begin" or (step.cells is None and step.point is None) or is_named):
        yield fault_at((*place, "read_back"), "only a begin step with a register and a number can be read back")
    needed = {"direction": DIRECTIONS, "mode": TOLD_MODES, "on": ("on", "off") if step.words else ()}.get(
        str(step.value), ()
    )
    absent = [word for word in needed if word not in (step.words or {})]
    if absent:
        yield fault_at((*place, "words"), f"{step.value} needs words for {', '.join(absent)}")
    if step.value == "mode" and usage.control != "modes":
        yield fault_at((*place, "value"), 'mode needs control = "modes"')
    if step.value == "step" and usage.steps_w is None:
        yield fault_at((*place, "value"), "step needs steps_w")
    yield from _register_faults(place, step, is_named=is_named)


def _register_faults(place: Place, step: WriteStep, *, is_named: bool) -> Iterator[InitErrorDetails]:
    if step.cells is None and step.function is not None:
        yield fault_at((*place, "function"), "only coils and holding registers are written with a function")
    if step.cells is None:
        return
    fits = (5, 15) if step.coil is not None else (6, 16)
    if step.function is not None and step.function not in fits:
        yield fault_at((*place, "function"), f"{step.function}: {step.given[0]} is written with {fits[0]} or {fits[1]}")
    if step.function == 6 and step.encoding.count != 1:
        yield fault_at((*place, "function"), f"6 writes one register, {step.type} has {step.encoding.count}")
    constants: list[tuple[Place, bool | int | float | str]] = [] if is_named else [(("value",), step.value)]
    constants += [(("words", word), value) for word, value in (step.words or {}).items()]
    for where, constant in constants:
        if finite(constant) is None and not isinstance(constant, bool) and step.value_type != "string":
            yield fault_at((*place, *where), f"{constant!r} is no number and none of {', '.join(sorted(_NAMES))}")
            continue
        try:
            step.encoding.cells(constant)
        except Refused as refused:
            yield fault_at((*place, *where), refused.faults[0].message)


def _control_faults(name: str, usage: Usage) -> Iterator[InitErrorDetails]:
    kind = usage.kind or KIND_OF_USAGE.get(name)
    if kind is None:
        yield fault_at((name, "kind"), "is missing")
    if usage.control is not None and not usage.target:
        yield fault_at((name, "control"), "there is no target to write")
    if usage.control is None and usage.target:
        yield fault_at((name, "target"), "control must say what kind of target this is")
    if kind is AssetKind.METER and usage.target:
        yield fault_at((name, "target"), "a meter takes no targets")
    if kind is AssetKind.METER and not any(point in usage.read for point in DELIVERS):
        yield fault_at((name, "read"), "a meter must read some power")
    if usage.target and not usage.release and not usage.forgets:
        sentence = "there must be a release, or expires for a device that reverts by itself"
        yield fault_at((name, "target"), sentence)
    if usage.control == "modes" and kind is not AssetKind.STORAGE:
        yield fault_at((name, "control"), "modes: only a storage knows them")
    if usage.control == "modes" and not any(step.value == "mode" for step in usage.target):
        yield fault_at((name, "target"), "modes needs a step with value = 'mode'")
    if usage.control == "modes" and usage.obeys is not None:
        yield fault_at((name, "obeys"), "a device that knows modes only has no power that it could be held to")
    yield from _steps_faults((name, "steps_w"), usage)


def _steps_faults(place: Place, usage: Usage) -> Iterator[InitErrorDetails]:
    if usage.control == "steps" and not usage.steps_w:
        yield fault_at((place[0], "control"), "steps needs steps_w")
    if not usage.steps_w:
        return
    if sorted(usage.steps_w) != usage.steps_w:
        yield fault_at(place, "must be rising")
    elif usage.steps_w[0] != 0:
        yield fault_at(place, f"must begin with 0, the power of a device that is off, not with {usage.steps_w[0]:g}")


def _time_faults(name: str, usage: Usage) -> Iterator[InitErrorDetails]:
    if usage.expires is False and usage.expires_s is not None:
        yield fault_at((name, "expires_s"), f"{usage.expires_s:g} contradicts expires = false")
    rewrite_s = usage.rewritten_every_s
    if usage.forgets and rewrite_s is None:
        yield fault_at((name, "rewrite_s"), "is missing: the target expires, so it must be written again")
    if rewrite_s is None:
        return
    if not usage.forgets and not usage.is_volatile:
        sentence = f"{rewrite_s:g}: rewriting wears a stored register; only what expires or is volatile is rewritten"
        yield fault_at((name, "rewrite_s"), sentence)
    if usage.expires_s is not None and rewrite_s > usage.expires_s / 2:
        sentence = f"{rewrite_s:g} is above half of expires_s, {usage.expires_s / 2:g}: the device would fall back"
        yield fault_at((name, "rewrite_s"), sentence)
    writes_a_day = DAY_S / rewrite_s
    if usage.volatile is False and writes_a_day > STORED_WRITES_A_DAY:
        sentence = f"{rewrite_s:g} is {writes_a_day:.0f} writes a day; a stored register takes {STORED_WRITES_A_DAY}"
        yield fault_at((name, "rewrite_s"), sentence)
