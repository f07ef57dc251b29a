"""Stored schedules over the site's own, ready whenever the tick asks."""

from datetime import UTC, datetime, timedelta

from energy_manager.adapters.schedules import InMemorySchedule, StoredSchedules
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.ports.clock import TimeLine
from energy_manager.application.ports.schedules.durability import DeleteSchedule, StoreUnavailable
from energy_manager.application.ports.schedules.schedule_source import ScheduleReading
from energy_manager.application.tick_grid import TickGrid
from energy_manager.domain.schedule import Schedule, TimeBlock
from energy_manager.domain.site import Bounds, PlanningSite
from tests.support.changes import made

SITE = PlanningSite(controllable=("a", "b", "c"), bounded={"c": Bounds(lowest=-5, highest=300)})
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Clock:
    """The site's time of day, moved by hand."""

    def __init__(self):
        self.line = TimeLine(NOON, 0.0, 0)
        self.passed_s = 0.0
        self.is_moving = False

    def now(self, line=None):
        return (line or self.line).time_at(self.passed_s)

    def jump(self, by):
        self.line = TimeLine(self.now() + by, self.passed_s, self.line.moves + 1)


class Site:
    """A base schedule, a store and the time of day; the looks of the watching thread are taken by hand."""

    def __init__(
        self,
        targets: dict[str, int] | None,
        *,
        fault: str = "",
        unreadable: tuple[str, ...] = (),
    ) -> None:
        self.clock = Clock()
        self.repository = InMemoryStore().repository
        self.base = InMemorySchedule(ScheduleReading(targets=targets, fault=fault, unreadable=unreadable))
        self.looks = []
        self.source = StoredSchedules(
            self.base, schedules=self, site=SITE, clock=self.clock, start_watching=self.looks.append
        )
        self.is_away = False
        self.times_read = 0
        self.source.open()
        self.source.follow(TickGrid(start_s=0.0, period_s=2.0))
        self.look()

    def revision(self) -> int:
        if self.is_away:
            raise StoreUnavailable("gone")
        return self.repository.revision()

    def unfinished_at(self, instant, *, known):
        self.times_read += 1
        self.known = set(known)
        return self.repository.unfinished_at(instant, known=known)

    def look(self) -> None:
        (look,) = self.looks
        look()

    def put(self, name: str, start_min: int, end_min: int, targets: dict[str, int], source: str = "manual") -> None:
        block = TimeBlock(
            start=NOON + timedelta(minutes=start_min), end=NOON + timedelta(minutes=end_min), targets=targets
        )
        self.repository.put(Schedule(id=name, source=source, blocks=(block,)))

    def read(self) -> ScheduleReading:
        return self.source.read(wait_s=0.1)


def test_without_stored_schedules_the_base_decides():
    reading = Site({"a": 1, "b": 2}).read()
    assert reading == ScheduleReading(targets={"a": 1, "b": 2}, decided_by={"a": "shared", "b": "shared"})


def test_a_schedule_that_is_put_holds_from_the_next_look_on():
    site = Site({"a": 1, "b": 2})
    site.put("x", 0, 60, {"b": 7, "c": 8})
    assert site.read().targets == {"a": 1, "b": 2}
    site.look()
    assert site.read().targets == {"a": 1, "b": 7, "c": 8}
    assert site.read().decided_by == {"a": "shared", "b": "manual:x", "c": "manual:x"}


def test_blocks_begin_and_end_without_another_look():
    site = Site({"a": 1})
    site.put("x", 10, 20, {"a": 5})
    site.look()
    told = []
    for minute in (9, 10, 19, 20):
        site.clock.passed_s = 60 * minute
        told.append(site.read().targets["a"])
    assert told == [1, 5, 5, 1]


def test_a_deleted_schedule_gives_the_asset_back():
    site = Site({"a": 1})
    site.put("x", 0, 60, {"a": 5})
    site.look()
    made(site.repository, DeleteSchedule(id="x"))
    site.look()
    assert site.read().targets == {"a": 1}


def test_an_activation_wins_while_it_lasts_and_then_the_schedule_is_back():
    site = Site({"a": 1})
    site.put("act", 0, 15, {"a": 9}, source="flexibility")
    site.put("plan", 0, 60, {"a": 5}, source="production")
    site.look()
    assert site.read().decided_by == {"a": "flexibility:act"}
    site.clock.passed_s = 15 * 60
    assert site.read().decided_by == {"a": "production:plan"}


def test_when_the_store_is_away_what_is_known_goes_on_to_hold():
    site = Site({"a": 1})
    site.put("x", 0, 60, {"a": 5})
    site.look()
    site.is_away = True
    made(site.repository, DeleteSchedule(id="x"))
    site.look()
    site.look()
    assert site.read().targets == {"a": 5}
    site.is_away = False
    site.look()
    assert site.read().targets == {"a": 1}


def test_schedules_are_read_only_when_they_changed_or_after_a_while():
    site = Site({"a": 1})
    for _ in range(5):
        site.look()
    assert site.times_read == 1
    site.clock.passed_s += 11 * 60
    site.look()
    assert site.times_read == 2


def test_when_the_base_is_not_known_stored_schedules_still_hold_and_the_fault_is_told():
    site = Site(None, fault="gone")
    assert site.read() == ScheduleReading(targets=None, fault="gone")
    site.put("x", 0, 60, {"a": 5})
    site.look()
    assert site.read() == ScheduleReading(targets={"a": 5}, fault="gone", decided_by={"a": "manual:x"})


def test_an_unreadable_entry_of_the_base_does_not_matter_where_a_stored_schedule_speaks():
    site = Site({"a": 0, "b": 0}, unreadable=("a", "b"))
    site.put("x", 0, 60, {"a": 5})
    site.look()
    assert site.read().unreadable == ("b",)


def test_a_jump_of_the_clock_is_followed_at_the_next_look_and_not_by_half():
    site = Site({"a": 1})
    site.put("x", 0, 60, {"a": 7})
    site.look()
    site.clock.jump(timedelta(hours=2))
    assert site.read().targets == {"a": 7}
    site.look()
    assert site.read().targets == {"a": 1}
    site.clock.jump(timedelta(hours=-2))
    site.look()
    assert site.read().targets == {"a": 7}


def test_what_is_read_while_a_jump_is_told_does_not_count():
    site = Site({"a": 1})
    site.clock.is_moving = True
    site.put("x", 0, 60, {"a": 7})
    site.look()
    assert site.read().targets == {"a": 1}
    site.clock.is_moving = False
    site.look()
    assert site.read().targets == {"a": 7}


def test_an_asset_that_the_site_has_not_takes_no_part_and_is_named():
    site = Site({"a": 1})
    site.put("x", 0, 60, {"a": 7, "aa": 100})
    site.look()
    assert site.read().targets == {"a": 7}
    (oddity,) = site.source.oddities
    assert oddity == (
        "schedule 'x', aa: the site has no asset of this name that takes targets; did you mean 'a'?; it takes no part"
    )
    made(site.repository, DeleteSchedule(id="x"))
    site.look()
    assert site.source.oddities == ()


def test_more_than_an_asset_can_ever_do_is_capped_and_said():
    site = Site({"a": 1})
    site.put("x", 0, 60, {"c": 999_999})
    site.put("y", 60, 120, {"c": -999_999})
    site.look()
    assert site.read().targets == {"a": 1, "c": 300}
    assert site.source.oddities == (
        "schedule 'x', c: 999999 kW is above 300 kW, the limit of what it can ever do; capped",
        "schedule 'y', c: -999999 kW is below -5 kW, the limit of what it can ever do; capped",
    )


def test_more_than_an_asset_can_ever_do_is_capped_in_the_sites_own_schedule_and_said():
    site = Site({"a": 1, "c": 999_999})
    for _ in range(2):
        assert site.read() == ScheduleReading(targets={"a": 1, "c": 300}, decided_by={"a": "shared", "c": "shared"})
        site.look()
    assert site.source.oddities == (
        "the site's own schedule, c: 999999 kW is above 300 kW, the limit of what it can ever do; capped",
    )
    site.base.reading = ScheduleReading(targets={"a": 1, "c": 300})
    site.put("x", 0, 60, {"c": -999_999})
    site.look()
    assert site.read().targets == {"a": 1, "c": -5}
    assert len(site.source.oddities) == 2, "what the site's own schedule asked once stays said"


def test_what_a_stored_schedule_speaks_for_is_not_asked_of_the_sites_own():
    site = Site({"a": 1, "c": 999_999})
    site.put("x", 0, 60, {"c": 7})
    site.look()
    assert site.read().targets == {"a": 1, "c": 7}
    site.look()
    assert site.source.oddities == ()


def test_what_is_known_is_not_read_again():
    site = Site({"a": 1})
    site.put("x", 0, 60, {"a": 5})
    site.look()
    site.put("y", 0, 60, {"a": 6})
    site.look()
    assert len(site.known) == 1
    assert site.read().targets == {"a": 6}
    site.put("y", 60, 90, {"a": 7})
    site.look()
    assert site.read().targets == {"a": 5}


def test_blocks_that_change_many_times_a_second_are_followed_exactly():
    site = Site({"a": 1})
    step = timedelta(milliseconds=1)
    blocks = tuple(
        TimeBlock(start=NOON + place * step, end=NOON + (place + 1) * step, targets={"a": place})
        for place in range(1000)
    )
    site.repository.put(Schedule(id="x", source="manual", blocks=blocks))
    site.look()
    told = []
    for place in (0, 50, 99, 100, 500, 999, 1000, 3):
        site.clock.passed_s = (place * step).total_seconds()
        told.append(site.read().targets["a"])
    assert told == [0, 50, 99, 100, 500, 999, 1, 3]


def test_after_a_long_silence_of_the_watching_thread_what_holds_then_is_followed():
    site = Site({"a": 1})
    site.put("x", 600, 660, {"a": 5})
    site.look()
    site.clock.passed_s = (timedelta(minutes=610)).total_seconds()
    assert site.read().targets == {"a": 5}
    site.clock.passed_s = -36_600.0
    assert site.read().targets == {"a": 1}


class Replaceable:
    """A store whose file can be deleted: then it is another one, and empty."""

    def __init__(self) -> None:
        self.repository = InMemoryStore().repository

    def __getattr__(self, name: str):
        return getattr(self.repository, name)


def test_what_still_holds_is_put_back_when_the_store_is_begun_anew():
    clock, schedules, looks, told = Clock(), Replaceable(), [], []

    def put(name: str, end_min: int, power: int) -> None:
        block = TimeBlock(start=NOON - timedelta(hours=2), end=NOON + timedelta(minutes=end_min), targets={"a": power})
        schedules.put(Schedule(id=name, source="manual", blocks=(block,)))

    source = StoredSchedules(
        InMemorySchedule(ScheduleReading(targets={"a": 1})),
        schedules=schedules,
        site=SITE,
        clock=clock,
        start_watching=looks.append,
        begun_anew=told.append,
    )
    source.open()
    for name, end_min, power in (("over", -10, 4), ("older", 60, 5), ("newer", 60, 6)):
        put(name, end_min, power)
    looks[0]()
    schedules.repository = InMemoryStore().repository
    looks[0]()
    assert [entry.schedule.id for entry in schedules.all()] == ["older", "newer"]
    assert source.read(wait_s=0.1).targets == {"a": 6}
    looks[0]()
    assert told == [["older", "newer"]]
