"""One charger's connection: what it asks is answered, what it says is kept, and what it is told is waited for.

In the thread of the service loop. The protocol is that of the package ``ocpp``; its schemas are not asked about what a
charger says, for many chargers say a little more or less than they allow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import count
from typing import TypeVar

from loguru import logger
from ocpp.routing import on
from ocpp.v16 import call, call_result
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from energy_manager.adapters.devices.driver import DriverMemory
from energy_manager.adapters.devices.links.errors import ConnectionLost, DeviceRefused, MalformedAnswer, NoAnswer
from energy_manager.adapters.devices.ocpp.charger_state import ChargerState, Charging, StampClock
from energy_manager.adapters.devices.ocpp.conversation import Conversation
from energy_manager.adapters.devices.ocpp.meter_values import samples_of
from energy_manager.adapters.devices.ocpp.profiles import PROFILE_ID, Purpose, profile_of, purposes
from energy_manager.adapters.runtime.clocks import wall_clock
from energy_manager.domain.quantities import finite

MEASURANDS = "Power.Active.Import,Current.Import,SoC,Energy.Active.Import.Register"
FEWER_MEASURANDS = "Power.Active.Import,Energy.Active.Import.Register"

_transaction_ids = count(int(wall_clock().timestamp()) % 2**31)

Handler = TypeVar("Handler", bound=Callable[..., object])


def _answers(action: str) -> Callable[[Handler], Handler]:
    """Marks the method that answers this request; keys come in snake case, unchecked."""
    decorator: Callable[[Handler], Handler] = on(action, skip_schema_validation=True)
    return decorator


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargerRules:
    """What the site file says of a charger: see the driver's options."""

    connector: int = 1
    voltage_v: float = 230.0
    phases: int = 3
    expires_s: float = 60.0
    heartbeat_s: float = 10.0
    meter_s: float = 10.0
    timeout_s: float = 5.0
    id_tags: Collection[str] = ()


@dataclass(slots=True)
class Charger:
    """A charger that the site has, whether it is connected or not."""

    id: str
    rules: ChargerRules
    now_s: Callable[[], float]
    state: ChargerState = field(default_factory=ChargerState)
    connected: ConnectedCharger | None = None
    connections: int = 0
    memory: DriverMemory | None = None

    def __post_init__(self) -> None:
        kept = {} if self.memory is None else self.memory.recall() or {}
        number, start_wh = kept.get("transaction_id"), finite(kept.get("meter_start_wh"))
        if isinstance(number, int) and start_wh is not None:
            self.state.remember_from_before(Charging(transaction_id=number, meter_start_wh=start_wh))

    def note_start(self, charging: Charging) -> None:
        """A car began to charge; what it takes is counted from here on, after a restart of the product too."""
        self.state.note_start(charging)
        if self.memory is not None:
            self.memory.remember(asdict(charging))


class ConnectedCharger(Conversation):
    """A connection of a charger, from its begin to its end."""

    def __init__(self, charger: Charger, connection: ServerConnection) -> None:
        super().__init__(charger.id, connection, timeout_s=charger.rules.timeout_s)
        self._charger = charger
        self._rules = charger.rules
        self._stamps = StampClock()
        self._refused: list[Purpose] = []

    async def serve(self) -> None:
        """Until the charger hangs up, or is hung up on."""
        asking = asyncio.get_running_loop().create_task(self._ask_for_samples())
        try:
            async for message in self._connection:
                self._charger.state.heard_at_s = self._charger.now_s()
                await self.take(message)
        except ConnectionClosed:
            return
        finally:
            asking.cancel()

    async def hang_up(self) -> None:
        """End the connection."""
        await self._connection.close(1000, "a newer connection of the same charge point")

    async def sign_of_life(self) -> None:
        """Wait for the answer to a ping.

        Raises:
            ConnectionLost: the connection has ended.
        """
        try:
            await (await self._connection.ping())
        except ConnectionClosed as error:
            raise ConnectionLost(f"charger {self.id}: {error}") from None
        self._charger.state.heard_at_s = self._charger.now_s()

    # What the charger is told.

    async def allow(self, amps: float) -> None:
        """Let it draw so many amperes a phase until the profile has run out; 0 pauses it.

        Raises:
            LinkError: it has not accepted that.
        """
        transaction_id = self._charger.state.transaction_id
        answer = "nothing"
        for purpose in purposes(transaction_id, self._refused):
            profile = profile_of(
                amps,
                purpose=purpose,
                phases=self._rules.phases,
                now=wall_clock(),
                expires_s=self._rules.expires_s,
                transaction_id=transaction_id,
            )
            answer = await self.ask(
                call.SetChargingProfile(connector_id=self._rules.connector, cs_charging_profiles=profile)
            )
            if answer == "Accepted":
                return
            self._refused.append(purpose)
        raise DeviceRefused(f"charger {self.id} answers {answer} to a charging profile of {amps:g} A")

    async def release(self) -> None:
        """Let it charge as it would without us; that it knows no profile is as good.

        Raises:
            LinkError: it has not answered, or answered neither.
        """
        answer = await self.ask(call.ClearChargingProfile(id=PROFILE_ID))
        if answer not in {"Accepted", "Unknown"}:
            raise DeviceRefused(f"charger {self.id} answers {answer} to the end of its charging profile")

    async def ask_for_sample(self) -> None:
        """Have it sample now; one that cannot does so when it likes."""
        await self.ask(call.TriggerMessage(requested_message="MeterValues", connector_id=self._rules.connector))

    async def identify(self) -> str | None:
        """Its serial number; asked for where it has not said one on this connection."""
        if self._charger.state.serial is None:
            await self.ask(call.TriggerMessage(requested_message="BootNotification"))
            await asyncio.sleep(min(1.0, self._rules.timeout_s / 2))
        return self._charger.state.serial

    async def _ask_for_samples(self) -> None:
        """Have it sample often enough; a charger that refuses goes on as it was set up."""
        try:
            interval = str(round(self._rules.meter_s))
            await self.ask(call.ChangeConfiguration(key="MeterValueSampleInterval", value=interval))
            for wanted in (MEASURANDS, FEWER_MEASURANDS):
                if await self.ask(call.ChangeConfiguration(key="MeterValuesSampledData", value=wanted)) != "Rejected":
                    break
            await self.ask(
                call.TriggerMessage(requested_message="StatusNotification", connector_id=self._rules.connector)
            )
        except (NoAnswer, ConnectionLost, MalformedAnswer, DeviceRefused) as error:
            logger.debug("charger {}: its sampling is as it was set up: {}", self.id, error)

    # What the charger asks and says.

    @_answers("BootNotification")
    def _boot(self, **said: object) -> object:
        """Accepted; the interval makes it give signs of life often enough to be believed while it is idle."""
        state = self._charger.state
        state.serial = _text(said.get("charge_point_serial_number")) or _text(said.get("charge_box_serial_number"))
        state.model = _text(said.get("charge_point_model"))
        return call_result.BootNotification(
            current_time=_time_text(wall_clock()), interval=round(self._rules.heartbeat_s), status="Accepted"
        )

    @_answers("Heartbeat")
    def _heartbeat(self, **_: object) -> object:
        return call_result.Heartbeat(current_time=_time_text(wall_clock()))

    @_answers("Authorize")
    def _authorize(self, id_tag: object = None, **_: object) -> object:
        return call_result.Authorize(id_tag_info=self._judge(id_tag))

    @_answers("StartTransaction")
    def _start(
        self, connector_id: object = None, id_tag: object = None, meter_start: object = None, **_: object
    ) -> object:
        """One is numbered whatever we think of it (OCPP 1.6, section 4.8): it may have begun offline."""
        transaction_id = next(_transaction_ids)
        if self._is_ours(connector_id):
            meter_start_wh = finite(meter_start)
            self._charger.state.transaction_id = transaction_id
            if meter_start_wh is not None:
                self._charger.note_start(Charging(transaction_id=transaction_id, meter_start_wh=meter_start_wh))
        return call_result.StartTransaction(transaction_id=transaction_id, id_tag_info=self._judge(id_tag))

    @_answers("StopTransaction")
    def _stop(self, transaction_id: object = None, transaction_data: object = None, **_: object) -> object:
        self._note_samples(transaction_data)
        if self._charger.state.transaction_id == transaction_id:
            self._charger.state.transaction_id = None
        return call_result.StopTransaction()

    @_answers("StatusNotification")
    def _status(self, connector_id: object = None, status: object = None, **_: object) -> object:
        is_broken_as_a_whole = connector_id == 0 and status in {"Faulted", "Unavailable"}
        if isinstance(status, str) and (self._is_ours(connector_id) or is_broken_as_a_whole):
            self._charger.state.note_status(status, at_s=self._charger.now_s())
        return call_result.StatusNotification()

    @_answers("MeterValues")
    def _meter_values(
        self, connector_id: object = None, meter_value: object = None, transaction_id: object = None, **_: object
    ) -> object:
        if self._is_ours(connector_id):
            if isinstance(transaction_id, int) and transaction_id > 0:
                self._charger.state.note_transaction(transaction_id)
            self._note_samples(meter_value)
        return call_result.MeterValues()

    @_answers("DataTransfer")
    def _data_transfer(self, **_: object) -> object:
        return call_result.DataTransfer(status="UnknownVendorId")

    @_answers("FirmwareStatusNotification")
    def _firmware(self, **_: object) -> object:
        return call_result.FirmwareStatusNotification()

    @_answers("DiagnosticsStatusNotification")
    def _diagnostics(self, **_: object) -> object:
        return call_result.DiagnosticsStatusNotification()

    def _note_samples(self, meter_values: object) -> None:
        now_s, now = self._charger.now_s(), wall_clock()
        for sample in samples_of(meter_values, voltage_v=self._rules.voltage_v, phases=self._rules.phases):
            age_s = self._stamps.age_s(sample.stamp, now)
            self._charger.state.note_sample(sample, at_s=now_s - age_s)

    def _is_ours(self, connector_id: object) -> bool:
        return connector_id == self._rules.connector

    def _judge(self, id_tag: object) -> dict[str, str]:
        is_known = not self._rules.id_tags or id_tag in self._rules.id_tags
        return {"status": "Accepted" if is_known else "Invalid"}


def _text(said: object) -> str | None:
    return said if isinstance(said, str) and said else None


def _time_text(instant: datetime) -> str:
    return instant.replace(microsecond=0).isoformat().replace("+00:00", "Z")
