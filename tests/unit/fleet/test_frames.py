"""The server's frames come in pieces that end anywhere."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nats.errors import BadSubjectError, ProtocolError

from energy_manager.adapters.fleet.nats.client import Arrived, LeanClient, Publication

FRAMES = st.lists(
    st.one_of(
        st.tuples(st.just("message"), st.binary(max_size=40), st.sampled_from(["", "em.reply.1"])),
        st.tuples(st.just("headers"), st.binary(max_size=10), st.sampled_from(["", "em.reply.1"])),
        st.just(("pong", b"", "")),
        st.just(("ok", b"", "")),
    ),
    max_size=8,
)
STATUS = b"NATS/1.0 503\r\n\r\n"


def bytes_of(kind, body, reply):
    answered = f"{reply} " if reply else ""
    if kind == "message":
        return f"MSG em.a 1 {answered}{len(body)}\r\n".encode() + body + b"\r\n"
    if kind == "headers":
        return f"HMSG em.b 2 {answered}{len(STATUS)} {len(STATUS) + len(body)}\r\n".encode() + STATUS + body + b"\r\n"
    return {"pong": b"PONG\r\n", "ok": b"+OK\r\n"}[kind]


def message_of(kind, body, _):
    return Arrived("em.a", body) if kind == "message" else Arrived("em.b", body, STATUS)


@given(frames=FRAMES, cuts=st.lists(st.integers(0, 400), max_size=6))
async def test_wherever_the_pieces_end_each_message_arrives_once_and_in_order(frames, cuts):
    arrived = []
    client = LeanClient(arrived.append)
    stream = b"".join(bytes_of(*frame) for frame in frames)
    ends = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for begins, until in pairwise(ends):
        await client.frames.parse(stream[begins:until])
    assert arrived == [message_of(*frame) for frame in frames if frame[0] in {"message", "headers"}]


async def test_a_message_without_its_size_is_a_protocol_error():
    with pytest.raises(ProtocolError):
        await LeanClient(print).frames.parse(b"MSG em.a 1 x\r\n")


async def test_a_subject_with_a_blank_is_not_sent():
    with pytest.raises(BadSubjectError):
        await LeanClient(print).publish_all([Publication("em.a 7\r\n", b"")])
