from tests.oracles.appliance_days import ask, home, planned, segments


def test_the_lowest_priority_goes_first_and_only_as_many_as_it_takes():
    runs = segments(
        ask("Low", 0, 1000, 120, delay=600, priority="low", may_pause=True),
        ask("Normal", 0, 1000, 120, delay=600, priority="normal", may_pause=True),
        ask("Kettle", 10, 2000, 10, priority="urgent"),
    )
    assert runs["Kettle"] == [[10, 20]]
    assert runs["Low"] == [[0, 10], [20, 130]]
    assert runs["Normal"] == [[0, 120]]


def test_one_that_was_paused_for_nothing_goes_on():
    # Low's 500 W are not enough, Normal's 2,000 W are: Low goes on beside the kettle.
    runs = segments(
        ask("Low", 0, 500, 120, delay=600, priority="low", may_pause=True),
        ask("Normal", 0, 2000, 120, delay=600, priority="normal", may_pause=True),
        ask("Kettle", 10, 2500, 10, priority="urgent"),
    )
    assert runs["Low"] == [[0, 120]]
    assert runs["Normal"] == [[0, 10], [20, 130]]


def test_a_run_is_only_paused_as_long_as_its_own_delay_lasts():
    # The oven takes 60 min, but EV may wait 59 only: nothing can be done.
    ev = ask("EV", 0, 2000, 120, delay=59, priority="low", may_pause=True)
    runs = planned(ev, ask("Oven", 30, 2000, 60, priority="urgent"))
    assert runs["Oven"]["outcome"] == "rejected"
    assert runs["EV"]["segments_min"] == [[0, 120]]


def test_a_run_that_is_on_may_be_paused_later_while_another_that_waits_moves():
    # B needs 20 to 50 alone. EV may wait 30 min only, so it must go on beside W until then, and Dish must come after B.
    runs = planned(
        ask("EV", 0, 1000, 60, delay=30, priority="normal", may_pause=True),
        ask("W", 0, 2000, 20, priority="low"),
        ask("Dish", 10, 2000, 30, delay=60, priority="urgent"),
        ask("B", 10, 3000, 30, delay=30, priority="urgent"),
    )
    assert runs["B"]["outcome"] == "replan"
    assert runs["B"]["segments_min"] == [[20, 50]]
    assert runs["EV"]["segments_min"] == [[0, 20], [50, 90]]
    assert runs["Dish"]["segments_min"] == [[50, 80]]


def test_waiting_adds_up_over_all_pauses():
    # EV may wait 70 min: 60 for the oven leave 10, which is just the kettle, and nothing for the toaster.
    runs = planned(
        ask("EV", 0, 2000, 120, delay=70, priority="low", may_pause=True),
        ask("Oven", 30, 2000, 60, priority="urgent"),
        ask("Kettle", 100, 2000, 10, priority="urgent"),
        ask("Toaster", 130, 2000, 5, priority="urgent"),
    )
    assert runs["EV"]["segments_min"] == [[0, 30], [90, 100], [110, 190]]
    assert runs["Kettle"]["outcome"] == "shift"
    assert runs["Toaster"]["outcome"] == "rejected"


def test_waiting_before_the_first_start_counts_too():
    # EV starts 40 late of its 70; the oven would cost it 60 more.
    runs = planned(
        ask("Hob", 0, 2000, 40, priority="urgent"),
        ask("EV", 0, 2000, 120, delay=70, priority="low", may_pause=True),
        ask("Oven", 50, 2000, 60, priority="urgent"),
    )
    assert runs["EV"]["segments_min"] == [[40, 160]]
    assert runs["Oven"]["outcome"] == "rejected"


def test_when_the_lowest_cannot_wait_the_next_is_asked():
    runs = planned(
        ask("Low", 0, 1500, 120, delay=5, priority="low", may_pause=True),
        ask("Other", 0, 1500, 120, delay=600, priority="normal", may_pause=True),
        ask("Kettle", 10, 1500, 10, priority="urgent"),
    )
    assert runs["Kettle"]["outcome"] == "shift"
    assert runs["Low"]["segments_min"] == [[0, 120]]
    assert runs["Other"]["segments_min"] == [[0, 10], [20, 130]]


def test_the_progress_is_kept_when_a_run_is_paused_twice():
    runs = segments(
        ask("EV", 0, 2000, 100, delay=600, priority="low", may_pause=True),
        ask("A", 20, 2000, 10, priority="urgent"),
        ask("B", 50, 2000, 10, priority="urgent"),
    )
    assert runs["EV"] == [[0, 20], [30, 50], [60, 120]]


def test_two_low_runs_are_planned_again_one_after_the_other():
    runs = segments(
        ask("EV", 0, 1500, 60, delay=600, priority="low", may_pause=True),
        ask("Pump", 0, 1500, 60, delay=600, priority="low", may_pause=True),
        ask("Oven", 30, 3000, 60, priority="urgent"),
    )
    assert runs["Oven"] == [[30, 90]]
    assert runs["EV"] == [[0, 30], [90, 120]]
    assert runs["Pump"] == [[0, 30], [90, 120]]


def test_a_pending_run_that_may_pause_moves_as_a_whole():
    runs = planned(
        ask("Hob", 0, 2000, 60, priority="urgent"),
        ask("Pump", 0, 2000, 60, delay=600, priority="low", may_pause=True),
        ask("Oven", 10, 2000, 60, delay=50, priority="urgent"),
    )
    assert (runs["Oven"]["outcome"], runs["Oven"]["segments_min"]) == ("shift", [[60, 120]])
    assert runs["Pump"]["segments_min"] == [[120, 180]]


def test_a_run_that_must_give_way_later_runs_on_until_then():
    # The sun covers EV until 13:00; the hob was promised 13:00 to 14:00 and EV may be paused for the oven at 13:00.
    sun = [0] * 12 + [2000] + [0] * 11
    runs = planned(
        ask("EV", 720, 2000, 120, delay=600, priority="low", may_pause=True),
        ask("Washer", 720, 3000, 60, priority="urgent"),
        ask("Oven", 730, 2500, 60, delay=50, priority="urgent"),
        homes=[home(3000, pv_w=sun)],
    )
    assert runs["Oven"]["segments_min"] == [[780, 840]]
    assert runs["EV"]["segments_min"] == [[720, 780], [840, 900]]


def test_a_priority_that_has_risen_by_waiting_protects():
    # At 200 the pump (low, delay 240) has 40 min left: 1 + 480/100 = 5; the iron, normal without a delay, has 3.
    runs = planned(
        ask("Hob", 0, 2000, 195, priority="urgent"),
        ask("Pump", 0, 2000, 60, delay=240, priority="low", may_pause=True),
        ask("Iron", 200, 2000, 30, delay=None, priority="normal"),
    )
    assert runs["Pump"]["segments_min"] == [[195, 255]]
    assert runs["Iron"]["segments_min"] == [[255, 285]]
