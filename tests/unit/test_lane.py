"""A lane: one call in flight, a mailbox of one, the newest wins."""

from energy_manager.adapters.lanes import Call, Lane


def call(target: int) -> Call:
    return Call(due_s=float(target), target=target)


def test_a_posted_call_is_made():
    made = []
    lane = Lane(made.append)
    assert lane.post(call(1)), "an idle lane wants a thread"
    lane.run()
    assert made == [call(1)]
    assert lane.finished_due_s == 1.0


def test_of_two_calls_that_wait_only_the_newest_is_made():
    made = []
    lane = Lane(made.append)
    assert lane.post(call(1))
    assert not lane.post(call(2)), "a thread is on its way already"
    lane.run()
    assert made == [call(2)]
    assert lane.superseded == 1


def test_the_newest_target_goes_out_at_once_when_a_blocked_call_returns_and_nothing_is_replayed():
    made = []

    def blocked(it: Call) -> None:
        made.append(it)
        if it.target == 1:
            assert not lane.post(call(2))
            assert not lane.post(call(3))

    lane = Lane(blocked)
    lane.post(call(1))
    lane.run()
    assert made == [call(1), call(3)]


def test_the_oldest_outstanding_call_tells_how_late_a_lane_is():
    seen = []

    def blocked(it: Call) -> None:
        lane.post(call(8))
        seen.append(lane.oldest_due_s())
        lane.post(call(9))

    lane = Lane(blocked)
    assert lane.oldest_due_s() is None
    lane.post(call(4))
    assert lane.oldest_due_s() == 4.0
    lane._make_call = lambda it: (seen.append(lane.oldest_due_s()), setattr(lane, "_make_call", seen.append))
    lane.run()
    assert seen == [4.0]
    assert lane.oldest_due_s() is None
