"""One MQTT broker and the devices behind it: the last message of each topic, and publishing without a queue.

Messages go out with QoS 0, at once or not at all: a target that waits for a broker would arrive when it is old. Only
the link's own thread touches paho; a thousand lanes that publish at one tick would else wait for each other. paho's own
loop waits with ``select``, which knows no file descriptor above 1,023; so ``poll`` waits for its socket here.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from loguru import logger
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from energy_manager.adapters.devices.links.errors import Away
from energy_manager.adapters.devices.links.rests import BACK_OFF_S, Rests
from energy_manager.adapters.devices.links.users import Users
from energy_manager.adapters.failures import describe_failure
from energy_manager.adapters.threads import start_daemon
from energy_manager.application.ports.clock import Clock

KEEP_ALIVE_S = 10
"""A broker that is silent for one and a half times as long is gone (MQTT 3.1.1, 3.1.2.10)."""
CONNECT_TIMEOUT_S = 5.0
LARGEST_PAYLOAD = 1 << 20
_POLL_MS = 500
_MOST_READ_AT_ONCE = 200
"""Messages that are taken in before what is to go out has its turn again."""


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


@dataclass(frozen=True, slots=True)
class Message:
    """What is published; the broker keeps what is to be retained."""

    topic: str
    payload: str | bytes
    retain: bool = False


class _Wake:
    """Wakes the thread that polls; any number of rings before it listens are one."""

    def __init__(self) -> None:
        self._reader, self._writer = socket.socketpair()
        self._reader.settimeout(0.0)
        self._writer.settimeout(0.0)
        self._has_rung = False

    def fileno(self) -> int:
        return self._reader.fileno()

    def ring(self) -> None:
        if not self._has_rung:
            self._has_rung = True
            with contextlib.suppress(OSError):
                self._writer.send(b"\0")

    def hear(self) -> None:
        """Before looking what there is to do, so that no ring after the look is lost."""
        self._has_rung = False
        with contextlib.suppress(BlockingIOError):
            self._reader.recv(4096)

    def close(self) -> None:
        self._reader.close()
        self._writer.close()


def _nothing() -> int:
    """What a socket without TLS holds back."""
    return 0


class MqttLink:
    """The connection to one broker; ``open`` begins it, its thread keeps it.

    The broker publishes ``will`` for us when we are gone without a word.
    """

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
        self._outbox: deque[Message] = deque()
        self._wake: _Wake | None = None
        self._stop = threading.Event()
        self._topics: dict[str, _Topic] = {}
        self._unsubscribed: deque[str] = deque()
        self._heard = 0
        self._is_up = False
        self.connections = 0
        """How often the broker was connected."""
        self.users = Users(begin=self.open, end=self.close)
        self._why_down = "it has not been connected yet"
        self._client = paho.Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        self._client.connect_timeout = CONNECT_TIMEOUT_S
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message
        if username is not None:
            self._client.username_pw_set(username, password)
        if tls is not None:
            self._client.tls_set_context(tls)
        if will is not None:
            self._client.will_set(will.topic, will.payload, retain=will.retain)

    @property
    def peer(self) -> str:
        """The broker, as the operator writes it."""
        return f"{self._host}:{self._port}"

    @property
    def is_up(self) -> bool:
        """Whether the broker is there."""
        return self._is_up

    @property
    def rests_for_s(self) -> float:
        """When the broker is tried again at the earliest; 0 = it is there, or being tried."""
        return 0.0 if self._is_up else self._back_off.left_s(self._clock.now_s())

    def open(self) -> None:
        """Begin to connect, in a thread of its own."""
        self._stop = threading.Event()
        self._wake = _Wake()
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
        """
        self._check_up()
        self._outbox.append(Message(topic, payload, retain))
        self._ring()

    def close(self) -> None:
        """Hang up and end the thread."""
        self._is_up = False
        self._stop.set()
        self._ring()

    def _ring(self) -> None:
        if self._wake is not None:
            self._wake.ring()

    def _check_up(self) -> None:
        if not self._is_up:
            raise Away(f"the broker at {self.peer} is away: {self._why_down}")

    def _keep_connected(self, stop: threading.Event, wake: _Wake) -> None:
        while not stop.is_set():
            try:
                self._client.connect(self._host, self._port, keepalive=KEEP_ALIVE_S)
                self._carry(stop, wake)
            except OSError as error:
                self._why_down = error.strerror or describe_failure(error)
            except Exception as error:  # noqa: BLE001 - the link must outlive whatever a broker sends
                self._why_down = describe_failure(error)
                logger.error("the broker at {}: {}", self.peer, self._why_down)
            self._hang_up()
            self._back_off.failed(self._clock.now_s())
            stop.wait(self._back_off.left_s(self._clock.now_s()))
        wake.close()

    def _carry(self, stop: threading.Event, wake: _Wake) -> None:
        """Move bytes until the connection ends."""
        self._why_down = "it does not answer"
        connection = self._client.socket()
        if connection is None:
            return
        poll = select.poll()
        poll.register(wake.fileno(), select.POLLIN)
        while not stop.is_set():
            poll.register(connection, select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
            has_more = getattr(connection, "pending", _nothing)() > 0
            ready = dict(poll.poll(0 if has_more else _POLL_MS))
            wake.hear()
            codes = [self._client.loop_misc()]
            if has_more or connection.fileno() in ready:
                codes += [self._take_in(), self._client.loop_write()]
            if self._is_up:
                codes += self._hand_over()
            failed = [code for code in codes if code is not MQTTErrorCode.MQTT_ERR_SUCCESS]
            if failed:
                self._why_down = paho.error_string(failed[0])
                return
        self._client.disconnect()

    def _take_in(self) -> MQTTErrorCode:
        """Read the messages that have come: paho reads one packet a call."""
        for _ in range(_MOST_READ_AT_ONCE):
            heard_before = self._heard
            code = self._client.loop_read()
            if code is not MQTTErrorCode.MQTT_ERR_SUCCESS or self._heard == heard_before:
                break
        return code

    def _hand_over(self) -> list[MQTTErrorCode]:
        """Give paho what was asked for meanwhile."""
        codes = []
        while self._unsubscribed:
            codes.append(self._client.subscribe(self._unsubscribed.popleft(), qos=0)[0])
        while self._outbox:
            message = self._outbox.popleft()
            codes.append(self._client.publish(message.topic, message.payload, qos=0, retain=message.retain).rc)
        return codes

    def _hang_up(self) -> None:
        self._is_up = False
        connection = self._client.socket()
        if connection is not None:
            connection.close()

    def _on_connect(self, _client: object, _data: object, _flags: object, reason: object, _properties: object) -> None:
        """What was left over from the last connection is old now, and goes."""
        if getattr(reason, "is_failure", True):
            self._why_down = f"it refuses us: {reason}"
            return
        self._back_off.succeeded()
        self._outbox.clear()
        self._unsubscribed = deque(list(self._topics))
        self.connections += 1
        self._is_up = True

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self._heard += 1
        topic = self._topics.get(message.topic)
        if topic is None or len(message.payload) > LARGEST_PAYLOAD:
            return
        arrived_at_s = None if message.retain else self._clock.now_s()
        topic.newest = Heard(payload=bytes(message.payload), arrived_at_s=arrived_at_s)
        if arrived_at_s is not None:
            topic.live = topic.newest
        if topic.when_heard is not None:
            topic.when_heard(topic.newest)
