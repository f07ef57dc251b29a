"""What is recorded waits in bounds; beyond them the oldest goes and is counted."""

from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.adapters.storage.sql.history import buffer
from energy_manager.adapters.storage.sql.history.buffer import Filing, Inbox
from energy_manager.application.ports.records.history import DeviceChangeRecord, StatusOf, StatusRecord
from energy_manager.application.ports.records.tick import Tick

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def tick(number: int, *, assets: int = 3, seconds: float | None = None, prefix: str = "a") -> Tick:
    powers = {f"{prefix}{place}": number * 31 % 17 for place in range(assets)}
    at = NOON + timedelta(seconds=2 * number if seconds is None else seconds)
    return Tick(number=number, at=at, lag_s=0.0, scheduled=powers, potentials=powers, targets=powers, shortfall=0)


def status(number: int) -> StatusRecord:
    one = StatusOf(output=1, potential=1, age_s=0.0)
    return StatusRecord(at=NOON + timedelta(seconds=10 * number), statuses={"a0": one})


def change(number: int) -> DeviceChangeRecord:
    return DeviceChangeRecord(at=NOON + timedelta(seconds=number), asset_id="a0", is_good=True, sentence="x")


def test_the_queue_keeps_the_newest_and_counts_what_it_dropped(monkeypatch):
    monkeypatch.setattr(buffer, "MAX_WAITING_VALUES", 1000)
    inbox = Inbox()
    for number in range(150):
        inbox.record(tick(number, assets=10))
    assert (len(inbox), inbox.dropped) == (100, 50)
    assert inbox.take().number == 50


def test_small_records_may_wait_in_greater_number(monkeypatch):
    monkeypatch.setattr(buffer, "MAX_WAITING_VALUES", 1000)
    inbox = Inbox()
    for number in range(500):
        inbox.record(change(number))
        inbox.record(status(number))
    assert (len(inbox), inbox.dropped) == (1000, 0)


def test_an_empty_queue_gives_nothing():
    assert Inbox().take() is None


def test_a_minute_of_ticks_is_one_row_that_grows():
    papers = Filing()
    papers.add(tick(0))
    papers.add(tick(1))
    first = papers.batch(most_rows=10)
    assert [(row.lines, row.news, row.is_begun) for row in first.rows] == [(2, 2, False)]
    papers.saved(first)
    assert papers.waiting == 0
    assert not papers.batch(most_rows=10)
    papers.add(tick(2))
    second = papers.batch(most_rows=10)
    assert [(row.seq, row.lines, row.news, row.is_begun) for row in second.rows] == [(first.rows[0].seq, 3, 1, True)]


@pytest.mark.parametrize(
    "next_tick",
    [tick(1, seconds=60), tick(1, seconds=-1), tick(1, prefix="b"), tick(1, assets=2)],
    ids=["next minute", "clock set back", "other assets", "fewer assets"],
)
def test_another_minute_or_other_assets_begin_another_page(next_tick):
    papers = Filing()
    papers.add(tick(0))
    papers.add(next_tick)
    assert [row.lines for row in papers.batch(most_rows=10).rows] == [1, 1]


def test_a_page_is_finished_early_when_ticks_are_many(monkeypatch):
    monkeypatch.setattr(buffer, "MOST_LINES", 3)
    papers = Filing()
    for number in range(7):
        papers.add(tick(number))
    assert [row.lines for row in papers.batch(most_rows=10).rows] == [3, 3, 1]


def test_rows_are_saved_oldest_first_and_a_few_at_a_time():
    papers = Filing()
    for number in range(4):
        papers.add(tick(number, seconds=60 * number))
    batch = papers.batch(most_rows=2)
    assert [row.start_us for row in batch.rows] == sorted(row.start_us for row in batch.rows)
    papers.saved(batch)
    assert papers.waiting == 2
    rest = papers.batch(most_rows=5)
    assert [row.lines for row in rest.rows] == [1, 1]


def test_rows_that_nobody_saves_are_dropped_oldest_first_beyond_the_bound(monkeypatch):
    papers = Filing()
    papers.add(tick(0))
    papers.add(tick(0, seconds=60))
    size = len(papers.batch(most_rows=1).rows[0].body)
    monkeypatch.setattr(buffer, "MAX_PACKED_BYTES", 10 * size)
    for number in range(100):
        papers.add(tick(number, seconds=60 * number))
    assert 80 < papers.dropped < 100
    assert papers.waiting + papers.dropped == 102
    assert papers.batch(most_rows=1).rows[0].start_us > 0


def test_changes_wait_in_bounds_too(monkeypatch):
    monkeypatch.setattr(buffer, "MAX_WAITING_CHANGES", 5)
    papers = Filing()
    for number in range(8):
        papers.add(change(number))
    assert (papers.waiting, papers.dropped) == (5, 3)
    batch = papers.batch(most_rows=1)
    assert batch.changes[0][1].at == change(3).at


def test_what_cannot_be_saved_is_forgotten_and_counted():
    papers = Filing()
    papers.add(tick(0))
    papers.add(change(0))
    assert papers.forget(papers.batch(most_rows=5)) == 2
    assert (papers.waiting, papers.dropped) == (0, 2)
