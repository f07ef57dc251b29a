"""The laws of the spec on random houses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.domain.appliances import Step, StepFunction
from energy_manager.domain.appliances.day.replay import replayed
from tests.oracles.appliance_days import (
    ask,
    check_building_laws,
    check_laws,
    day,
    home,
    random_building,
    random_day,
    segments,
)
from tests.support.documents import plan_day, read_day
from tests.support.thorough import sample

pytestmark = pytest.mark.sampled


@settings(max_examples=sample(40), deadline=None)
@given(st.integers(min_value=0, max_value=10**9))
def test_no_random_house_breaks_a_law(seed):
    document = random_day(seed)
    check_laws(document, plan_day(document))


@settings(max_examples=sample(15, least=3), deadline=None)
@given(st.integers(min_value=0, max_value=10**9))
def test_no_random_building_breaks_a_law(seed):
    document = random_building(seed)
    check_building_laws(document, plan_day(document))


@settings(max_examples=sample(12), deadline=None)
@given(st.integers(min_value=0, max_value=10**9))
def test_the_ledger_is_the_sum_of_its_runs(seed):
    document = random_day(seed)
    parsed = read_day(document)
    for index in range(len(parsed.requests)):
        table = replayed(parsed, last_request=index).table
        home = table.homes["1"]
        booked = StepFunction.of_pieces(
            Step(start_us=max(segment.start_us, table.now_us), end_us=segment.end_us, value=run.request.power_w)
            for run in table.open_runs("1")
            for segment in run.segments
            if segment.end_us > table.now_us
        )
        assert home.load_w.since(table.now_us) == booked.since(table.now_us)
        limit_w = StepFunction.constant(home.household.threshold_w) + home.sun_w
        assert home.room_w.since(table.now_us) == (limit_w - home.load_w).since(table.now_us)


@pytest.mark.soak
def test_ten_thousand_random_houses_break_no_law():
    for seed in range(10_000):
        document = random_day(seed)
        check_laws(document, plan_day(document))


@pytest.mark.soak
def test_a_thousand_random_buildings_break_no_law():
    for seed in range(1_000):
        document = random_building(seed)
        check_building_laws(document, plan_day(document))


@settings(max_examples=sample(20), deadline=None)
@given(st.integers(min_value=0, max_value=10**6), st.integers(min_value=1, max_value=600))
def test_a_later_day_is_the_same_day_later(seed, shift_min):
    document = random_day(seed)
    document |= {"events": [], "strategy": "earliest"}
    document["households"][0] |= {"pv_w": None, "battery": None}
    later = {**document, "requests": [{**r, "at_min": r["at_min"] + shift_min} for r in document["requests"]]}
    for run, moved in zip(plan_day(document)["runs"], plan_day(later)["runs"], strict=True):
        assert moved["outcome"] == run["outcome"]
        assert moved["segments_min"] == [
            [start + shift_min, None if end is None else end + shift_min] for start, end in run["segments_min"]
        ]


@settings(max_examples=sample(20), deadline=None)
@given(st.integers(min_value=0, max_value=10**6))
def test_watts_may_be_given_in_any_scale(seed):
    document = random_day(seed)
    document |= {"events": [], "strategy": "flat"}
    document["households"][0] |= {"pv_w": None, "battery": None}
    tenfold = {
        **document,
        "households": [{**document["households"][0], "threshold_w": document["households"][0]["threshold_w"] * 10}],
        "requests": [{**r, "power_w": r["power_w"] * 10} for r in document["requests"]],
    }
    ours = [(run["outcome"], run["segments_min"]) for run in plan_day(document)["runs"]]
    assert [(run["outcome"], run["segments_min"]) for run in plan_day(tenfold)["runs"]] == ours


def test_what_is_requested_later_never_changes_what_is_over():
    before = segments(ask("A", 0, 2000, 60), ask("B", 0, 2000, 60, delay=60, may_pause=True))
    after = segments(ask("A", 0, 2000, 60), ask("B", 0, 2000, 60, delay=60, may_pause=True), ask("C", 130, 3000, 60))
    assert {name: after[name] for name in before} == before


@settings(max_examples=sample(20), deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=10**6), min_size=2, max_size=3, unique=True))
def test_the_total_is_the_sum_of_the_homes(seeds):
    homes, requests = [], []
    for number, seed in enumerate(seeds):
        document = random_day(seed)
        homes.append({**document["households"][0], "id": str(number)})
        requests += [{**request, "household": str(number)} for request in document["requests"]]
    answer = plan_day(day(*requests, homes=homes))
    assert answer["total"]["average_w"] == pytest.approx(sum(home["average_w"] for home in answer["households"]))
    assert answer["total"]["peak_w"] <= sum(home["peak_w"] for home in answer["households"])


@settings(max_examples=sample(15), deadline=None)
@given(st.integers(min_value=0, max_value=10**6), st.integers(min_value=3000, max_value=6000))
def test_no_building_exceeds_its_limit(seed, limit_w):
    first, second = random_day(seed), random_day(seed + 1)
    homes = [{**first["households"][0], "battery": None}, {**second["households"][0], "id": "2", "battery": None}]
    requests = [*first["requests"], *({**request, "household": "2"} for request in second["requests"])]
    answer = plan_day(day(*requests, homes=homes, building_limit_w=limit_w))
    assert answer["total"]["peak_w"] <= limit_w


def test_a_home_that_is_alone_decides_as_if_it_followed_nobody():
    requests = (ask("A", 0, 1000, 60), ask("B", 0, 1000, 60, delay=120))
    assert segments(*requests, homes=[home(3000, follows=True)]) == segments(*requests, homes=[home(3000)])
