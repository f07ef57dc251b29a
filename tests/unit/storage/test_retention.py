"""What is old goes, and the oldest when there is too much; sums outlive details."""

import shutil
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from energy_manager.adapters.storage.sql import state_repository
from energy_manager.adapters.storage.sql.databases import database_at
from energy_manager.adapters.storage.sql.databases.database import transaction
from energy_manager.adapters.storage.sql.history.buffer import Filing
from energy_manager.adapters.storage.sql.history.chunks import save
from energy_manager.adapters.storage.sql.history.retention import prune
from energy_manager.adapters.storage.sql.history.rollup import next_hour, sum_up
from energy_manager.adapters.storage.sql.migrations import migrate
from energy_manager.adapters.storage.sql.tables import device_changes, hours, minutes, ticks
from energy_manager.application.ports.records.history import DeviceChangeRecord, Retention
from energy_manager.application.ports.records.tick import Tick
from energy_manager.application.ports.schedules.durability import PutSchedule
from energy_manager.domain.schedule import Schedule, TimeBlock
from energy_manager.domain.series import microseconds

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAYS = 3


@pytest.fixture(scope="module")
def three_days(tmp_path_factory):
    """A folder with a store: three days with a tick a quarter of an hour and a change a day, all summed up."""
    folder = tmp_path_factory.mktemp("three_days")
    papers = Filing()
    for quarter in range(96 * DAYS):
        powers = {"a": quarter, "b": 1}
        at = NOON + timedelta(minutes=15 * quarter)
        papers.add(
            Tick(number=quarter, at=at, lag_s=0.0, scheduled=powers, potentials=powers, targets=powers, shortfall=0)
        )
        if quarter % 96 == 0:
            papers.add(DeviceChangeRecord(at=at, asset_id="a", is_good=True, sentence="x"))
    with connected(folder) as connection:
        migrate(connection)
        save(connection, papers.batch(most_rows=10_000), run_us=1)
        while (hour_us := next_hour(connection, until_us=microseconds(END))) is not None:
            sum_up(connection, hour_us, {})
    return folder


@pytest.fixture
def connection(three_days, tmp_path):
    """A copy of them."""
    shutil.copytree(three_days, tmp_path / "copy")
    with connected(tmp_path / "copy") as connection:
        yield connection


@contextmanager
def connected(folder):
    database = database_at(f"sqlite:///{folder}/store.db")
    database.prepare()
    with transaction(database, durable=False) as connection:
        yield connection
    database.disconnect()


END = NOON + timedelta(days=DAYS)


def rows(connection, table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


def prune_all(connection, retention: Retention, now: datetime = END) -> None:
    while prune(connection, retention, now_us=microseconds(now), known={}):
        pass


@pytest.mark.no_cover
def test_every_hour_was_summed_up(connection):
    assert rows(connection, ticks) == 96 * DAYS
    assert rows(connection, hours) == 24 * DAYS
    assert rows(connection, minutes) == 2 * 24 * DAYS


def test_details_go_before_their_sums(connection):
    prune_all(connection, Retention(detail_days=1, summary_days=2))
    assert rows(connection, ticks) == 96
    assert rows(connection, hours) == 2 * 24
    assert rows(connection, minutes) == 2 * 2 * 24
    assert rows(connection, device_changes) == 2


def test_within_bounds_nothing_goes(connection):
    assert not prune(connection, Retention(), now_us=microseconds(END), known={})
    assert rows(connection, ticks) == 96 * DAYS


def test_too_much_is_shortened_from_its_old_end(connection):
    def total() -> int:
        return sum(connection.execute(select(func.sum(table.c.size))).scalar() or 0 for table in (ticks, hours))

    bound = total() - 10_000
    prune_all(connection, Retention(max_bytes=bound))
    assert bound - 2_000 < total() <= bound
    newest = connection.execute(select(func.max(ticks.c.start_us))).scalar()
    assert newest == microseconds(END - timedelta(minutes=15))
    assert rows(connection, hours) == 24 * DAYS


def test_sums_go_when_there_are_no_details_left(connection):
    prune_all(connection, Retention(max_bytes=3_000))
    assert rows(connection, ticks) == 0
    assert 0 < rows(connection, hours) < 24 * DAYS
    assert rows(connection, minutes) == 2 * rows(connection, hours)


def test_schedules_that_ended_long_ago_go_and_those_put_lately_stay(connection):
    hour = (TimeBlock(start=NOON, end=NOON + timedelta(hours=1), targets={"a": 1}),)
    state_repository.make_changes(connection, [PutSchedule(schedule=Schedule(id="x", source="manual", blocks=hour))])
    prune_all(connection, Retention(summary_days=1), now=END)
    assert len(state_repository.read_schedules(connection)) == 1
    prune_all(connection, Retention(summary_days=1), now=datetime.now(UTC) + timedelta(days=2))
    assert state_repository.read_schedules(connection) == ()


def test_schedules_are_kept_for_a_week_after_they_ended(connection):
    accepted = datetime.now(UTC)
    for name, ended_days in (("lately", 6), ("long ago", 8)):
        end = accepted + timedelta(days=20 - ended_days)
        hour = (TimeBlock(start=end - timedelta(hours=1), end=end, targets={"a": 1}),)
        state_repository.make_changes(
            connection, [PutSchedule(schedule=Schedule(id=name, source="manual", blocks=hour))]
        )
    prune_all(connection, Retention(), now=accepted + timedelta(days=20))
    assert [entry.schedule.id for entry in state_repository.read_schedules(connection)] == ["lately"]


def test_an_hour_summed_up_again_is_the_same(connection):
    before = connection.execute(select(minutes).order_by(minutes.c.asset, minutes.c.hour_us)).all()
    sum_up(connection, microseconds(NOON), {})
    assert connection.execute(select(minutes).order_by(minutes.c.asset, minutes.c.hour_us)).all() == before
