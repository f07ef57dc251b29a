"""The driver ``device``: an asset that a template describes, behind a Modbus, MQTT or HTTP connection."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from energy_manager.adapters.devices.driver import ANY_KIND, Connection, DriverContext, DriverType
from energy_manager.adapters.devices.templated.connections import (
    HttpOptions,
    ModbusOptions,
    MqttOptions,
    http_link,
    modbus_link,
    mqtt_link,
)
from energy_manager.adapters.devices.templated.control.writing import WriteBudget
from energy_manager.adapters.devices.templated.device import TemplatedDevice
from energy_manager.adapters.devices.templated.options import DeviceOptions
from energy_manager.adapters.devices.templates.model import KIND_OF_USAGE, ConnectionDefaults, Usage
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.site import AssetKind

NO_PLACE = "is missing, and there is no host either"


@dataclass(frozen=True, slots=True)
class LinkClock:
    """The dispatch loop's clock, for links that have to wait."""

    now_s: Callable[[], float]

    def sleep_until(self, instant_s: float) -> None:
        """Sleep, in the lane that called."""
        while (remaining_s := instant_s - self.now_s()) > 0:
            time.sleep(remaining_s)


def open_device(options: DeviceOptions, context: DriverContext) -> TemplatedDevice:
    """The device behind its link; nothing is sent yet.

    Raises:
        Refused: the asset has no such usage, or no way to reach it is said.
    """
    name, usage = options.usage_for(context.kind)
    clock = LinkClock(context.now_s)
    if options.serial is not None and usage.identity.serial is None:
        raise Refused([Fault(field="serial", message=_no_serial(options.serial, name))])
    return TemplatedDevice(
        context.asset_id,
        usage,
        _CHANNELS[options.link_driver](options, usage, context, clock),
        kind=context.kind or usage.kind or KIND_OF_USAGE[name],
        clock=clock,
        ratings=context.ratings,
        serial=options.serial,
        budget=WriteBudget(None if usage.is_volatile else options.writes_a_day, memory=context.memory),
    )


def _modbus_channel(options: DeviceOptions, _: Usage, context: DriverContext, clock: LinkClock) -> Any:  # noqa: ANN401 - a Channel
    from energy_manager.adapters.devices.templated.channels.over_modbus import ModbusChannel, SunSpecUnit  # noqa: PLC0415

    template = options.described_by
    defaults = ConnectionDefaults() if template is None else template.connection
    reached = _connection(options, context, ModbusOptions, lambda host: ModbusOptions(host=host, port=options.port))
    link = modbus_link(reached, defaults, context=context, clock=clock)
    unit = options.modbus_unit
    sunspec = context.link(("sunspec", link.peer, unit), lambda: SunSpecUnit(link, unit))
    return ModbusChannel(link, unit, sunspec=sunspec)


def _mqtt_channel(options: DeviceOptions, usage: Usage, context: DriverContext, clock: LinkClock) -> Any:  # noqa: ANN401
    from energy_manager.adapters.devices.templated.channels.over_json import MqttChannel  # noqa: PLC0415

    reached = _connection(options, context, MqttOptions, lambda host: MqttOptions(host=host, port=options.port or 1883))
    return MqttChannel(mqtt_link(reached, context=context, clock=clock), usage)


def _http_channel(options: DeviceOptions, _: Usage, context: DriverContext, clock: LinkClock) -> Any:  # noqa: ANN401
    from energy_manager.adapters.devices.templated.channels.over_json import HttpChannel  # noqa: PLC0415

    def by_host(host: str) -> HttpOptions:
        return HttpOptions(base_url=f"http://{host}" + (f":{options.port}" if options.port else ""))

    return HttpChannel(http_link(_connection(options, context, HttpOptions, by_host), context=context, clock=clock))


def _load(options: DeviceOptions) -> None:
    """Import the link and the channel of the device; only sites that have such devices do."""
    names = {"modbus": ("modbus", "over_modbus"), "mqtt": ("mqtt", "over_json"), "http": ("http", "over_json")}
    link, channel = names[options.link_driver]
    import_module(f"energy_manager.adapters.devices.links.{link}")
    import_module(f"energy_manager.adapters.devices.templated.channels.{channel}")


_OPTIONS_OF_LINKS: dict[str, type[Any]] = {"modbus": ModbusOptions, "mqtt": MqttOptions, "http": HttpOptions}
_CHANNELS = {"modbus": _modbus_channel, "mqtt": _mqtt_channel, "http": _http_channel}


def _connection(options: DeviceOptions, context: DriverContext, model: type[Any], by_host: Callable[[str], Any]) -> Any:  # noqa: ANN401 - an instance of ``model``
    """The options of the connection that the asset names, or those of its own host.

    Raises:
        Refused: neither is there, or the connection is of another type.
    """
    if context.connection is not None:
        if not isinstance(context.connection.options, model):
            raise Refused([Fault(field="connection", message=_wrong_link(options, context.connection))])
        return context.connection.options
    if options.host is None:
        raise Refused([Fault(field="connection", message=NO_PLACE)])
    return by_host(options.host)


def _faults(options: DeviceOptions, kind: AssetKind | None, connection: Connection | None) -> Iterator[Fault]:
    """What does not go with the asset's kind and connection."""
    try:
        name, usage = options.usage_for(kind)
    except Refused as refused:
        field = "usage" if options.usage is not None else "kind"
        yield from (Fault(field=field, message=fault.message) for fault in refused.faults)
    else:
        if options.serial is not None and usage.identity.serial is None:
            yield Fault(field="serial", message=_no_serial(options.serial, name))
    if connection is None:
        if options.host is None:
            yield Fault(field="connection", message=NO_PLACE)
        return
    for field in ("host", "port"):
        if getattr(options, field) is not None:
            yield Fault(field=field, message=f"connection {connection.id} says it already")
    if not isinstance(connection.options, _OPTIONS_OF_LINKS[options.link_driver]):
        yield Fault(field="connection", message=_wrong_link(options, connection))


def _no_serial(serial: str, usage: str) -> str:
    return f"{serial}: the template does not say where {usage} has its serial number"


def _wrong_link(options: DeviceOptions, connection: Connection) -> str:
    return f"{connection.id} is of type {connection.driver}, the device is behind {options.link_driver}"


def _least_w(options: DeviceOptions) -> float:
    """Of a charger its least current, of steps the first; a switch has its whole rating, which is not said here."""
    return max(map(_least_of, options.usages.values()), default=0.0)


def _least_of(usage: Usage) -> float:
    if usage.control == "current":
        return usage.min_a * usage.voltage_v * usage.phases
    if usage.control == "steps":
        return min((power_w for power_w in usage.steps_w or () if power_w > 0), default=0.0)
    return math.inf if usage.control == "switch" else 0.0


def _described(options: DeviceOptions) -> str:
    what = options.template or f"inline {', '.join(options.inline)}"
    where = "" if options.host is None else f" at {options.host}"
    return f"{what}{where}" + ("" if options.unit is None else f", unit {options.unit}")


DEVICE = DriverType(
    name="device",
    options=DeviceOptions,
    kinds=ANY_KIND,
    open=open_device,
    unscheduled="release",
    describe=_described,
    load=_load,
    least_w=_least_w,
    knows_modes_only=lambda options: any(usage.control == "modes" for usage in options.usages.values()),
    faults=_faults,
)
