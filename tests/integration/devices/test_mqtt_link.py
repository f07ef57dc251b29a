"""An MQTT link against a real broker: what is retained is no measurement, and nothing is sent late."""

import socket
import ssl
import threading
import time

import pytest

from energy_manager.adapters.devices.links.errors import LinkDown
from energy_manager.adapters.devices.links.mqtt import MqttLink
from energy_manager.adapters.runtime.clocks import MonotonicClock
from tests.support.certificate import self_signed
from tests.support.mosquitto import Broker
from tests.support.waiting import eventually


@pytest.fixture
def broker():
    broker = Broker()
    try:
        broker.start()
        yield broker
    finally:
        broker.clean_up()


@pytest.fixture
def connect(broker):
    links = []

    def connect(*topics):
        link = MqttLink("127.0.0.1", broker.port, clock=MonotonicClock())
        links.append(link)
        for topic in topics:
            link.subscribe(topic)
        link.open()
        assert eventually(lambda: link.is_up)
        return link

    yield connect
    for link in links:
        link.close()


def test_a_message_is_heard_with_its_arrival(connect):
    hearing, speaking = connect("a/power"), connect()
    before_s = time.monotonic()

    def heard():
        speaking.publish("a/power", "-900")
        return hearing.live("a/power")

    assert eventually(heard)
    message = hearing.live("a/power")
    assert message.payload == b"-900"
    assert before_s <= message.arrived_at_s <= time.monotonic()
    assert hearing.newest("a/power").payload == b"-900"


def test_a_retained_message_is_a_state_of_unknown_age_and_never_a_measurement(connect):
    first = connect("a/power")
    assert eventually(lambda: first.publish("a/power", "5", retain=True) or first.live("a/power"))
    late = connect("a/power")
    assert eventually(lambda: late.newest("a/power"))
    assert late.newest("a/power").arrived_at_s is None
    assert late.live("a/power") is None


def test_a_topic_asked_for_later_is_heard_as_well(connect):
    hearing, speaking = connect(), connect()
    hearing.subscribe("b")
    assert eventually(lambda: speaking.publish("b", "1") or hearing.live("b"))


def test_messages_that_come_within_one_record_of_tls_are_all_heard(tmp_path):
    certificate, key = self_signed(tmp_path)
    topics = [f"a/{place}" for place in range(20)]
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve_one_record, args=(listener, certificate, key, topics), daemon=True).start()
    trusting = ssl.create_default_context(cafile=certificate)
    link = MqttLink("127.0.0.1", listener.getsockname()[1], clock=MonotonicClock(), tls=trusting)
    for topic in topics:
        link.subscribe(topic)
    link.open()
    try:
        assert eventually(lambda: link.is_up and all(link.newest(topic) for topic in topics), within_s=30)
    finally:
        link.close()
        listener.close()


def serve_one_record(listener, certificate, key, topics):
    """A broker of one connection, whose messages (MQTT 3.1.1, 3.3) come all at once, and then nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with context.wrap_socket(listener.accept()[0], server_side=True) as connection:
        connection.recv(1000)
        connection.sendall(b"\x20\x02\x00\x00")
        connection.recv(1000)
        connection.sendall(b"".join(b"\x30%c\x00%c%s1" % (len(t) + 3, len(t), t.encode()) for t in topics))
        while connection.recv(1000):
            pass


def test_while_the_broker_is_away_writes_fail_at_once_and_none_of_them_arrives_later(broker, connect):
    hearing, speaking = connect("target"), connect()
    assert eventually(lambda: speaking.publish("target", "0") or hearing.live("target"))
    broker.stop()
    assert eventually(lambda: not speaking.is_up and not hearing.is_up)
    for old in range(5):
        begun_s = time.monotonic()
        with pytest.raises(LinkDown, match="is away"):
            speaking.publish("target", f"old {old}")
        assert time.monotonic() - begun_s < 1
    with pytest.raises(LinkDown):
        hearing.live("target")
    broker.start()
    assert eventually(lambda: speaking.is_up and hearing.is_up, within_s=30)
    assert eventually(lambda: speaking.publish("target", "new") or hearing.live("target").payload == b"new")
    heard = set()
    for _ in range(20):
        heard.add(hearing.live("target").payload)
        time.sleep(0.01)
    assert heard == {b"new"}


def test_a_broker_that_is_not_there_is_away_and_said_to_be():
    link = MqttLink("127.0.0.1", 1, clock=MonotonicClock())
    link.subscribe("a")
    link.open()
    with pytest.raises(LinkDown, match=r"127\.0\.0\.1:1 is away"):
        link.publish("a", "1")
    link.close()
