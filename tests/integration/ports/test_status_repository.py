"""What every repository of statuses promises, whatever stands behind it."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.statuses import InMemoryStatuses
from energy_manager.domain.dispatch import AssetStatus

ADAPTERS = [InMemoryStatuses]


def status(taken_at_s, **parts):
    return AssetStatus(taken_at_s=taken_at_s, **parts)


@pytest.fixture(params=ADAPTERS)
def statuses(request):
    return request.param()


def test_before_anything_is_put_there_is_nothing(statuses):
    assert statuses.latest() == {}
    assert statuses.latest_of("a") is None


def test_a_later_status_takes_the_place_of_an_earlier_one(statuses):
    statuses.put("a", status(1.0, output=-5))
    statuses.put("b", status(1.0, output=7))
    statuses.put("a", status(2.0, output=-6))
    assert statuses.latest() == {"a": status(2.0, output=-6), "b": status(1.0, output=7)}
    assert statuses.latest_of("a").output == -6


def test_what_comes_late_but_was_taken_earlier_changes_nothing(statuses):
    statuses.put("a", status(2.0, output=2))
    statuses.put("a", status(1.0, output=1))
    assert statuses.latest_of("a").output == 2


def test_of_two_taken_at_once_the_one_put_last_counts(statuses):
    statuses.put("a", status(2.0, output=1))
    statuses.put("a", status(2.0, output=2))
    assert statuses.latest_of("a").output == 2


def test_what_is_missing_is_kept_as_missing(statuses):
    statuses.put("a", status(1.0, output=3, stored_wh=5.0))
    statuses.put("a", status(2.0))
    assert statuses.latest_of("a") == status(2.0)


def test_what_was_looked_at_stays_as_it_was(statuses):
    statuses.put("a", status(1.0, output=1))
    seen = statuses.latest()
    statuses.put("a", status(2.0, output=2))
    statuses.put("b", status(2.0, output=2))
    assert dict(seen) == {"a": status(1.0, output=1)}


@pytest.mark.parametrize("adapter", ADAPTERS)
@given(puts=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.integers(-9, 9)), max_size=30))
def test_the_latest_is_the_last_of_those_taken_latest(adapter, puts):
    repository = adapter()
    for asset_id, taken_at_s, output in puts:
        repository.put(asset_id, status(float(taken_at_s), output=output))
    expected = {}
    for place, (asset_id, taken_at_s, output) in enumerate(puts):
        expected[asset_id] = max(expected.get(asset_id, (-1, -1, 0)), (taken_at_s, place, output))
    assert {asset_id: own.output for asset_id, own in repository.latest().items()} == {
        asset_id: output for asset_id, (_, _, output) in expected.items()
    }


def test_threads_that_put_at_once_leave_the_latest(statuses):
    begin = threading.Barrier(4)

    def put(offset):
        begin.wait(10)
        for number in range(500):
            statuses.put("a", status(float(4 * number + offset)))
            statuses.put(f"own-{offset}", status(float(number)))
            statuses.latest()

    threads = [threading.Thread(target=put, args=(offset,)) for offset in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert statuses.latest_of("a").taken_at_s == 4 * 499 + 3
    assert len(statuses.latest()) == 5
