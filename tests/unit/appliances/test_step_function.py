"""Step functions against plain lists, and the searches against trying every start."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from energy_manager.domain.appliances.admission.starts import (
    RunCost,
    cheapest_start,
    earliest_pieces,
    earliest_start,
    fitting_windows,
    is_free,
    roomiest_level,
)
from energy_manager.domain.appliances.ledger.step_function import Step, StepFunction, together
from energy_manager.domain.appliances.units import FOREVER_US

HORIZON = 24
pieces = st.lists(st.tuples(st.integers(0, HORIZON), st.integers(1, HORIZON), st.integers(-5, 5)), max_size=8)


def built(entries):
    steps, plain = StepFunction.constant(0), [0] * (2 * HORIZON + 1)
    for start, length, amount in entries:
        steps = steps.plus_on(start, start + length, amount)
        for at in range(start, min(start + length, len(plain))):
            plain[at] += amount
    return steps, plain


@given(pieces)
def test_adding_on_intervals_is_adding_to_every_instant(entries):
    steps, plain = built(entries)
    assert [steps.at(at) for at in range(len(plain))] == plain


@given(pieces)
def test_no_piece_is_longer_than_it_must_be(entries):
    steps, _ = built(entries)
    assert list(steps.starts_us) == sorted(set(steps.starts_us))
    assert all(a != b for a, b in zip(steps.values, steps.values[1:], strict=False))


@given(pieces)
def test_the_sum_of_pieces_does_not_depend_on_their_order(entries):
    steps, _ = built(entries)
    summed = StepFunction.of_pieces(Step(start_us=s, end_us=s + n, value=v) for s, n, v in reversed(entries))
    assert summed == steps


@given(pieces, pieces)
def test_adding_and_taking_away_two_functions(first, second):
    a, plain_a = built(first)
    b, plain_b = built(second)
    assert [(a + b).at(t) for t in range(len(plain_a))] == [x + y for x, y in zip(plain_a, plain_b, strict=True)]
    assert (a + b) - b == a


@given(pieces, st.integers(0, HORIZON), st.integers(1, HORIZON))
def test_lowest_highest_and_area_on_an_interval(entries, start, length):
    steps, plain = built(entries)
    part = plain[start : start + length]
    assert steps.lowest(start, start + length) == min(part)
    assert steps.highest(start, start + length) == max(part)
    assert steps.area(start, start + length) == sum(part)


@given(pieces, st.integers(0, HORIZON))
def test_forgetting_the_past_or_the_future_leaves_the_rest(entries, at):
    steps, plain = built(entries)
    assert [steps.since(at).at(t) for t in range(at, len(plain))] == plain[at:]
    assert [steps.until(at).at(t) for t in range(at)] == plain[:at]


@given(pieces, pieces)
def test_two_functions_side_by_side(first, second):
    a, b = built(first)[0], built(second)[0]
    side_by_side = list(together(a, b, 0, HORIZON))
    assert side_by_side[0][0] == 0
    assert side_by_side[-1][1] == HORIZON
    assert all(a.at(s) == x and b.at(s) == y and a.at(e - 1) == x for s, e, x, y in side_by_side)


def fits(plain, need, start, length):
    return all(value >= need for value in plain[start : start + length])


windows = st.tuples(st.integers(-3, 3), st.integers(1, 8), st.integers(0, 12), st.integers(0, 12))


@given(pieces, windows)
def test_the_earliest_start_is_the_first_that_fits(entries, window):
    need, length, first, span = window
    steps, plain = built(entries)
    expected = next((s for s in range(first, first + span + 1) if fits(plain, need, s, length)), None)
    found = earliest_start(steps, need, length_us=length, not_before_us=first, not_after_us=first + span)
    assert found == expected
    if found is not None:
        assert is_free(steps, need, start_us=found, length_us=length)


@given(pieces, windows)
def test_the_earliest_pieces_fill_every_gap_until_the_run_has_its_time(entries, window):
    need, length, first, most_waiting = window
    steps, plain = built(entries)
    free = [slot for slot in range(first, len(plain)) if plain[slot] >= need][:length]
    found = earliest_pieces(steps, need, length_us=length, not_before_us=first, most_waiting_us=most_waiting)
    if len(free) == length and free[-1] + 1 - first - length <= most_waiting:
        assert found is not None
        assert [slot for piece in found for slot in range(piece.start_us, piece.end_us)] == free
        assert all(before.end_us < after.start_us for before, after in pairwise(found))
    elif len(free) == length:
        assert found is None


@given(pieces, windows)
def test_the_windows_are_all_starts_that_fit(entries, window):
    need, length, first, span = window
    steps, plain = built(entries)
    found = fitting_windows(steps, need, length_us=length, not_before_us=first, not_after_us=first + span)
    starts = {s for piece in found for s in range(piece.first_us, piece.last_us + 1)}
    assert starts == {s for s in range(first, first + span + 1) if fits(plain, need, s, length)}


@given(pieces, windows, st.one_of(st.none(), st.integers(-4, 4)))
def test_the_roomiest_level_is_the_greatest_lowest_value(entries, window, enough):
    _, length, first, span = window
    steps, plain = built(entries)
    levels = [min(plain[s : s + length]) for s in range(first, first + span + 1)]
    best = max(levels) if enough is None else min(max(levels), enough)
    assert (
        roomiest_level(steps, length_us=length, not_before_us=first, not_after_us=first + span, enough_w=enough) == best
    )


@given(pieces, pieces, windows)
def test_the_cheapest_start_costs_no_more_than_any_other(entries, prices, window):
    need, length, first, span = window
    steps, plain = built(entries)
    cost, plain_cost = built(prices)
    found = list(fitting_windows(steps, need, length_us=length, not_before_us=first, not_after_us=first + span))
    start = cheapest_start(RunCost.of(1, length, lambda _: cost), found)
    sums = {s: sum(plain_cost[s : s + length]) for s in range(first, first + span + 1) if fits(plain, need, s, length)}
    if not sums:
        assert start is None
        return
    assert start == min(s for s in sums if sums[s] == min(sums.values()))


def test_an_endless_run_needs_room_for_ever():
    steps = StepFunction.constant(5).plus_on(10, 20, -5)
    assert earliest_start(steps, 3, length_us=FOREVER_US, not_before_us=0, not_after_us=100) == 20
    assert earliest_start(steps, 3, length_us=FOREVER_US, not_before_us=0, not_after_us=19) is None
    assert [(w.first_us, w.last_us) for w in fitting_windows(
        steps, 3, length_us=FOREVER_US, not_before_us=0, not_after_us=100
    )] == [(20, 100)]  # fmt: skip


def test_a_search_that_ends_before_it_begins_finds_nothing():
    steps = StepFunction.constant(5)
    assert earliest_start(steps, 3, length_us=1, not_before_us=5, not_after_us=4) is None
    assert roomiest_level(steps, length_us=1, not_before_us=5, not_after_us=4) is None
    assert list(fitting_windows(steps, 3, length_us=1, not_before_us=5, not_after_us=4)) == []
