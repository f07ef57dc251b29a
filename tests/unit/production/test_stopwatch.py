"""A limit on the time of a search, looked at between pieces of its work."""

import pytest

from energy_manager.domain.production.stopwatch import Stopwatch, WorkExhausted

MANY = range(120_000)


def test_without_a_limit_all_items_come_in_their_order():
    assert list(Stopwatch(None).over(MANY)) == list(MANY)
    assert list(Stopwatch(1000.0).over(MANY)) == list(MANY)


def test_few_items_are_handed_over_as_they_are():
    few = [1, 2, 3]
    assert Stopwatch(-1.0).over(few) is few


def test_a_time_that_is_over_ends_the_work_before_its_first_piece():
    watch = Stopwatch(-1.0)
    with pytest.raises(WorkExhausted):
        watch.check()
    with pytest.raises(WorkExhausted):
        next(iter(watch.over(MANY)))
