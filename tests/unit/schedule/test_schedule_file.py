"""A site's own schedule in a file: its times say whether it is dated, daily or weekly."""

from datetime import UTC, datetime

import pytest
from loguru import logger

from energy_manager.adapters.schedules.file import FileSchedule, read_schedule_file
from energy_manager.application.tick_grid import TickGrid
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import PlanningSite

SITE = PlanningSite(controllable=("battery", "boiler"))
CSV = "start,end,asset,target\n"


@pytest.fixture
def read(tmp_path):
    def read(text, *, time_zone="Europe/Brussels", encoding="utf-8"):
        path = tmp_path / "plan"
        path.write_bytes(text.encode(encoding))
        return read_schedule_file(path, time_zone=time_zone, site=SITE)

    return read


@pytest.fixture
def faults_of(read, tmp_path):
    def faults_of(text):
        with pytest.raises(Refused) as refusal:
            read(text)
        return {fault.field.removeprefix(str(tmp_path / "plan")): fault.message for fault in refusal.value.faults}

    return faults_of


def at(text):
    return datetime.fromisoformat(text).astimezone(UTC)


def test_daily_times(read):
    content = read(CSV + "08:00,12:00,battery,-5\n22:00,06:30:30,boiler,3\n")
    assert (content.times, content.entries, content.assets) == ("daily", 2, ("battery", "boiler"))
    assert content.targets_at(at("2026-03-02T08:00+01:00")) == {"battery": -5}
    assert content.targets_at(at("2026-07-02T08:00+02:00")) == {"battery": -5}
    assert content.targets_at(at("2026-07-02T06:30:29+02:00")) == {"boiler": 3}


def test_weekly_times_in_a_table_of_a_spreadsheet(read):
    text = "start;end;asset;target\r\nMon 08:00;Fri 17:00;battery;7\r\nsaturday 00:00;Sun 24:00;battery;-2\r\n"
    content = read("\ufeff" + text)
    assert content.times == "weekly"
    assert content.targets_at(at("2026-03-04T03:00+01:00")) == {"battery": 7}, "a Wednesday"
    assert content.targets_at(at("2026-03-08T23:59+01:00")) == {"battery": -2}
    assert content.targets_at(at("2026-03-06T18:00+01:00")) == {}


def test_dated_times_are_of_the_sites_zone_or_of_the_one_they_name(read):
    content = read(CSV + "2026-03-02T08:00,2026-03-02T12:00,battery,5\n2026-03-02T12:00Z,2026-03-02T13:00Z,battery,6\n")
    assert content.times == "dated"
    assert content.targets_at(at("2026-03-02T07:00Z")) == {"battery": 5}
    assert content.targets_at(at("2026-03-02T11:30Z")) == {}
    assert content.targets_at(at("2026-03-02T12:00Z")) == {"battery": 6}


def test_dated_times_of_a_day_of_23_hours(read, faults_of):
    content = read(CSV + "2026-03-29T01:00,2026-03-29T04:00,battery,5\n")
    assert content.targets_at(at("2026-03-29T00:00Z")) == {"battery": 5}
    assert content.targets_at(at("2026-03-29T01:59Z")) == {"battery": 5}
    assert content.targets_at(at("2026-03-29T02:00Z")) == {}, "after two hours it is four o'clock"
    assert faults_of(CSV + "2026-03-29T02:30,2026-03-29T04:00,battery,5\n") == {
        ":2, start": "2026-03-29T02:30 does not exist in Europe/Brussels, where the clocks are set forward then"
    }


def test_dated_times_of_a_day_of_25_hours(read, faults_of):
    content = read(CSV + "2026-10-25T01:00,2026-10-25T04:00,battery,5\n")
    assert content.targets_at(at("2026-10-24T23:00Z")) == {"battery": 5}
    assert content.targets_at(at("2026-10-25T02:59Z")) == {"battery": 5}, "after four hours it is four o'clock"
    assert faults_of(CSV + "2026-10-25T02:30,2026-10-25T04:00,battery,5\n") == {
        ":2, start": "2026-10-25T02:30 exists twice in Europe/Brussels: add +02:00 or +01:00"
    }
    second = read(CSV + "2026-10-25T02:30+01:00,2026-10-25T04:00,battery,5\n")
    assert second.targets_at(at("2026-10-25T00:45Z")) == {}
    assert second.targets_at(at("2026-10-25T01:45Z")) == {"battery": 5}


def test_json_blocks(read):
    blocks = '[{"start": "08:00", "end": "12:00", "targets": {"battery": -5, "boiler": 3}}]'
    for text in (blocks, f'{{"blocks": {blocks}}}'):
        assert read(text).targets_at(at("2026-03-02T08:00+01:00")) == {"battery": -5, "boiler": 3}


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", ":1", "'' must be start,end,asset,target"),
        ("a,b\n", ":1", "'a,b' must be start,end,asset,target"),
        (CSV, "", "says nothing"),
        (CSV + "08:00,12:00,battery\n", ":2", "has 3 values, not 4"),
        (CSV + "08:00,12:00,battery,x\n", ":2, target", "'x' is no whole number of power steps"),
        (CSV + "08:00,12:00,battery,1.5\n", ":2, target", "'1.5' is no whole number"),
        (CSV + "08:00,12:00,,1\n", ":2, asset", "is empty"),
        (CSV + "08:00,,battery,1\n", ":2", "start and end must be times"),
        (CSV + "08:00,12:60,battery,1\n", ":2, end", "'12:60' is no time from 00:00 to 24:00"),
        (CSV + "24:00,12:00,battery,1\n", ":2", "24:00 to 12:00 does not last"),
        (CSV + "08:00,08:00,battery,1\n", ":2", "08:00 to 08:00 does not last"),
        (CSV + "Mon 08:00,Foo 12:00,battery,1\n", ":2, end", "'Foo' is none of Mon, Tue"),
        (
            CSV + "08:00,12:00,battery,1\nMon 08:00,Mon 12:00,battery,1\n",
            ":3, start",
            "'Mon 08:00' is no time such as 08:00",
        ),
        (
            CSV + "noon,2026-03-02T08:00,battery,1\n",
            ":2, start",
            "'noon' is no time such as 2026-03-02T08:00 or 08:00 or Mon 08:00",
        ),
        (CSV + "2026-03-02T08:00,2026-03-02T08:00,battery,1\n", ":2", "is not after 2026-03-02T08:00"),
        (CSV + "08:00,12:00,battery,1\n11:00,13:00,battery,1\n", ":3", "overlaps"),
        (
            CSV + "2026-03-02T08:00,2026-03-02T09:00,battery,1\n2026-03-02T08:30,2026-03-02T10:00,battery,1\n",
            ":3",
            "begins before the entry ahead of it for 'battery' ends",
        ),
        (CSV + "08:00,12:00,batery,1\n", ":2", "'batery': the site has no asset of this name that takes targets; did"),
        ('{"blocks": [', "", "no JSON"),
        ('{"blocks": [], "more": 1}', "", 'must be {"blocks"'),
        ('[{"start": "08:00"}]', ": blocks[0]", "must have start, end and targets, and nothing else"),
        ('[{"start": "08:00", "end": "09:00", "targets": {}}]', ": blocks[0].targets", "at least one asset"),
        ('[{"start": 8, "end": "09:00", "targets": {"battery": 1}}]', ": blocks[0]", "start and end must be times"),
        (
            '[{"start": "08:00", "end": "09:00", "targets": {"battery": true}}]',
            ": blocks[0], target",
            "True is no whole",
        ),
    ],
)
def test_a_fault_is_named_with_its_place(faults_of, text, place, message):
    found = faults_of(text)
    assert place in found, found
    assert message in found[place]


def test_a_file_that_is_not_there_or_no_text_is_refused(read, tmp_path):
    with pytest.raises(Refused, match="cannot be read"):
        read_schedule_file(tmp_path / "none.csv", time_zone="UTC", site=SITE)
    with pytest.raises(Refused, match="is not UTF-8"):
        read(CSV + "08:00,12:00,bättery,1\n", encoding="latin-1")


class Followed:
    """A schedule file that is followed at noon, with what was logged."""

    def __init__(self, path):
        self.path = path
        self.write("08:00,12:30,battery,5")
        self.looks = []
        self.schedule = FileSchedule(
            lambda: read_schedule_file(path, time_zone="UTC", site=SITE),
            version=path.read_bytes,
            now=lambda: datetime(2026, 3, 2, 12, tzinfo=UTC),
            start_watching=self.looks.append,
        )
        self.schedule.open()
        self.schedule.follow(TickGrid(start_s=0, period_s=2))

    def write(self, *lines):
        self.path.write_text(CSV + "\n".join(lines) + "\n")

    def look(self):
        (look,) = self.looks
        look()
        reading = self.schedule.read(wait_s=0.1)
        assert reading.fault == ""
        return reading.targets


@pytest.fixture
def followed(tmp_path):
    return Followed(tmp_path / "day.csv")


@pytest.fixture
def logged():
    lines = []
    handler = logger.add(lambda line: lines.append(str(line)), format="{message}")
    yield lines
    logger.remove(handler)


def test_a_file_that_changes_is_read_again(followed):
    assert followed.look() == {"battery": 5}
    followed.write("08:00,12:30,battery,6")
    assert followed.look() == {"battery": 6}
    followed.write("08:00,11:30,battery,6")
    assert followed.look() == {}


def test_a_file_that_is_away_or_wrong_leaves_what_it_said_last_and_says_so_once(followed, logged):
    followed.write("nonsense")
    assert [followed.look() for _ in range(3)] == [{"battery": 5}] * 3
    followed.path.unlink()
    assert [followed.look() for _ in range(3)] == [{"battery": 5}] * 3
    followed.write("08:00,12:30,battery,5")
    assert followed.look() == {"battery": 5}
    assert len(logged) == 3
    assert logged[2].strip() == "the schedule file is read again"
