"""What is under control is on record, so that every end of the product can release it."""

import pytest

from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import FakeClock
from energy_manager.adapters.schedules import InMemorySchedule
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.control_record import KIND, ControlRecord
from energy_manager.application.dispatch import KeepControl, SendTargets
from energy_manager.application.ports.records.tick import Tick
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading
from energy_manager.application.ticking import TickStart
from energy_manager.domain.dispatch import (
    NOBODY,
    Controlled,
    ProportionalRedistribution,
    Taken,
    UnderControl,
    left_behind,
)
from tests.support.in_memory_devices import InMemoryDevices
from tests.support.recorded import IN_THE_RECORD

# The words ---------------------------------------------------------------------------------------

RELEASABLE = frozenset({"sun", "battery"})


def test_an_asset_is_under_control_from_the_moment_it_is_told_a_power():
    assert NOBODY.after_telling({"sun": None}, due_s=2.0) is NOBODY
    assert NOBODY.after_telling({"sun": 0, "a": None}, due_s=2.0).told_s == {"sun": 2.0}, "0 is a command"


def test_it_is_until_its_device_has_taken_a_release_that_came_later():
    control = UnderControl(told_s={"sun": 4.0, "battery": 4.0})
    taken = {"sun": Taken(target=None, due_s=6.0), "battery": Taken(target=None, due_s=2.0)}
    assert control.after_taking(taken).told_s == {"battery": 4.0}, "of the battery it is an older release"
    assert control.after_taking({"sun": Taken(target=7, due_s=6.0)}) is control


def test_what_the_site_file_no_longer_reaches_is_left_behind():
    kept = tuple(
        Controlled(asset_id=name, reach={"host": name}, runs_by_itself=not name.startswith("zero"))
        for name in ("stays", "moved", "gone", "zero-moved", "zero-gone")
    )
    elsewhere = {"host": "elsewhere"}
    configured = {"stays": {"host": "stays"}, "moved": elsewhere, "zero-moved": elsewhere, "new": {"host": "new"}}
    assert [entry.asset_id for entry in left_behind(kept, configured)] == ["moved", "gone", "zero-gone"]


# The record --------------------------------------------------------------------------------------


class Broken:
    """Documents of a store that is away while ``is_away``."""

    def __init__(self, documents):
        self.documents, self.is_away = documents, False

    def document(self, *said, **more):
        return self._asked("document", said, more)

    def put_document(self, *said, **more):
        return self._asked("put_document", said, more)

    def _asked(self, name, said, more):
        if self.is_away:
            raise StoreUnavailable("locked")
        return getattr(self.documents, name)(*said, **more)


class Site:
    """``sun`` and ``battery`` are released when control ends, ``a`` is not; work beside the loop is run at once."""

    def __init__(self, store=None, *, reaches=None, fails=()):
        self.store = store or InMemoryStore()
        self.documents = Broken(self.store.repository)
        self.clock = FakeClock(100.0)
        self.devices = InMemoryDevices({"a": 9, "sun": 9, "battery": 9}, clock=self.clock)
        self.journal = InMemoryJournal()
        self.released, self.fails = [], list(fails)
        self.schedule = InMemorySchedule(ScheduleReading(targets={}))
        self.control = KeepControl(
            record=ControlRecord(site="here", documents=self.documents),
            reaches=reaches or {name: {"host": name} for name in ("a", "sun", "battery")},
            releasable=RELEASABLE,
            devices=self.devices,
            journal=self.journal,
            clock=self.clock,
            release_by=self.release_by,
            start=lambda work: work(),
            wake=lambda: None,
        )
        self.send = SendTargets(
            clock=self.clock,
            devices=self.devices,
            statuses=self.devices.statuses,
            journal=self.journal,
            schedule=self.schedule,
            policy=ProportionalRedistribution(),
            schedule_wait_s=0.1,
            status_max_age_s=25.0,
            told=self.devices.asset_ids,
            unscheduled={"sun": None, "battery": None},
            fallbacks={"sun": None, "battery": None},
            control=self.control,
            **IN_THE_RECORD,
        )

    def release_by(self, asset_id, reach):
        if self.fails:
            raise self.fails.pop()
        self.released.append((asset_id, reach))

    def tick(self, **scheduled):
        """A tick two seconds later, then the look that it wakes."""
        self.clock.sleep_until(self.clock.now_s() + 2.0)
        self.schedule.reading = ScheduleReading(targets=scheduled)
        self.devices.request_statuses(due_s=self.clock.now_s())
        self.send(TickStart(number=0, due_s=self.clock.now_s(), lag_s=0.0))
        self.control.look()

    def on_record(self):
        """Those that run by themselves; ``a`` is there whenever it was told."""
        documents = self.store.repository.documents(KIND)
        entries = [entry for document in documents for entry in document.body["controlled"]]
        return [entry["asset"] for entry in entries if entry["runs_by_itself"]]

    def sentences(self):
        return [event.sentence for event in self.journal.events if hasattr(event, "sentence")]


def test_the_record_follows_what_is_under_control():
    site = Site()
    site.tick(a=5)
    assert site.on_record() == []
    site.tick(a=5, sun=3)
    assert site.on_record() == ["sun"]
    site.tick(sun=3, battery=0)
    assert site.on_record() == ["battery", "sun"]
    site.tick(battery=0)
    assert site.on_record() == ["battery"], "the sun's device has taken that it is released"


def test_an_asset_whose_device_hangs_stays_on_record():
    site = Site()
    site.tick(sun=3)
    site.devices.hang("sun")
    site.tick()
    assert site.on_record() == ["sun"]
    site.devices.release("sun")
    site.control.look()
    assert site.on_record() == []


def test_a_store_that_is_away_is_told_of_once_and_caught_up_with():
    site = Site()
    site.documents.is_away = True
    site.tick(sun=3)
    site.tick(sun=3)
    site.documents.is_away = False
    site.tick(sun=3)
    assert site.on_record() == ["sun"]
    assert site.sentences() == [
        "which devices are under control cannot be kept on record: locked",
        "which devices are under control is kept again",
    ]


def test_two_sites_in_one_store_leave_each_others_devices_alone():
    first = Site()
    first.tick(sun=3)
    second = Site(first.store)
    second.control.record = ControlRecord(site="elsewhere", documents=first.documents)
    second.control.look()
    assert (second.released, second.on_record()) == ([], ["sun"])


# The end -----------------------------------------------------------------------------------------


def never():
    return False


def test_the_end_releases_what_is_under_control_and_empties_the_record():
    site = Site()
    site.tick(a=5, sun=3, battery=-2)
    site.clock.sleep_until(103.0)
    assert site.control.release_all(for_s=2.0, is_hurried=never) == ()
    assert site.devices.targets == {"a": 5, "sun": None, "battery": None}
    assert site.on_record() == []
    assert site.clock.now_s() < 103.1


def test_after_the_release_nothing_is_told_any_more():
    site = Site()
    site.tick(sun=3)
    site.clock.sleep_until(103.0)
    site.control.release_all(for_s=2.0, is_hurried=never)
    site.tick(a=7, sun=8)
    assert site.devices.targets["sun"] is None
    assert site.devices.targets["a"] == 0


def test_without_an_asset_under_control_the_end_waits_for_nothing():
    site = Site()
    site.tick(a=5)
    assert site.control.release_all(for_s=2.0, is_hurried=never) == ()
    assert site.clock.now_s() == 102.0
    assert site.devices.targets["a"] == 5


def test_a_process_that_is_no_longer_the_master_leaves_devices_and_record_alone():
    site = Site()
    site.tick(sun=3)
    site.control.may_command = lambda: False
    site.clock.sleep_until(103.0)
    assert site.control.release_all(for_s=2.0, is_hurried=never) == ()
    assert (site.devices.targets["sun"], site.on_record()) == (3, ["sun"])
    after = after_a_crash(reaches={"a": {}})
    after.control.may_command = lambda: False
    after.control.look()
    assert after.released == []


def test_devices_that_hang_are_named_when_the_time_is_up_and_stay_on_record():
    site = Site()
    site.tick(sun=3, battery=1)
    site.devices.hang("battery")
    site.clock.sleep_until(103.0)
    assert site.control.release_all(for_s=2.0, is_hurried=never) == ("battery",)
    assert site.clock.now_s() == pytest.approx(105.0)
    assert site.on_record() == ["battery", "sun"], "no time is left for the record"
    assert site.devices.targets["sun"] is None


def test_a_second_signal_ends_the_release_at_once():
    site = Site()
    site.tick(sun=3)
    site.devices.hang("sun")
    assert site.control.release_all(for_s=2.0, is_hurried=lambda: True) == ("sun",)
    assert site.clock.now_s() == 102.0


def test_a_record_that_cannot_be_written_at_the_end_delays_nothing():
    site = Site()
    site.tick(sun=3)
    site.clock.sleep_until(103.0)
    site.documents.is_away = True
    assert site.control.release_all(for_s=2.0, is_hurried=never) == ()
    assert site.on_record() == ["sun"], "the next run releases it once more"


# The next run ------------------------------------------------------------------------------------


def after_a_crash(**more):
    """A run that was killed while sun and battery were under control, and the next one."""
    before = Site()
    before.tick(sun=3, battery=1)
    return Site(before.store, **more)


def test_after_a_crash_what_is_no_longer_scheduled_is_released_by_the_first_tick():
    site = after_a_crash()
    site.control.look()
    assert site.control.is_settled()
    site.tick(sun=3)
    assert site.devices.targets == {"a": 0, "sun": 3, "battery": None}
    assert (site.on_record(), site.released) == (["sun"], [])


def test_after_a_crash_the_end_releases_what_was_not_told_in_this_run():
    site = after_a_crash()
    site.control.look()
    assert site.control.release_all(for_s=2.0, is_hurried=never) == ()
    assert site.devices.targets == {"sun": None, "battery": None}


def test_an_asset_that_has_left_the_site_file_is_released_by_the_record_and_named():
    site = after_a_crash(reaches={"a": {"host": "a"}, "sun": {"host": "sun"}})
    site.control.look()
    assert site.released == [("battery", {"host": "battery"})]
    assert site.sentences() == [
        "'battery' was under control when the last run ended and is no longer in the site file: its device is released",
        "the device of 'battery' is released",
    ]
    site.control.look()
    assert site.on_record() == ["sun"]


def test_an_asset_that_is_reached_in_another_way_is_released_at_the_old_place():
    site = after_a_crash(reaches={"a": {}, "sun": {"host": "sun"}, "battery": {"host": "elsewhere"}})
    assert not site.control.is_settled()
    site.control.look()
    assert site.released == [("battery", {"host": "battery"})]
    assert site.control.is_settled()


def test_a_device_that_cannot_be_released_is_tried_again_until_it_can():
    site = after_a_crash(reaches={"a": {}, "sun": {"host": "sun"}}, fails=[OSError("away")] * 3)
    site.control.look()
    assert [asset_id for asset_id, _ in site.released] == ["battery"]
    assert site.clock.now_s() == 100.0 + 1 + 2 + 4
    assert sum("it is tried again: OSError('away')" in sentence for sentence in site.sentences()) == 1


def test_a_schedule_that_names_an_asset_that_has_left_is_named_and_not_followed():
    site = after_a_crash(reaches={"a": {}, "sun": {"host": "sun"}})
    site.control.look()
    site.tick(a=5, battery=100)
    (tick,) = [event for event in site.journal.events if isinstance(event, Tick)]
    assert (tick.scheduled, tick.shortfall) == ({"a": 5}, 0)
    assert "'battery' is scheduled but has left the site file: it takes no part" in site.sentences()


def test_an_asset_that_is_told_zero_from_now_on_is_not_released():
    site = after_a_crash()
    site.control.releasable = frozenset({"sun"})
    site.control.look()
    assert (site.on_record(), site.released) == (["sun"], [])
    assert site.control.release_all(for_s=2.0, is_hurried=never) == ()
    assert site.devices.targets == {"sun": None}


def test_an_asset_that_keeps_its_last_target_at_the_end_is_let_go_of_when_it_leaves_the_site_file():
    before = Site()
    before.tick(a=5)
    assert before.control.release_all(for_s=2.0, is_hurried=never) == ()
    assert before.devices.targets["a"] == 5
    site = Site(before.store, reaches={"sun": {}, "battery": {}})
    site.control.look()
    assert site.released == [("a", {"host": "a"})]
    assert site.control.strangers == frozenset(), "a schedule that names it counts as before: others carry its share"


def test_until_the_record_could_be_read_it_is_not_overwritten():
    site = after_a_crash(reaches={"a": {}, "sun": {"host": "sun"}})
    site.documents.is_away = True
    site.tick(a=5)
    assert not site.control.is_settled()
    site.documents.is_away = False
    site.tick(a=5)
    assert [asset_id for asset_id, _ in site.released] == ["battery"]
