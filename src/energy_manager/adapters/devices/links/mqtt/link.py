"""One MQTT broker and the devices behind it: the last message of each topic, and publishing without a queue.

Messages go out with QoS 0, at once or not at all: a target that waits for a broker would arrive when it is old. Only
the link's own thread touches the connection, and sends all that is there with one call: with a call a message it gave
the interpreter away a thousand times a tick, to a lane that kept it for 5 ms (ADR 52).
"""

from __future__ import annotations

import select
import ssl
import threading
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from loguru import logger

from energy_manager.adapters.devices.links.errors import Away
from energy_manager.adapters.devices.links.mqtt.connection import BrokerConnection
from energy_manager.adapters.devices.links.mqtt.packets import (
    CONNACK,
    GOODBYE,
    PING,
    PUBLISH,
    REASONS,
    REFUSED,
    SUBACK,
    Login,
    Message,
    Packet,
    Unpacking,
    subscription,
)
from energy_manager.adapters.devices.links.rests import BACK_OFF_S, Rests
from energy_manager.adapters.devices.links.users import Users
from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.lanes.wake_signal import WakeSignal
from energy_manager.adapters.runtime.threads import start_daemon
from energy_manager.application.ports.clock import Clock

KEEP_ALIVE_S = 10
"""How long the broker hears nothing of us at most; at one and a half times as long we are gone (3.1.2.10)."""
SILENCE_S = 1.5 * KEEP_ALIVE_S
"""A broker that has not answered for so long is gone for us as well."""
_PING_EVERY_S = KEEP_ALIVE_S / 2
LARGEST_PAYLOAD = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A message; ``arrived_at_s`` None = the broker retained it, its age is unknown: a state, never a measurement."""

    payload: bytes
    arrived_at_s: float | None


@dataclass(slots=True)
class _Topic:
    when_heard: Callable[[Heard], object] | None = None
    live: Heard | None = None
    newest: Heard | None = None


class MqttLink:
    """The connection to one broker; ``open`` begins it, its thread keeps it.

    The broker publishes ``will`` for us when we are gone without a word.
    """

    never_waits = True
    """Reads look up what was heard, writes hand over to the link's thread."""

    def __init__(
        self,
        host: str,
        port: int = 1883,
        *,
        clock: Clock,
        username: str | None = None,
        password: str | None = None,
        tls: ssl.SSLContext | None = None,
        will: Message | None = None,
    ) -> None:
        self._host, self._port = host, port
        self._clock = clock
        self._back_off = Rests(BACK_OFF_S)
        self._outbox: deque[bytes] = deque()
        self._wake: WakeSignal | None = None
        self._stop = threading.Event()
        self._topics: dict[str, _Topic] = {}
        self._unsubscribed: deque[str] = deque()
        self._asked = 0
        self._asked_topics: dict[int, str] = {}
        self.is_up = False
        """Whether the broker is there."""
        self.connections = 0
        """How often the broker was connected."""
        self.users = Users(begin=self.open, end=self.close)
        self._why_down = "it has not been connected yet"
        self._tls = tls
        self._login = Login(f"em{uuid.uuid4().hex[:16]}", username, password, will)

    @property
    def peer(self) -> str:
        """The broker, as the operator writes it."""
        return f"{self._host}:{self._port}"

    @property
    def rests_for_s(self) -> float:
        """When the broker is tried again at the earliest; 0 = it is there, or being tried."""
        return 0.0 if self.is_up else self._back_off.left_s(self._clock.now_s())

    def open(self) -> None:
        """Begin to connect, in a thread of its own."""
        self._stop = threading.Event()
        self._wake = WakeSignal()
        start_daemon(partial(self._keep_connected, self._stop, self._wake), name=f"mqtt {self.peer}")

    def subscribe(self, topic: str, when_heard: Callable[[Heard], object] | None = None) -> None:
        """Listen to a topic, now and after each reconnect.

        ``when_heard`` is told each message in the link's thread: it returns at once and raises nothing.
        """
        if topic not in self._topics:
            self._topics[topic] = _Topic(when_heard)
            self._unsubscribed.append(topic)
            self._ring()

    def live(self, topic: str) -> Heard | None:
        """The last message that was published while this link listened.

        Raises:
            Away: the broker is away.
        """
        self._check_up()
        return self._topics[topic].live

    def newest(self, topic: str) -> Heard | None:
        """The last message, retained or not.

        Raises:
            Away: the broker is away.
        """
        self._check_up()
        return self._topics[topic].newest

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        """Hand a message to the broker, at once.

        Raises:
            Away: the broker is away; the message is not kept.
            ValueError: the topic has more than 65,535 bytes.
        """
        self._check_up()
        self._outbox.append(Message(topic, payload, retain).packet)
        self._ring()

    def close(self) -> None:
        """Hang up and end the thread."""
        self.is_up = False
        self._stop.set()
        self._ring()

    def _ring(self) -> None:
        if self._wake is not None:
            self._wake.ring()

    def _check_up(self) -> None:
        if not self.is_up:
            raise Away(f"the broker at {self.peer} is away: {self._why_down}")

    def _keep_connected(self, stop: threading.Event, wake: WakeSignal) -> None:
        while not stop.is_set():
            try:
                connection = BrokerConnection(self._host, self._port, tls=self._tls)
                with connection.socket:
                    self._carry(connection, stop, wake)
            except OSError as error:
                self._why_down = error.strerror or describe_failure(error)
            except Exception as error:  # noqa: BLE001 - the link must outlive whatever a broker sends
                self._why_down = describe_failure(error)
                logger.error("the broker at {}: {}", self.peer, self._why_down)
            self.is_up = False
            self._back_off.failed(self._clock.now_s())
            stop.wait(self._back_off.left_s(self._clock.now_s()))
        wake.close()

    def _carry(self, connection: BrokerConnection, stop: threading.Event, wake: WakeSignal) -> None:
        """Move bytes until the connection ends; what was asked for until then still goes."""
        self._why_down = "it does not answer"
        earlier = self.connections
        unpacking = Unpacking(longest=LARGEST_PAYLOAD)
        poll = select.poll()
        poll.register(wake.fileno(), select.POLLIN)
        connection.send(self._login.packet(keep_alive_s=KEEP_ALIVE_S))
        heard_at_s = pinged_at_s = self._clock.now_s()
        while not stop.is_set():
            poll.register(connection.socket, select.POLLIN | (select.POLLOUT if connection.wants_to_send else 0))
            poll.poll(0 if connection.holds_back else 1000 * _PING_EVERY_S)
            wake.hear()
            now_s = self._clock.now_s()
            received = connection.receive()
            if received is not None:
                heard_at_s = now_s
                for packet in unpacking.packets(received):
                    self._take_in(packet, now_s)
            elif now_s - heard_at_s > SILENCE_S:
                return
            sent = self._to_send()
            if now_s - pinged_at_s >= _PING_EVERY_S:
                pinged_at_s, sent = now_s, sent + PING
            connection.send(sent)
        connection.send((b"".join(self._outbox) if self.connections > earlier else b"") + GOODBYE)

    def _to_send(self) -> bytes:
        """All that was asked for meanwhile."""
        packets = []
        while self.is_up and self._unsubscribed:
            self._asked = self._asked % 0xFFFF + 1
            topic = self._asked_topics[self._asked] = self._unsubscribed.popleft()
            packets.append(subscription(topic, self._asked))
        while self.is_up and self._outbox:
            packets.append(self._outbox.popleft())
        return b"".join(packets)

    def _take_in(self, packet: Packet, now_s: float) -> None:
        if packet.kind == PUBLISH:
            self._hear(packet.message(), now_s)
        elif packet.kind == SUBACK:
            topic = self._asked_topics.pop(int.from_bytes(packet.body[:2], "big"), None)
            if REFUSED in packet.body[2:]:
                logger.warning("the broker at {} does not let us listen to {}", self.peer, topic)
        elif packet.kind == CONNACK:
            self._connected(packet.body[-1] if packet.body else 0)

    def _connected(self, code: int) -> None:
        """What was left over from the last connection is old now, and goes.

        Raises:
            ConnectionRefusedError: the broker does not want us.
        """
        if code:
            raise ConnectionRefusedError(f"it refuses us: {REASONS.get(code, f'reason {code}')}")
        self._back_off.succeeded()
        self._outbox.clear()
        self._asked_topics.clear()
        self._unsubscribed = deque(list(self._topics))
        self.connections += 1
        self.is_up = True

    def _hear(self, message: Message, now_s: float) -> None:
        topic, payload = self._topics.get(message.topic), message.payload
        if topic is None or isinstance(payload, str):
            return
        topic.newest = Heard(payload=payload, arrived_at_s=None if message.retain else now_s)
        if not message.retain:
            topic.live = topic.newest
        if topic.when_heard is not None:
            topic.when_heard(topic.newest)
