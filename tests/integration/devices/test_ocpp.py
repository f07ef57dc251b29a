"""The driver ``ocpp`` against the package ``ocpp`` as the charger: well behaved, refusing, silent, hostile."""

import gc
import socket
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from loguru import logger
from ocpp.exceptions import OCPPError
from ocpp.v16 import call
from websockets.exceptions import ConnectionClosed, InvalidStatus

from energy_manager.adapters.devices import DriverContext
from energy_manager.adapters.devices.driver import Connection, DeviceAbsent
from energy_manager.adapters.devices.links.errors import DeviceRefused, LinkDown, NoAnswer
from energy_manager.adapters.devices.ocpp.driver import OCPP, ChargerOptions, OcppListenerOptions
from energy_manager.adapters.devices.shared_links import SharedLinks
from energy_manager.adapters.devices.templated.device import NoPower
from energy_manager.adapters.devices.templated.identity import WrongDevice
from energy_manager.adapters.runtime.clocks import FakeClock, MonotonicClock
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import AssetKind, Ratings
from tests.support.charge_point import ChargePoint
from tests.support.modbus_peers import free_port
from tests.support.waiting import eventually

CLOCK = MonotonicClock()
FAST = {"timeout_s": 5.0, "obeys_within_s": 0.0}


class Wallbox:
    """A charger as the site sees it, and the one that calls."""

    def __init__(
        self, *, password=None, clock=CLOCK, port=None, calls_itself="car", memory=None, ratings=None, **options
    ):
        self.port = free_port() if port is None else port
        listener = OcppListenerOptions(
            host="127.0.0.1", port=self.port, **({"password_env": "OCPP"} if password else {})
        )
        context = DriverContext(
            asset_id="car",
            kind=AssetKind.LOAD,
            ratings=ratings or Ratings(),
            watts_per_step=1,
            now_s=clock.now_s,
            link=SharedLinks(),
            connection=Connection(id="chargers", driver="ocpp", options=listener),
            memory=memory,
        )
        self.device = OCPP.open(ChargerOptions.model_validate(FAST | options), context)
        self.peer = ChargePoint(calls_itself, port=self.port, password=password)

    def connect(self):
        self.peer.connect()
        return self

    def close(self):
        try:
            self.peer.close()
        finally:
            self.device.close()

    def limits(self):
        return [
            (told["charging_profile_purpose"], told["charging_schedule"]["charging_schedule_period"][0]["limit"])
            for _, told in self.peer.profiles
        ]


@pytest.fixture
def wallbox(monkeypatch):
    made = []

    def wallbox(*, connects=True, **how):
        if how.get("password"):
            monkeypatch.setenv("OCPP", how["password"])
        box = Wallbox(**how)
        made.append(box)
        return box.connect() if connects else box

    yield wallbox
    for box in made:
        if hasattr(box.peer, "socket"):
            box.peer.close()
        box.device.close()


@pytest.fixture
def lines():
    lines = []
    handler = logger.add(lambda line: lines.append(str(line).strip()), format="{message}", level="INFO")
    yield lines
    logger.remove(handler)


def test_an_idle_charger_takes_nothing_and_can_be_told_nothing(wallbox):
    box = wallbox()
    box.peer.boot()
    box.peer.status("Available")
    measured = box.device.read()
    assert (measured.power_w, measured.lowest_w, measured.highest_w) == (0, 0, 0)
    assert CLOCK.now_s() - measured.taken_at_s < 10


def test_what_a_charging_car_takes_is_read_with_its_age(wallbox):
    box = wallbox()
    box.peer.status("Charging")
    box.peer.measure(kW="7.2", soc=55, seconds_ago=3)
    measured = box.device.read()
    assert measured.power_w == -7200
    assert measured.lowest_w == -11_040, "16 A at 230 V on three phases"
    assert 3 <= CLOCK.now_s() - measured.taken_at_s < 20
    assert {point.name: point.value for point in box.device.readings()}["soc_percent"] == 55


def test_a_target_is_a_profile_that_runs_out(wallbox):
    box = wallbox()
    box.peer.status("Preparing")
    box.device.write(-8000.0)
    ((connector, told),) = box.peer.profiles
    schedule = told["charging_schedule"]
    assert connector == 1
    assert told["charging_profile_purpose"] == "TxDefaultProfile"
    assert told["charging_profile_kind"] == "Absolute"
    assert schedule["charging_schedule_period"] == [{"start_period": 0, "limit": 11, "number_phases": 3}]
    assert schedule["charging_rate_unit"] == "A"
    start = datetime.fromisoformat(schedule["start_schedule"])
    ends_in = start + timedelta(seconds=schedule["duration"]) - datetime.now(UTC)
    assert timedelta(seconds=80) < ends_in <= timedelta(seconds=90)


def test_a_transaction_has_its_own_profile_and_after_it_the_default_holds(wallbox):
    box = wallbox(phases=1)
    started = box.peer.start()
    assert started.id_tag_info["status"] == "Accepted"
    box.peer.status("Charging")
    box.peer.measure(W=3000)
    box.device.write(-2300.0)
    assert box.peer.profiles[-1][1]["transaction_id"] == started.transaction_id
    box.peer.stop(started.transaction_id)
    box.peer.status("Available")
    box.peer.status("Preparing")
    box.device.read()
    box.device.write(-1840.0)
    assert box.limits() == [("TxProfile", 10), ("TxDefaultProfile", 8)]


def test_less_than_the_least_current_pauses_and_the_greatest_is_never_passed(wallbox):
    box = wallbox(phases=1, max_a=16)
    box.peer.status("Preparing")
    box.device.read()
    for target_w in (-1379.0, -1380.0, -99_000.0, 0.0):
        box.device.write(target_w)
    assert [limit for _, limit in box.limits()] == [0, 6, 16, 0]


def test_a_profile_is_renewed_by_the_tick_alone_at_a_third_of_its_life(wallbox):
    clock = FakeClock(0.0)
    box = wallbox(clock=clock, expires_s=90)
    box.peer.status("Preparing")
    box.device.write(-8000.0)
    for _ in range(14):
        clock.sleep_until(clock.now_s() + 2)
        box.device.write(-8000.0)
    assert len(box.peer.profiles) == 1
    clock.sleep_until(30)
    box.device.write(-8000.0)
    assert len(box.peer.profiles) == 2


def test_a_release_clears_the_profile_once(wallbox):
    box = wallbox()
    box.peer.status("Preparing")
    box.device.write(-8000.0)
    box.device.write(None)
    box.device.write(None)
    assert len(box.peer.cleared) == 1
    box.peer.clears = "Unknown"
    box.device.write(-8000.0)
    box.device.write(None)
    assert len(box.peer.cleared) == 2


def test_a_charger_that_refuses_is_a_failed_write_and_one_that_refuses_a_purpose_gets_another(wallbox):
    box = wallbox()
    box.peer.start()
    box.peer.status("Charging")
    box.peer.measure(W=3000)
    box.peer.rejects = {"TxProfile"}
    box.device.write(-8000.0)
    assert [purpose for purpose, _ in box.limits()] == ["TxProfile", "TxDefaultProfile"]
    box.device.write(-7000.0)
    assert [purpose for purpose, _ in box.limits()][2:] == ["TxDefaultProfile"], "it is not asked what it refuses"
    box.peer.rejects = {"TxProfile", "TxDefaultProfile"}
    with pytest.raises(DeviceRefused, match="answers Rejected to a charging profile of 8 A"):
        box.device.write(-6000.0)


def test_a_charger_that_accepts_and_ignores_is_seen_to_disobey(wallbox):
    box = wallbox(phases=1)
    box.peer.status("Charging")
    box.peer.measure(W=3680)
    box.device.read()
    box.device.write(-1400.0)
    for _ in range(3):
        box.peer.measure(W=3680)
        box.device.read()
    assert box.device.disobeys == "was told to take 1400 W and takes 3680 W"
    box.peer.measure(W=1380)
    box.device.read()
    assert box.device.disobeys is None


def test_a_car_that_takes_less_than_it_may_does_not_disobey(wallbox):
    box = wallbox(phases=1)
    box.peer.status("Charging")
    box.peer.measure(W=500)
    box.device.write(-3600.0)
    for _ in range(5):
        box.device.read()
    assert box.device.disobeys is None


def test_a_charger_that_is_not_there_is_told_and_read_nothing(wallbox):
    box = wallbox(connects=False)
    with pytest.raises(LinkDown, match="charger car is not connected"):
        box.device.read()
    with pytest.raises(LinkDown, match="charger car is not connected"):
        box.device.write(0.0)
    box.connect()
    box.peer.status("Available")
    assert box.device.read().power_w == 0
    box.peer.close()

    def is_gone():
        try:
            box.device.read()
        except LinkDown:
            return True
        return False

    assert eventually(is_gone)


def test_after_a_reconnect_the_target_is_written_again(wallbox):
    box = wallbox()
    box.peer.status("Preparing")
    box.device.write(-8000.0)
    box.peer.close()
    box.connect()
    box.peer.status("Preparing")
    box.device.write(-8000.0)
    assert len(box.peer.profiles) == 2


def test_what_a_car_has_taken_is_its_stored_energy_and_survives_a_restart(wallbox):
    memory = Memory()
    box = wallbox(memory=memory)
    box.peer.status("Preparing")
    assert box.device.read().stored_wh == 0
    number = box.peer.start(meter_start=1000).transaction_id
    box.peer.status("Charging")
    box.peer.measure(W=3600, Wh=4000, transaction_id=number)
    assert box.device.read().stored_wh == 3000
    box = wallbox(memory=memory)
    box.peer.status("Charging")
    box.peer.measure(W=3600, Wh=4500, transaction_id=number)
    assert box.device.read().stored_wh == 3500
    box.peer.status("Available")
    assert box.device.read().stored_wh is None


def test_of_a_car_that_says_its_charge_the_stored_energy_is_known(wallbox):
    box = wallbox(ratings=Ratings(capacity_wh=50_000))
    box.peer.status("Charging")
    box.peer.measure(W=3600, Wh=4000, soc=40)
    assert box.device.read().stored_wh == 20_000


class Memory:
    """What a driver keeps over restarts."""

    def __init__(self):
        self.kept = None

    def recall(self):
        return self.kept

    def remember(self, state):
        self.kept = dict(state)


def test_a_newer_connection_of_a_charger_takes_the_place_of_the_one_before(wallbox):
    box = wallbox()
    newer = ChargePoint("car", port=box.port).connect()
    newer.status("Preparing")
    box.device.write(-8000.0)
    assert (len(box.peer.profiles), len(newer.profiles)) == (0, 1)
    assert eventually(box.peer.serving.done)
    newer.close()


def test_a_charger_that_measures_nothing_is_never_taken_for_0(wallbox):
    box = wallbox()
    box.peer.status("Charging")
    with pytest.raises(NoPower):
        box.device.read()
    assert eventually(lambda: "MeterValues" in box.peer.triggers), "it is asked for"


def test_a_charger_is_asked_to_measure_often_enough(wallbox):
    box = wallbox(meter_s=7)
    assert eventually(lambda: "MeterValuesSampledData" in box.peer.configuration)
    assert box.peer.configuration["MeterValueSampleInterval"] == "7"


def test_requests_are_answered_as_they_should_be(wallbox):
    box = wallbox(id_tags=["card"])
    booted = box.peer.boot()
    assert (booted.status, booted.interval) == ("Accepted", 10)
    assert abs(datetime.fromisoformat(booted.current_time) - datetime.now(UTC)) < timedelta(seconds=30)
    assert box.peer.say(call.Heartbeat()).current_time
    assert box.peer.say(call.Authorize(id_tag="card")).id_tag_info == {"status": "Accepted"}
    assert box.peer.say(call.Authorize(id_tag="thief")).id_tag_info == {"status": "Invalid"}
    first, second = box.peer.start(), box.peer.start()
    assert second.transaction_id == first.transaction_id + 1
    assert box.peer.say(call.DataTransfer(vendor_id="v")).status == "UnknownVendorId"


def test_other_connectors_are_others_business(wallbox):
    box = wallbox(connector=2)
    box.peer.status("Charging", connector_id=1)
    box.peer.measure(W=9000, connector_id=1)
    box.peer.status("Available", connector_id=2)
    assert box.device.read().power_w == 0
    box.peer.status("Faulted", connector_id=0)
    assert box.device.read().lowest_w == 0


def test_another_charger_than_the_pinned_one_is_never_told(wallbox):
    box = wallbox(serial=4711)
    box.peer.status("Preparing")
    with pytest.raises(DeviceAbsent, match="has not said its serial number yet"):
        box.device.read()
    box.peer.boot(serial="other")
    box.peer.status("Preparing")
    for use in (box.device.read, lambda: box.device.write(-8000.0)):
        with pytest.raises(WrongDevice, match="charger car is other, not 4711"):
            use()
    assert box.peer.profiles == []
    box.peer.boot(serial="04711")
    box.device.write(-8000.0)
    assert len(box.peer.profiles) == 1


def test_strangers_and_wrong_passwords_are_turned_away(wallbox, lines):
    box = wallbox(password="correct horse")
    for name, password in (("stranger", "correct horse"), ("car", "wrong"), ("car", None)):
        with pytest.raises(InvalidStatus):
            ChargePoint(name, port=box.port, password=password).connect()
    assert lines[-3:] == [
        "a charger calls itself 'stranger', and no asset does: turned away",
        "charger car: wrong or no password; turned away",
        "charger car: wrong or no password; turned away",
    ]
    assert "horse" not in "".join(lines)


def test_a_charger_that_never_answers_costs_the_deadline_and_no_more(wallbox):
    box = wallbox(timeout_s=0.2)
    box.peer.status("Preparing")
    box.device.read()
    box.peer.is_hung = True
    for _ in range(2):
        with pytest.raises(NoAnswer, match=r"charger car: no answer (to \w+ in 0\.2|within 0\.4) s"):
            box.device.write(-8000.0)
    assert box.device.read().power_w == 0


GARBAGE = [
    "", "nonsense", "{}", "[]", "[2]", "[2,1]", '[2,"1","Boot"]', '[2,"1",["x"],{}]', '[9,"1","Heartbeat",{}]',
    '[3,"unknown",{}]', '[4,"unknown","a","b",{}]', "null", "1e999", '"', "[" * 5000, '[2,"1","MeterValues",[]]',
    '[2,"1","MeterValues",{"connectorId":1,"meterValue":7}]',
    '[2,"1","MeterValues",{"connectorId":1,"meterValue":[7,{"sampledValue":[null,{"value":{}},{"value":"nan"}]}]}]',
    '[2,"1","StatusNotification",{"connectorId":[1],"status":{"a":1}}]',
]  # fmt: skip


@pytest.fixture
def nothing_collected():
    """Deep nesting is read down to the last frame there may be: whatever is ended there by chance has none left."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def test_garbage_is_passed_over_and_said_once(wallbox, lines, nothing_collected):
    box = wallbox()
    box.peer.status("Charging")
    box.peer.measure(W=3000)
    for text in GARBAGE:
        box.peer.send(text)
    box.peer.measure(W=3100)
    assert box.device.read().power_w == -3100
    assert sum("means nothing" in line for line in lines) == 1


def test_what_no_car_can_take_is_missing(wallbox):
    box = wallbox()
    box.peer.status("Charging")
    box.peer.measure(W=8.5e6, soc=2500)
    with pytest.raises(NoPower):
        box.device.read()
    assert "soc_percent" not in {point.name for point in box.device.readings()}


def test_an_unknown_request_is_refused_by_the_protocol_s_own_error(wallbox):
    box = wallbox()
    with pytest.raises(OCPPError):
        box.peer.say(call.SignCertificate(csr="x"))
    assert box.peer.boot().status == "Accepted"


def test_two_thousand_messages_of_nonsense_are_hung_up_on_and_the_neighbour_is_served(wallbox, lines):
    box = wallbox()
    other = Wallbox(port=box.port, charger="other", calls_itself="other").connect()
    other.peer.status("Available")
    with suppress(ConnectionClosed):
        for _ in range(2000):
            box.peer.send("[]")
    assert other.device.read().power_w == 0
    assert eventually(box.peer.serving.done)
    assert any("1000 messages mean nothing; hung up" in line for line in lines)
    other.close()


def test_an_address_that_is_taken_is_refused_and_tried_again(wallbox):
    port = free_port()
    with socket.create_server(("127.0.0.1", port)), pytest.raises(Refused, match=f"chargers on 127.0.0.1:{port}"):
        wallbox(port=port)
    box = wallbox(port=port)
    box.peer.status("Available")
    assert box.device.read().power_w == 0


def test_a_chargers_asset_needs_a_connection_of_its_type():
    context = DriverContext(
        asset_id="car",
        kind=AssetKind.LOAD,
        ratings=Ratings(),
        watts_per_step=1,
        now_s=time.monotonic,
        link=SharedLinks(),
    )
    with pytest.raises(Refused, match='driver = "ocpp"'):
        OCPP.open(ChargerOptions(), context)
