"""MQTT 3.1.1 byte by byte; paho, which others wrote, is the oracle for what is sent."""

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from energy_manager.adapters.devices.links.mqtt.packets import (
    Login,
    MalformedPacket,
    Message,
    Packet,
    Unpacking,
    subscription,
)


def login_of_paho(prepare):
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="me")
    prepare(client)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client.connect("127.0.0.1", listener.getsockname()[1], keepalive=10)
        with listener.accept()[0] as connection:
            connection.settimeout(5)
            return connection.recv(1 << 16)


def test_a_login_is_what_paho_sends():
    assert login_of_paho(lambda _: None) == Login("me").packet(keep_alive_s=10)

    def with_all(client):
        client.username_pw_set("löwe", "geheim")
        client.will_set("a/gone", "offline", retain=True)

    login = Login("me", "löwe", "geheim", Message("a/gone", "offline", retain=True))
    assert login_of_paho(with_all) == login.packet(keep_alive_s=10)


@pytest.mark.parametrize("length", [0, 1, 120, 127, 128, 16_383, 16_384, 2_097_152])
def test_a_message_of_any_length_is_found_again(length):
    message = Message("a/ü", b"x" * length, retain=True)
    [packet] = Unpacking(longest=1 << 22).packets(message.packet)
    assert packet.message() == message
    assert packet.first == 0x31


def test_a_message_and_a_subscription_are_those_of_the_specification():
    assert Message("a/b", "1").packet == bytes.fromhex("30 06 0003 612f62 31")
    assert subscription("a/b", 10) == bytes.fromhex("82 08 000a 0003 612f62 00")


messages = st.lists(
    st.builds(Message, st.text("abc/ü", min_size=1, max_size=9), st.binary(max_size=300), st.booleans()), max_size=6
)


@given(messages, st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_messages_that_come_in_any_pieces_are_all_found(sent, sizes):
    data, found, unpacking = b"".join(message.packet for message in sent), [], Unpacking(longest=1000)
    while data:
        size = sizes[len(found) % len(sizes)]
        found += [packet.message() for packet in unpacking.packets(data[:size])]
        data = data[size:]
    assert found == sent


@given(st.integers(1, 500))
def test_a_message_that_is_too_long_is_left_out_and_the_next_one_is_heard(size):
    data, found, unpacking = Message("a", b"x" * 2000).packet + Message("b", b"1").packet, [], Unpacking(longest=1000)
    for begin in range(0, len(data), size):
        found += [packet.message() for packet in unpacking.packets(data[begin : begin + size])]
    assert found == [Message("b", b"1")]


def test_a_message_that_was_sent_with_an_acknowledgement_is_read_without_its_number():
    assert Packet(0x32, bytes.fromhex("0001 61 0007 31")).message() == Message("a", b"1")


@pytest.mark.parametrize("body", ["", "00", "0005 61", "0001 61"])
def test_a_message_without_its_topic_is_malformed(body):
    with pytest.raises(MalformedPacket):
        Packet(0x32, bytes.fromhex(body)).message()


def test_what_is_no_mqtt_is_malformed():
    with pytest.raises(MalformedPacket, match="no MQTT"):
        list(Unpacking(longest=1000).packets(b"\x30\xff\xff\xff\xff\xff"))


def test_a_topic_that_is_too_long_is_refused():
    with pytest.raises(ValueError, match="65540 bytes in one text; 65535 are possible"):
        _ = Message("a" * 65540, "").packet
