"""A device as its template describes it: read, begun, told, released; never told before it is known who it is."""

from __future__ import annotations

import math

from energy_manager.adapters.devices.driver import DeviceAbsent, Measurement
from energy_manager.adapters.devices.links.errors import LinkError
from energy_manager.adapters.devices.templated.channels.channel import Channel, Session
from energy_manager.adapters.devices.templated.control.orders import Orders
from energy_manager.adapters.devices.templated.control.ranges import limits_of, range_now, stored_wh
from energy_manager.adapters.devices.templated.control.values import NotControllable
from energy_manager.adapters.devices.templated.control.writing import Action, WriteBudget
from energy_manager.adapters.devices.templated.identity import WrongDevice, is_pinned
from energy_manager.adapters.devices.templated.known_points import KnownPoints
from energy_manager.adapters.devices.templates.model import Usage
from energy_manager.adapters.devices.templates.points import DELIVERS, delivered_w
from energy_manager.adapters.lanes.steps import Steps, complete
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.device_gateway import DeviceHealth
from energy_manager.domain.commissioning import Identity, PointReading
from energy_manager.domain.site import AssetKind, Ratings


class TemplatedDevice:
    """Calls to one device, in steps or blocking; a read and a write may overlap.

    Nothing is written before one good read, and to a pinned device only after its serial number was read, each time
    and on the connection that the write then takes. ``kind`` and ``ratings`` are the asset's. ``writes_a_day`` bounds
    what is written to registers that are stored.
    """

    def __init__(
        self,
        name: str,
        usage: Usage,
        channel: Channel,
        *,
        kind: AssetKind | None,
        clock: Clock,
        ratings: Ratings | None = None,
        serial: str | None = None,
        budget: WriteBudget | None = None,
    ) -> None:
        self._name = name
        self._usage = usage
        self._reads = {str(point): how for point, how in usage.read.items()}
        self._channel = channel
        self._kind = kind
        self._clock = clock
        self._ratings = Ratings() if ratings is None else ratings
        self._serial = serial
        self._points = KnownPoints(self._reads, asset=name)
        self._is_known = False
        self._newest_w: float | None = None
        self._budget = WriteBudget(None) if budget is None else budget
        self._orders = Orders(usage, self._ratings, clock=clock, budget=self._budget)

    @property
    def link(self) -> object:
        """What it shares with the other devices behind its link, on which they take turns."""
        return self._channel.link

    @property
    def disobeys(self) -> str | None:
        """What it was told and what it measures instead; None while it obeys."""
        return self._orders.disobeys

    def read(self) -> Measurement:
        """As ``reading``, on this thread."""
        return complete(self.reading())

    def write(self, setpoint_w: float | None) -> None:
        """As ``telling``, on this thread."""
        complete(self.telling(setpoint_w))

    def identity(self) -> Identity:
        """As ``identifying``, on this thread."""
        return complete(self.identifying())

    def reading(self) -> Steps[Measurement]:
        """Read what is due; with it who says so, where the device is pinned.

        Raises:
            WrongDevice: it is not the pinned one; ``readings`` show what it says, and nothing of it counts.
            LinkError: the device does not answer, or measures no power where it should.
        """
        now_s = self._clock.now_s()
        due = self._points.due(now_s)
        read_back = [step for step in self._usage.begin if step.read_back] if self._orders.are_begun else []
        pin = None if self._serial is None else self._usage.identity.serial
        snapshot = yield from self._channel.reading(due, read_back=read_back, serial=pin)
        self._points.take(due, snapshot.points, are_ours=pin is None or is_pinned(snapshot.serial, self._serial))
        if pin is not None:
            self._check_pin(snapshot.serial)
        self._points.note_missing(now_s)
        if snapshot.is_mode_lost:
            self._orders.begin_anew()
        measured = self._measured(now_s)
        self._is_known = True
        return measured

    def lead(self, mode: str) -> None:
        """What the next set-point means to a device that knows modes only; empty: what comes nearest to it."""
        self._orders.mode = mode

    def telling(self, setpoint_w: float | None) -> Steps[None]:
        """Tell the device what to deliver (W, − = take), or release it (None); what needs no writing is not written.

        Raises:
            LinkError: it was not told.
        """
        if not self._usage.target:
            return
        self._newest_w = setpoint_w
        if not self._is_known:
            yield from self.reading()
        if setpoint_w is not None and (reason := self.only_read_for) is not None:
            if self._orders.may_be_followed and not self.falls_back:  # who was led would keep its last target for ever
                self._newest_w = None
                yield from self._telling(None)
            raise NotControllable(f"it can be read only, for {reason}")
        yield from self._telling(setpoint_w)

    def _telling(self, setpoint_w: float | None) -> Steps[None]:
        orders = self._orders
        orders.note_connection(self._channel.connection)
        due = orders.due(setpoint_w)
        if due.action is Action.NOTHING:
            return
        session = yield from self._channel.writing()
        try:
            is_new = orders.note_connection((yield from session.connecting()))
            if is_new or self._newest_w is not setpoint_w:
                due = orders.due(self._newest_w)
            yield from self._identifying(session)
            yield from orders.performing(session, due)
        finally:
            session.end()

    def identifying(self) -> Steps[Identity]:
        """What the device says that it is; reads only.

        Raises:
            LinkError: it does not answer.
        """
        known = self._usage.identity
        serial = model = None
        session = yield from self._channel.writing()
        try:
            yield from session.connecting()
            if known.serial is not None:
                serial = yield from session.identifying(known.serial)
            if known.model is not None:
                model = yield from session.identifying(known.model)
        finally:
            session.end()
        return Identity(serial=serial, model=model, is_pinned_one=is_pinned(serial, self._serial))

    @property
    def falls_back_after_s(self) -> float | None:
        """The longest time after which the device runs by itself when nothing is written any more; None = never known.

        It is the device's own timer, begun anew by the last write.
        """
        return self._usage.expires_s

    @property
    def falls_back(self) -> bool:
        """Whether it runs by itself some time after the last write."""
        return self._usage.forgets

    @property
    def publishes(self) -> bool:
        """Whether it speaks when it likes."""
        return self._channel.publishes

    @property
    def cannot_write(self) -> str | None:
        """Which of the places that are to be written the device has not; None where it has all of them.

        Raises:
            LinkError: it cannot be asked.
        """
        steps = (*self._usage.begin, *self._usage.target, *self._usage.release)
        absent = [" or ".join(step.sunspec_points) for step in steps if self._channel.lacks(step)]
        return f"it has no {', '.join(dict.fromkeys(absent))}" if absent else None

    @property
    def only_read_for(self) -> str | None:
        """Why it cannot be controlled, by what was read last; None where it can."""
        if not self._usage.target:
            return "its template writes nothing"
        if not self._usage.needs:
            return None
        numbers = self._points.numbers(self._clock.now_s())
        missing = [name for name in self._usage.needs if numbers.get(name) is None]
        return f"it does not say {', '.join(missing)}" if missing else None

    def health(self) -> DeviceHealth:
        """What its points and its registers bear, and whether it can be controlled."""
        return DeviceHealth(
            missing=self._points.missing_seen,
            writes=self._budget.writes,
            refused_writes=self._budget.refused,
            writes_left=self._budget.left(now_s=self._clock.now_s()),
            only_read_for=self.only_read_for if self._is_known or not self._usage.target else None,
            falls_back=self.falls_back,
            falls_back_after_s=self.falls_back_after_s,
            rests_for_s=self._channel.rests_for_s,
        )

    def readings(self) -> tuple[PointReading, ...]:
        """The points of the last read with their ages."""
        return self._points.readings(self._clock.now_s())

    def close(self) -> None:
        """Use the link no more."""
        self._channel.close()

    def _identifying(self, session: Session) -> Steps[None]:
        """Before every write, for behind a gateway another unit may answer on the same connection.

        Raises:
            WrongDevice: it is not the pinned one; should that come back, it is read and begun again.
            LinkError: it does not say who it is.
        """
        if self._serial is None:
            return
        point = self._usage.identity.serial
        found = None
        if point is not None:
            found = yield from session.identifying(point)
        self._check_pin(found)

    def _check_pin(self, found: str | None) -> None:
        if is_pinned(found, self._serial):
            return
        self._is_known = False
        self._orders.begin_anew()
        if found is None and self._channel.publishes:
            raise NotHeard(f"{self._channel.peer} has not said its serial number yet")
        raise WrongDevice(f"{self._channel.peer} is {found or 'of no known serial number'}, not {self._serial}")

    def _measured(self, now_s: float) -> Measurement:
        numbers = self._points.numbers(now_s)
        powers = [name for name in DELIVERS if name in self._reads]
        power_w = delivered_w(numbers)
        if powers and power_w is None:
            if self._channel.publishes and all(math.isinf(self._points.taken_at_s(name)) for name in powers):
                raise NotHeard(f"{self._channel.peer} has not said {', '.join(powers)} yet")
            missing = [name for name in powers if numbers.get(name) is None]
            raise NoPower(f"{self._channel.peer} gives no value for {', '.join(missing)}")
        taken_at_s = min(map(self._points.taken_at_s, powers), default=now_s)
        orders = self._orders
        orders.limits = limits_of(numbers, self._ratings)
        orders.observe(power_w, numbers.get("on"), now_s)
        span = range_now(
            self._kind,
            numbers,
            power_w=power_w,
            unlimited_w=orders.unlimited_w,
            limits=orders.limits,
            ratings=self._ratings,
        )
        return Measurement(
            power_w=power_w,
            lowest_w=span.lowest_w,
            highest_w=span.highest_w,
            stored_wh=stored_wh(numbers, self._ratings),
            taken_at_s=taken_at_s,
            follows=orders.follows,
        )


class NoPower(LinkError):
    """The device answers, but what it delivers is missing."""

    code = "no_power"


class NotHeard(NoPower, DeviceAbsent):
    """The device has not said yet what it delivers; what a broker has kept of earlier times does not count."""

    code = "not_heard"
