"""A charger as a device of one usage: read from what it has said, written by charging profiles."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial

from energy_manager.adapters.devices.links.errors import Away, LinkError
from energy_manager.adapters.devices.ocpp.central_system import CentralSystem
from energy_manager.adapters.devices.ocpp.charge_point import Charger, ConnectedCharger
from energy_manager.adapters.devices.templated.channels.channel import DirectChannel, Session, Snapshot
from energy_manager.adapters.devices.templated.channels.decoding import PointValue
from energy_manager.adapters.devices.templated.control.values import Written
from energy_manager.adapters.devices.templates.sources import ReadPoint, WriteStep
from energy_manager.adapters.lanes.steps import Blocking, Steps

ALLOW, RELEASE, SERIAL = "charging profile", "no charging profile", "serial number"
"""The places of what is written and read."""


class OcppChannel(DirectChannel):
    """One charger of a central system."""

    publishes = True
    link = None  # chargers have connections of their own, and answer when they like
    rests_for_s = 0.0  # a charger calls us

    def __init__(self, central: CentralSystem, charger: Charger, *, most_w: float) -> None:
        self._central = central
        self._most_w = most_w
        super().__init__(central.users)
        self._charger = central.charger(charger)

    @property
    def peer(self) -> str:
        return f"charger {self._charger.id}"

    @property
    def connection(self) -> int:
        return self._charger.connections

    def reading(
        self,
        points: Mapping[str, ReadPoint],
        *,
        read_back: Collection[WriteStep],  # noqa: ARG002
        serial: ReadPoint | None,
    ) -> Steps[Snapshot]:
        if self._charger.connected is None:
            raise Away(f"{self.peer} is not connected")
        yield Blocking(self._freshen)
        state = self._charger.state
        can_draw_w = self._most_w if state.can_charge else 0.0
        known = {
            "load_w": state.power,
            "rated_w": PointValue(value=can_draw_w, taken_at_s=state.status_at_s),
        }
        # Few chargers say these; what one has never said is not missing.
        has_said_soc = state.has_car and state.soc_percent.value is not None
        others = {
            "soc_percent": state.soc_percent,
            "current_a": state.current_a,
            "stored_wh": PointValue(value=None, taken_at_s=0.0) if has_said_soc else state.taken_wh,
        }
        known |= {name: found for name, found in others.items() if found.value is not None}
        said = None
        if serial is not None:
            said = yield Blocking(self._identified)
        return Snapshot(points={name: known[name] for name in points if name in known}, serial=said)

    def _freshen(self) -> None:
        """Have a sign of life of an idle charger, a sample of one that charges, where there was none for long."""
        charger, rules = self._charger, self._charger.rules
        now_s, state = charger.now_s(), charger.state
        if state.is_idle and now_s - state.heard_at_s > rules.heartbeat_s:
            self._central.ask(charger, ConnectedCharger.sign_of_life, deadline_s=rules.timeout_s)
        if not state.is_idle and now_s - state.load_w.taken_at_s > 1.5 * rules.meter_s:
            self._central.ask_without_waiting(charger, ConnectedCharger.ask_for_sample)

    def writing(self) -> Steps[Session]:
        if self._charger.connected is None:
            raise Away(f"{self.peer} is not connected")
        return super().writing()

    def _identified(self) -> str | None:
        """The serial number of the charger; it is asked where it has not said one on this connection.

        Raises:
            LinkError: it has not answered.
        """
        charger = self._charger
        if charger.state.serial is not None:
            return charger.state.serial
        return self._central.ask(charger, ConnectedCharger.identify, deadline_s=2 * charger.rules.timeout_s)

    def identifying(self, point: ReadPoint) -> Steps[str | None]:
        if point.topic != SERIAL:
            return None
        said: str | None = yield Blocking(self._identified)
        return said

    def performing(self, step: WriteStep, value: Written) -> Steps[None]:
        yield Blocking(partial(self._perform, step, value))

    def _perform(self, step: WriteStep, value: Written) -> None:
        timeout_s = self._charger.rules.timeout_s
        if step.topic == RELEASE:
            self._central.ask(self._charger, ConnectedCharger.release, deadline_s=timeout_s)
            return
        if isinstance(value, str):
            raise LinkError(f"{value!r} is no number of amperes")
        self._central.ask(self._charger, lambda connected: connected.allow(float(value)), deadline_s=2 * timeout_s)
