"""The driver ``device``: an asset that a template describes, behind a Modbus, MQTT or HTTP connection."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PrivateAttr, ValidationInfo, model_validator

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
from energy_manager.adapters.devices.templates.model import (
    KIND_OF_USAGE,
    USAGES,
    ConnectionDefaults,
    LinkDriver,
    Scalar,
    Template,
    Usage,
)
from energy_manager.adapters.devices.templates.reading import read_template
from energy_manager.adapters.devices.templates.rules import STORED_WRITES_A_DAY, faults_of
from energy_manager.adapters.options import Options
from energy_manager.adapters.texts.toml_faults import fault_at, raise_faults
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.site import AssetKind


def as_text(value: Any) -> Any:  # noqa: ANN401 - whatever the file says
    """A whole number as its text: serial numbers are either."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


NO_PLACE = "is missing, and there is no host either"


class DeviceOptions(Options):
    """The template, or its usage inline; how the device is reached where no connection is named.

    ``serial`` pins the device: another one at its address is not believed and never written.
    ``parameters`` are the template's.
    ``writes_a_day`` bounds what is written to registers that are stored in flash.
    """

    template: str | None = Field(None, min_length=1, description="a shipped one by its name, or a path to a .toml")
    usage: str | None = Field(None, description="where several usages of the template have the asset's kind")
    parameters: dict[str, Scalar] = Field({}, description="of the template")
    serial: Annotated[str, BeforeValidator(as_text)] | None = Field(
        None, min_length=1, description="of the device that may be written"
    )
    unit: int | None = Field(None, ge=0, le=255, description="of Modbus; left out: as the template has it")
    host: str | None = Field(None, min_length=1)
    port: int | None = Field(None, ge=1, le=65535)
    writes_a_day: int = Field(STORED_WRITES_A_DAY, ge=2)
    grid: Usage | None = None
    pv: Usage | None = None
    battery: Usage | None = None
    load: Usage | None = None
    charger: Usage | None = None
    _read_template: Template | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _fits_together(self, info: ValidationInfo) -> DeviceOptions:
        """Read the template, a path to one from the folder ``beside`` of the context, and check what stands inline."""
        if (self.template is None) is not bool(self.inline):
            sentence = f"there must be a template or one of the tables {', '.join(USAGES)}, not both"
            raise_faults("device", [fault_at(("template",), sentence)])
        if self.template is not None:
            folder = (info.context or {}).get("beside")
            try:
                self._read_template = read_template(
                    self.template, parameters=self.parameters, beside=folder if isinstance(folder, Path) else None
                )
            except Refused as refused:
                raise_faults("device", [fault_at(("template",), _said(fault)) for fault in refused.faults])
        if self.usage is not None and self.usage not in self.usages:
            raise_faults("device", [fault_at(("usage",), f"the device has {', '.join(self.usages)}", self.usage)])
        inline = self.inline.items()
        raise_faults(
            "device", [f for name, usage in inline for f in faults_of(usage, name=name, driver=self.link_driver)]
        )
        if self.serial is not None and all(usage.identity.serial is None for usage in self.usages.values()):
            raise_faults(
                "device", [fault_at(("serial",), "nothing says where the device has its serial number", self.serial)]
            )
        return self

    @property
    def inline(self) -> dict[str, Usage]:
        """The usages that stand in the asset's own table."""
        named = {name: getattr(self, name) for name in USAGES}
        return {name: usage for name, usage in named.items() if usage is not None}

    @property
    def described_by(self) -> Template | None:
        """The template; None for a usage that stands inline."""
        return self._read_template

    @property
    def modbus_unit(self) -> int:
        """The unit that is said here, else the template's, else 1."""
        default = None if self._read_template is None else self._read_template.connection.unit
        return self.unit if self.unit is not None else default if default is not None else 1

    @property
    def usages(self) -> dict[str, Usage]:
        """The usages that the device has."""
        return self.inline if self._read_template is None else self._read_template.usages

    @property
    def link_driver(self) -> LinkDriver:
        """What kind of link the device is behind, by its template or by where its values stand."""
        if self._read_template is not None:
            return self._read_template.template.driver
        sources = [
            source
            for usage in self.inline.values()
            for source in (*usage.read.values(), *usage.begin, *usage.target, *usage.release)
        ]
        if any(source.topic is not None for source in sources):
            return "mqtt"
        return "http" if any(source.url is not None for source in sources) else "modbus"

    def usage_for(self, kind: AssetKind | None) -> tuple[str, Usage]:
        """The usage for an asset of this kind, with its name.

        Raises:
            Refused: there is none, or more than one.
        """
        fitting = {
            name: usage
            for name, usage in self.usages.items()
            if self.usage in {None, name} and kind in {None, usage.kind or KIND_OF_USAGE[name]}
        }
        if len(fitting) == 1:
            return next(iter(fitting.items()))
        has = ", ".join(f"{name} ({usage.kind or KIND_OF_USAGE[name]})" for name, usage in self.usages.items())
        what = f"for kind {kind}" if kind is not None else "without a kind"
        message = f"{'several usages fit' if fitting else 'no usage fits'} {what}: the device has {has}"
        raise Refused([Fault(field="usage", message=message)])


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
    from energy_manager.adapters.devices.templated.channels.over_modbus import (  # noqa: PLC0415
        ModbusChannel,
        SunSpecUnit,
    )

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


def _said(fault: Fault) -> str:
    return f"{fault.field}: {fault.message}"


def _least_w(options: DeviceOptions) -> float:
    """Of a charger its least current, of steps the first; a switch has its whole rating, which is not said here."""
    return max(map(_least_of, options.usages.values()), default=0.0)


def _least_of(usage: Usage) -> float:
    if usage.control == "current":
        return usage.min_a * usage.voltage_v * usage.phases
    if usage.control == "steps":
        return min((power_w for power_w in usage.steps_w or () if power_w > 0), default=0.0)
    return math.inf if usage.control == "switch" else 0.0


def _knows_modes_only(options: DeviceOptions) -> bool:
    return any(usage.control == "modes" for usage in options.usages.values())


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
    knows_modes_only=_knows_modes_only,
    faults=_faults,
)
