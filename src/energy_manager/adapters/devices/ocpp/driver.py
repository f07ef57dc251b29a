"""The driver ``ocpp``: a charger that calls us, told the current that it may draw."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from importlib.util import find_spec
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from energy_manager.adapters.devices.driver import Connection, ConnectionType, DriverContext, DriverType
from energy_manager.adapters.devices.templated.connections import Secret
from energy_manager.adapters.devices.templated.device import TemplatedDevice
from energy_manager.adapters.devices.templated.driver import LinkClock
from energy_manager.adapters.devices.templated.options import as_text
from energy_manager.adapters.devices.templates.model import Identity, Obeys, Usage
from energy_manager.adapters.devices.templates.sources import ReadPoint, WriteStep
from energy_manager.adapters.options import Options
from energy_manager.adapters.runtime.service_loop import service_loop
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.site import AssetKind


class OcppListenerOptions(Secret):
    """Where chargers call: `ws://HOST:PORT/` followed by the charger's id. The username is the charger's id."""

    host: str = Field(min_length=1, description="the address to listen on, such as 0.0.0.0")
    port: int = Field(9000, ge=0, le=65535)

    @model_validator(mode="after")
    def _has_no_username(self) -> OcppListenerOptions:
        if self.username is not None:
            raise ValueError("a charger's username is its id; leave username out")
        return self


class ChargerOptions(Options):
    """A charger; `charger` is the id by which it calls, left out: the asset's own.

    It is told a current by a charging profile that runs out after `expires_s`, and is told again at a third of that.
    """

    charger: str | None = Field(None, min_length=1, description="the id that stands at the end of its address")
    connector: int = Field(1, ge=1)
    serial: Annotated[str, BeforeValidator(as_text)] | None = Field(
        None, min_length=1, description="of the charger that may be told"
    )
    phases: int = Field(3, ge=1, le=3)
    voltage_v: float = Field(230.0, gt=0, description="between phase and neutral")
    min_a: float = Field(6.0, ge=0, description="below it charging is paused; 6 A by IEC 61851")
    max_a: float = Field(16.0, gt=0, description="what the charger and its wiring bear")
    expires_s: float = Field(90.0, ge=15, description="after it the charger charges as it would without us")
    min_on_s: float = Field(0.0, ge=0, description="charging is not paused sooner than this")
    min_off_s: float = Field(0.0, ge=0, description="nor begun again")
    obeys_within_s: float = Field(30.0, ge=0, description="so long after a new target a car may take")
    tolerance_w: float | None = Field(None, ge=0, description="left out: 1 A on each phase")
    heartbeat_s: float = Field(10.0, ge=1, description="how often an idle charger is to give a sign of life")
    meter_s: float = Field(10.0, ge=1, description="how often it is to measure")
    timeout_s: float = Field(5.0, gt=0, description="how long an answer may take")
    id_tags: list[str] = Field([], description="the cards that may charge; left out: every card")

    @model_validator(mode="after")
    def _fits_together(self) -> ChargerOptions:
        if find_spec("ocpp") is None:
            raise ValueError("OCPP needs the package ocpp: pip install 'energy-manager[ocpp]'")
        if self.min_a > self.max_a:
            raise ValueError(f"min_a {self.min_a:g} is above max_a {self.max_a:g}")
        return self

    @property
    def most_w(self) -> float:
        """What it draws at its greatest current."""
        return self.max_a * self.voltage_v * self.phases

    @property
    def usage(self) -> Usage:
        """How such a charger is read and told, in the words of device templates."""
        from energy_manager.adapters.devices.ocpp.channel import ALLOW, RELEASE, SERIAL  # noqa: PLC0415

        tolerance_w = self.voltage_v * self.phases if self.tolerance_w is None else self.tolerance_w
        point = ReadPoint(topic="what it says")
        return Usage(
            kind=AssetKind.LOAD,
            control="current",
            read=dict.fromkeys(("load_w", "soc_percent", "stored_wh", "current_a", "rated_w"), point),
            identity=Identity(serial=ReadPoint(topic=SERIAL)),
            target=[WriteStep(topic=ALLOW, value="amps")],
            release=[WriteStep(topic=RELEASE, value=0)],
            expires_s=self.expires_s,
            min_on_s=self.min_on_s,
            min_off_s=self.min_off_s,
            voltage_v=self.voltage_v,
            phases=self.phases,
            min_a=self.min_a,
            max_a=self.max_a,
            obeys=Obeys(within_s=self.obeys_within_s, tolerance_w=tolerance_w),
        )


NO_LISTENER = Fault(
    field="connection", message='there must be a connection with driver = "ocpp", which says where chargers call'
)


def _faults(_: ChargerOptions, __: AssetKind | None, connection: Connection | None) -> Iterator[Fault]:
    if connection is None or not isinstance(connection.options, OcppListenerOptions):
        yield NO_LISTENER


def open_charger(options: ChargerOptions, context: DriverContext) -> TemplatedDevice:
    """The charger; the central system of its connection listens from now on.

    Raises:
        Refused: the asset names no connection of this type, the password is not where it should be, or the address
            cannot be had.
    """
    from energy_manager.adapters.devices.ocpp.central_system import LISTENERS, CentralSystem  # noqa: PLC0415
    from energy_manager.adapters.devices.ocpp.channel import OcppChannel  # noqa: PLC0415
    from energy_manager.adapters.devices.ocpp.charge_point import Charger, ChargerRules  # noqa: PLC0415

    listener = None if context.connection is None else context.connection.options
    if not isinstance(listener, OcppListenerOptions):
        raise Refused([NO_LISTENER])
    password = listener.password

    def make() -> CentralSystem:
        return CentralSystem(listener.host, listener.port, password=password, loop=service_loop())

    central = LISTENERS(("ocpp", listener.host, listener.port, password), make)
    rules = ChargerRules(**{rule.name: getattr(options, rule.name) for rule in fields(ChargerRules)})
    charger = Charger(id=options.charger or context.asset_id, rules=rules, now_s=context.now_s, memory=context.memory)
    return TemplatedDevice(
        context.asset_id,
        options.usage,
        OcppChannel(central, charger, most_w=options.most_w),
        kind=AssetKind.LOAD,
        clock=LinkClock(context.now_s),
        ratings=context.ratings,
        serial=options.serial,
    )


def _described(options: ChargerOptions) -> str:
    name = "" if options.charger is None else f"charger {options.charger}, "
    phases = "1 phase" if options.phases == 1 else f"{options.phases} phases"
    return f"{name}{options.min_a:g} to {options.max_a:g} A on {phases}, falls back after {options.expires_s:g} s"


def _described_listener(listener: OcppListenerOptions) -> str:
    has_password = listener.password is not None
    who = "with the password" if has_password else "without a password: whoever reaches it may call itself a charger"
    return f"chargers call ws://{listener.host}:{listener.port}/ and their id, {who}"


OCPP_LISTENER = ConnectionType(name="ocpp", options=OcppListenerOptions, describe=_described_listener)
OCPP = DriverType(
    name="ocpp",
    options=ChargerOptions,
    kinds=frozenset({"load"}),
    open=open_charger,
    unscheduled="release",
    describe=_described,
    least_w=lambda options: options.min_a * options.voltage_v * options.phases,
    faults=_faults,
)
