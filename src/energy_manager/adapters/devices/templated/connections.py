"""The types of connections: their keys in a site file, and the links that they become."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from energy_manager.adapters.devices.driver import ConnectionType, DriverContext
from energy_manager.adapters.devices.templates.model import ConnectionDefaults
from energy_manager.adapters.options import Options
from energy_manager.adapters.texts.toml_faults import fault_at, raise_faults
from energy_manager.application.ports.clock import Clock
from energy_manager.domain.errors import Fault, Refused

if TYPE_CHECKING:
    from energy_manager.adapters.devices.links.http import HttpLink
    from energy_manager.adapters.devices.links.modbus import ModbusLink
    from energy_manager.adapters.devices.links.mqtt import Message, MqttLink

Seconds = Annotated[float, Field(gt=0)]
DEFAULT_TIMEOUT_S = 1.0
WAITS_SHARE = 0.9
"""Of a dispatch period a request stands in line at most so long: later the newest target waits already."""

LINE = "how long a request stands in line at most; left out: 0.9 of the dispatch period"


class ModbusOptions(Options):
    """One host and port, or one serial line; what is left out is as the device's template has it."""

    over: Literal["tcp", "rtu_over_tcp", "serial"] | None = None
    host: str | None = Field(None, min_length=1)
    port: int | None = Field(None, ge=1, le=65535)
    device: str | None = Field(None, min_length=1, description="of a serial line, such as /dev/ttyUSB0")
    baud: int | None = Field(None, ge=300)
    parity: Literal["N", "E", "O"] = "N"
    stop_bits: Literal[1, 2] = 1
    timeout_s: float | None = Field(None, gt=0, description="behind a gateway at least its own time-out and 0.3 s")
    connect_pause_s: float | None = Field(None, ge=0)
    pause_ms: float | None = Field(None, ge=0, description="between two requests")
    quarantine_s: tuple[Seconds, Seconds] = Field((5.0, 60.0), description="first and longest rest of a failed unit")
    wait_s: float | None = Field(None, gt=0, description=LINE)

    @model_validator(mode="after")
    def _has_a_place(self) -> ModbusOptions:
        faults = []
        if self.over == "serial" and self.device is None:
            faults.append(fault_at(("over",), "a serial line needs device, such as /dev/ttyUSB0", self.over))
        is_serial = self.over == "serial" or (self.over is None and self.device is not None)
        if not is_serial and self.host is None:
            faults.append(fault_at(("host",), 'is missing; a serial line has over = "serial" and device'))
        if self.quarantine_s[0] > self.quarantine_s[1]:
            sentence = "the first rest is longer than the longest"
            faults.append(fault_at(("quarantine_s",), sentence, self.quarantine_s))
        raise_faults("modbus", faults)
        return self


class Secret(Options):
    """Who we are; the secret itself stands in an environment variable or a file."""

    username: str | None = None
    password_env: str | None = Field(None, min_length=1, description="the environment variable with the password")
    password_file: Path | None = Field(None, description="the file with the password")

    @property
    def password(self) -> str | None:
        """The password.

        Raises:
            Refused: it is not where it should be.
        """
        if self.password_env is not None:
            if self.password_env not in os.environ:
                raise Refused([Fault(field="password_env", message=f"{self.password_env} is not set")])
            return os.environ[self.password_env]
        if self.password_file is not None:
            try:
                return self.password_file.read_text(encoding="utf-8").strip()
            except OSError as error:
                message = f"{self.password_file} cannot be read: {error.strerror}"
                raise Refused([Fault(field="password_file", message=message)]) from None
        return None


class MqttOptions(Secret):
    """One broker."""

    host: str = Field(min_length=1)
    port: int = Field(1883, ge=1, le=65535)
    tls: bool = False


class HttpOptions(Secret):
    """One host, by the beginning of its addresses; the password is a bearer token where no username is said."""

    base_url: str = Field(pattern=r"^https?://[^/\s]+")
    timeout_s: float = Field(2.0, gt=0)
    wait_s: float | None = Field(None, gt=0, description=LINE)


MODBUS = ConnectionType(name="modbus", options=ModbusOptions)
MQTT = ConnectionType(name="mqtt", options=MqttOptions)
HTTP = ConnectionType(name="http", options=HttpOptions)


def modbus_link(
    options: ModbusOptions, defaults: ConnectionDefaults, *, context: DriverContext, clock: Clock
) -> ModbusLink:
    """The link of these options, one for each host and port or serial line of the site."""
    from energy_manager.adapters.devices.links import modbus  # noqa: PLC0415 - only sites with devices load links
    from energy_manager.adapters.devices.links.rests import Quarantine  # noqa: PLC0415

    over = options.over or ("serial" if options.device is not None else defaults.over)
    if over == "serial" and options.device is None:
        over = "rtu_over_tcp"
    baud = options.baud or defaults.baud or 9600
    timeout_s = options.timeout_s or defaults.timeout_s or DEFAULT_TIMEOUT_S
    pause_ms = options.pause_ms if options.pause_ms is not None else defaults.pause_ms or 0.0
    connect_pause_s = options.connect_pause_s if options.connect_pause_s is not None else defaults.connect_pause_s
    port = options.port or defaults.port or 502

    def make() -> modbus.ModbusLink:
        transport: modbus.SerialTransport | modbus.TcpTransport
        if over == "serial":
            device = str(options.device)
            transport = modbus.SerialTransport(device, baud=baud, parity=options.parity, stop_bits=options.stop_bits)
        else:
            transport = modbus.TcpTransport(str(options.host), port)
        framing = modbus.Mbap() if over == "tcp" else modbus.Rtu()
        client = modbus.ModbusClient(
            transport, framing, clock=clock, timeout_s=timeout_s, connect_pause_s=connect_pause_s or 0.0
        )
        first_s, longest_s = options.quarantine_s
        return modbus.ModbusLink(
            client,
            clock=clock,
            wait_s=options.wait_s or WAITS_SHARE * context.period_s,
            pause_s=pause_ms / 1000,
            quarantine=Quarantine(first_s=first_s, longest_s=longest_s),
        )

    key = ("modbus", options.device) if over == "serial" else ("modbus", options.host, port)
    return context.link(key, make)


def mqtt_link(options: MqttOptions, *, context: DriverContext, clock: Clock) -> MqttLink:
    """The link of these options, one for each broker of the site."""
    key = ("mqtt", options.host, options.port, options.username)
    return context.link(key, lambda: new_mqtt_link(options, clock=clock))


def new_mqtt_link(options: MqttOptions, *, clock: Clock, will: Message | None = None) -> MqttLink:
    """A link of its own with these options; raises ``Refused`` where the password is not where it should be."""
    import ssl  # noqa: PLC0415

    from energy_manager.adapters.devices.links.mqtt import MqttLink  # noqa: PLC0415

    return MqttLink(
        options.host,
        options.port,
        clock=clock,
        username=options.username,
        password=options.password,
        tls=ssl.create_default_context() if options.tls else None,
        will=will,
    )


def http_link(options: HttpOptions, *, context: DriverContext, clock: Clock) -> HttpLink:
    """The link of these options, one for each beginning of addresses of the site."""
    from energy_manager.adapters.devices.links.http import HttpLink  # noqa: PLC0415

    def make() -> HttpLink:
        password = options.password
        is_token = password is not None and options.username is None
        return HttpLink(
            options.base_url,
            clock=clock,
            wait_s=options.wait_s or WAITS_SHARE * context.period_s,
            timeout_s=options.timeout_s,
            headers={"Authorization": f"Bearer {password}"} if is_token else None,
            auth=None if options.username is None else (options.username, password or ""),
        )

    return context.link(("http", options.base_url, options.username), make)
