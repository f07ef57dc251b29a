"""A charger of the tests: the ``ocpp`` package as the charge point, in a thread of its own, well or ill behaved."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from functools import cache

from ocpp.routing import on
from ocpp.v16 import ChargePoint as Base
from ocpp.v16 import call, call_result
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from energy_manager.adapters.runtime.service_loop import ServiceLoop


@cache
def loop():
    return ServiceLoop(name="chargers of the tests")


class Protocol(Base):
    """What it is told is kept; ``answer`` is what it says to profiles."""

    def __init__(self, charge_point, connection):
        super().__init__(charge_point.id, connection, response_timeout=20)
        self.of = charge_point

    @on("SetChargingProfile")
    async def on_profile(self, connector_id, cs_charging_profiles, **_):
        self.of.profiles.append((connector_id, cs_charging_profiles))
        purpose = cs_charging_profiles["charging_profile_purpose"]
        if self.of.is_hung:
            await asyncio.Event().wait()
        return call_result.SetChargingProfile(status="Rejected" if purpose in self.of.rejects else "Accepted")

    @on("ClearChargingProfile")
    def on_clear(self, **said):
        self.of.cleared.append(said)
        return call_result.ClearChargingProfile(status=self.of.clears)

    @on("ChangeConfiguration")
    def on_configuration(self, key, value):
        self.of.configuration[key] = value
        return call_result.ChangeConfiguration(status="Accepted")

    @on("TriggerMessage")
    def on_trigger(self, requested_message, **_):
        self.of.triggers.append(requested_message)
        return call_result.TriggerMessage(status="NotImplemented")


class ChargePoint:
    """Called from the test's thread; each method returns when the central system has answered."""

    def __init__(self, charger_id="car", *, port, password=None):
        self.id = charger_id
        self.url = f"ws://127.0.0.1:{port}/ocpp/{charger_id}"
        self.password = password
        self.profiles, self.cleared, self.triggers, self.configuration = [], [], [], {}
        self.rejects, self.clears, self.is_hung = set(), "Accepted", False

    def connect(self):
        headers = {}
        if self.password is not None:
            said = base64.b64encode(f"{self.id}:{self.password}".encode()).decode()
            headers["Authorization"] = f"Basic {said}"

        async def begin():
            self.socket = await connect(
                self.url, subprotocols=["ocpp1.6"], additional_headers=headers, ping_interval=None
            )
            self.protocol = Protocol(self, self.socket)
            self.serving = asyncio.get_running_loop().create_task(self._serve())

        loop().call(begin, deadline_s=20)
        return self

    async def _serve(self):
        try:
            await self.protocol.start()
        except ConnectionClosed:
            return

    def say(self, request):
        return loop().call(lambda: self.protocol.call(request, suppress=False), deadline_s=20)

    def send(self, text):
        loop().call(lambda: self.socket.send(text), deadline_s=20)

    def close(self):
        loop().call(self.socket.close, deadline_s=20)

    def boot(self, serial="S1"):
        return self.say(
            call.BootNotification(charge_point_model="M", charge_point_vendor="V", charge_point_serial_number=serial)
        )

    def status(self, status, connector_id=1):
        return self.say(call.StatusNotification(connector_id=connector_id, error_code="NoError", status=status))

    def start(self, id_tag="card", meter_start=0):
        now = datetime.now(UTC).isoformat()
        return self.say(call.StartTransaction(connector_id=1, id_tag=id_tag, meter_start=meter_start, timestamp=now))

    def stop(self, transaction_id):
        now = datetime.now(UTC).isoformat()
        return self.say(call.StopTransaction(meter_stop=10, timestamp=now, transaction_id=transaction_id))

    def measure(self, *, seconds_ago=0.0, connector_id=1, transaction_id=None, **values):
        """``measure(W=3600)``; other keys are whole sampled values."""
        stamp = (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat()
        sampled = [sampled_value(name, value) for name, value in values.items()]
        return self.say(
            call.MeterValues(
                connector_id=connector_id,
                transaction_id=transaction_id,
                meter_value=[{"timestamp": stamp, "sampled_value": sampled}],
            )
        )


NAMES = {
    "W": ("Power.Active.Import", "W"),
    "kW": ("Power.Active.Import", "kW"),
    "A": ("Current.Import", "A"),
    "Wh": ("Energy.Active.Import.Register", "Wh"),
    "soc": ("SoC", "Percent"),
}


def sampled_value(name, value):
    measurand, unit = NAMES[name]
    return {"value": str(value), "measurand": measurand, "unit": unit}
