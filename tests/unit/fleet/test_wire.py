"""What a message looks like on the bus, and what is none."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.fleet.fields import Unreadable
from energy_manager.adapters.fleet.wire import decode_down, decode_up, encode
from energy_manager.application.ports.fleet.fleet_bus import SiteState
from energy_manager.domain.fleet import Order, Room

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ORDER = Order(id="a-1", epoch=2, site="north", deliver_kw=-40, start=NOON, until=NOON.replace(hour=13), reason="peak")
STATE = {
    "at": NOON.isoformat(), "tick": None, "deliver_kw": 1, "import_kw": None, "up_kw": 4, "down_kw": -5,
    "up_eur_per_mwh": None, "down_eur_per_mwh": 2.5, "on_time": True, "alarms": 0, "alarm": "", "orders": [],
}  # fmt: skip
PLAIN = STATE | {"tick": 7, "deliver_kw": 1.0, "down_kw": 5}


def test_an_order_is_plain_json_below_its_sites_name():
    subject, body = encode(ORDER)
    assert subject == "em.v1.site.north.down.order"
    assert json.loads(body) == {
        "id": "a-1", "epoch": 2, "deliver_kw": -40, "from": "2026-03-02T12:00:00+00:00",
        "until": "2026-03-02T13:00:00+00:00", "reason": "peak",
    }  # fmt: skip


def test_whose_a_message_is_comes_from_its_subject():
    body = json.dumps({"order": "a-1", "accepted": True, "reason": "", "site": "south"}).encode()
    assert decode_up("em.v1.site.north.up.answer", body).site == "north"


POWER_KW = st.floats(-1e9, 1e9)
PRICE = st.none() | st.floats(-1e6, 1e6)
STATES = st.builds(
    SiteState, site=st.just("north"), at=st.datetimes(timezones=st.just(UTC)), deliver_kw=st.none() | POWER_KW,
    import_kw=st.none() | POWER_KW, tick=st.none() | st.integers(0, 2**63 - 1), is_on_time=st.booleans(),
    alarms=st.integers(0, 10**6), acknowledged=st.integers(0, 10**6), alarm=st.text("pumpü", max_size=9),
    orders=st.lists(st.from_regex("[a-z][0-9-]{1,4}", fullmatch=True), max_size=3).map(tuple),
    room=st.builds(
        Room, up_kw=st.integers(0, 10**9), down_kw=st.integers(0, 10**9), up_eur_per_mwh=PRICE, down_eur_per_mwh=PRICE
    ),
)  # fmt: skip


@given(STATES)
def test_a_state_is_read_as_it_was_told(state):
    assert decode_up(*encode(state)) == state


@pytest.mark.parametrize("at", ["2026-03-02T13:00:00+01:00", "2026-03-02T12:00:00Z", "20260302T120000+00:00"])
def test_times_are_read_in_every_zone_and_form(at):
    told = STATE | {"at": at, "tick": 1, "deliver_kw": 0.0, "down_kw": 0}
    assert decode_up("em.v1.site.north.up.state", json.dumps(told).encode()).at == NOON


def test_room_is_never_below_0():
    assert decode_up("em.v1.site.north.up.state", json.dumps(STATE).encode()).room.down_kw == 0


@pytest.mark.parametrize(
    "subject",
    ["em.v1.site.north.up.answer", "em.v1.site..down.order", "em.v1.site.a.b.down.order", "x", "em.v1.site.n.down.x"],
)
def test_what_is_no_subject_of_the_centres_is_refused(subject):
    with pytest.raises(Unreadable, match="no subject"):
        decode_down(subject, b"{}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"epoch": 0}, "epoch: 0 is not at least 1"),
        ({"epoch": True}, "epoch is true"),
        ({"deliver_kw": 1.5}, "deliver_kw is 1.5"),
        ({"deliver_kw": 2**70}, "deliver_kw is"),
        ({"id": "x" * 2000}, "id has 2000 characters"),
        ({"from": "2026-03-02T12:00:00"}, "from has no time zone"),
        ({"until": "noon"}, "until is 'noon', no time"),
        ({"until": "9999-12-31T23:59:59-23:59"}, "until is '9999-12-31T23:59:59-23:59', no time"),
        ({"until": NOON.isoformat()}, "is not after"),
        ({"reason": None}, "reason is null"),
    ],
)
def test_an_order_that_cannot_be_is_refused_with_its_field(change, said):
    body = json.loads(encode(ORDER).body) | change
    with pytest.raises(Unreadable, match=said):
        decode_down("em.v1.site.north.down.order", json.dumps(body).encode())


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"7", b'{"a":' + b"[" * 100_000, b'{"deliver_kw": NaN}'])
def test_what_is_no_json_object_is_refused(body):
    with pytest.raises(Unreadable):
        decode_up("em.v1.site.north.up.state", body)


@pytest.mark.parametrize(
    "change",
    [
        {"deliver_kw": float("nan")},
        {"deliver_kw": float("inf")},
        {"deliver_kw": 10**400},
        {"import_kw": 1e300},
        {"up_kw": 10**10},
        {"up_eur_per_mwh": 1e9},
        {"alarms": -1},
        {"orders": ["x"] * 2000},
        {"orders": [{"id": "a-1"}]},
        {"orders": ["a 1"]},
        {"tick": "1"},
        {"tick": 2**63},
        {"at": "noon"},
        {"at": "2026-13-02T12:00:00+00:00"},
        {"at": "2026-03-02T12:00:00"},
        {"alarm": "x" * 2000},
        {"alarm": None},
        {"on_time": 1},
        {"up_kw": True},
        {"orders": None},
    ],
)
def test_a_state_with_values_that_cannot_be_is_refused(change):
    with pytest.raises(Unreadable):
        decode_up("em.v1.site.north.up.state", json.dumps(STATE | change).encode())
    with pytest.raises(Unreadable):
        decode_up("em.v1.site.north.up.state", json.dumps(PLAIN | change).encode())


@pytest.mark.parametrize("text", ["\0", "\ud800", "half \udfff"])
def test_text_that_no_database_keeps_is_refused_wherever_it_stands(text):
    report = {"sequence": 1, "at": NOON.isoformat(), "body": {"why": [text]}}
    body = {"store": "s", "stream": "events", "reports": [report]}
    with pytest.raises(Unreadable, match="a character that is none"):
        decode_up("em.v1.site.north.up.report", json.dumps(body).encode())
    with pytest.raises(Unreadable, match="a character that is none"):
        decode_up("em.v1.site.north.up.report", json.dumps({text: 1}).encode())


def test_text_of_every_language_is_read():
    body = json.dumps({"order": "a-1", "accepted": False, "reason": "Überlast – 過負荷"}).encode()
    assert decode_up("em.v1.site.north.up.answer", body).reason == "Überlast – 過負荷"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"store": "s" * 65}, "store: "),
        ({"store": ""}, "store: "),
        ({"stream": "else"}, "stream is 'else', not events or quarters"),
        ({"reports": [{"sequence": -1, "at": NOON.isoformat(), "body": {}}]}, "sequence is -1"),
        ({"reports": [{"sequence": 2**64, "at": NOON.isoformat(), "body": {}}]}, "sequence is"),
        ({"reports": {}}, "reports is"),
    ],
)
def test_reports_that_the_book_could_not_keep_are_refused(change, said):
    body = {"store": "s", "stream": "events", "reports": []} | change
    with pytest.raises(Unreadable, match=said):
        decode_up("em.v1.site.north.up.report", json.dumps(body).encode())


def test_an_answer_to_what_can_be_no_order_is_refused():
    body = json.dumps({"order": "x" * 900, "accepted": True, "reason": ""}).encode()
    with pytest.raises(Unreadable, match="order: "):
        decode_up("em.v1.site.north.up.answer", body)
