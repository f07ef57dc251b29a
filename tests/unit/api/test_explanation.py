"""``/api/v1/history`` and ``/api/v1/decisions``: every answer and every refusal has its shape."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx2
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from energy_manager.adapters.storage.in_memory import InMemoryHistory
from energy_manager.application.explanation.power_series import ReadPower, Recorded, of_samples
from energy_manager.application.ports.records.history import Window
from energy_manager.application.ports.records.integral import LONGEST_HOLD_S
from energy_manager.entrypoints.api.http.errors import handle_errors
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.api.views.energy import PowerDesk, days_of
from energy_manager.entrypoints.api.views.explanation import explaining_routes
from energy_manager.entrypoints.settings import ApiSettings
from tests.support.recorded import at, tick


@pytest.fixture
def anyio_backend():
    return "asyncio"


def desk_of(history):
    power = ReadPower(history=history, watts_per_step=1000, assets=("a", "b"))
    return PowerDesk(power=power, all_assets=("a", "b"), storage=None, has_grid=False, time_zone="UTC")


async def ask(path, *records, **settings):
    """A minute after noon, of a site with these records."""
    history = InMemoryHistory()
    for record in records:
        history.record(record)
    app = FastAPI()
    handle_errors(app)
    app.include_router(explaining_routes(history, Guard(ApiSettings(**settings)), desk_of(history), now=lambda: at(60)))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://site") as client:
        return await client.get(path)


SHORT = tick({"a": 100, "b": 100, "c": 300}, {"a": 200, "b": 300, "c": 50}, untold=("c",))


async def test_a_decision_is_told_with_its_numbers_and_sentences():
    answer = (await ask("/api/v1/decisions?asset=a", SHORT)).json()
    sentences = answer.pop("sentences")
    assert (
        sentences[0]
        == "a was told to deliver 200 kW at tick 0, 2026-03-02 12:00:00.000 UTC: 100 kW more than scheduled."
    )
    assert answer == {
        "asset": "a",
        "at": "2026-03-02T12:01:00.000Z",
        "tick": {"number": 0, "at": "2026-03-02T12:00:00.000Z"},
        "power_unit": "kW",
        "set_by_hand": None,
        "scheduled": 100,
        "decided_by": "shared",
        "potential": 200,
        "status_age_s": 1.5,
        "target": 200,
        "released": False,
        "policy": "proportional",
        "shortfall": 0,
    }


async def test_who_was_told_nothing_has_no_target():
    answer = (await ask("/api/v1/decisions?asset=c&at=2026-03-02T12:00:00Z", SHORT)).json()
    assert answer["target"] is None
    assert answer["at"] == "2026-03-02T12:00:00.000Z"


async def test_a_history_is_told_by_step():
    answer = (await ask("/api/v1/history?asset=b&from=-60s&to=-56s&step=2", SHORT)).json()
    assert answer["from"] == "2026-03-02T12:00:00.000Z"
    assert answer["to"] == "2026-03-02T12:00:04.000Z"
    assert (answer["step_s"], answer["power_unit"]) == (2, "kW")
    assert answer["target"] == {"min": [250, None], "mean": [250.0, None], "max": [250, None]}
    assert answer["output"]["max"] == [None, None]


async def test_without_more_words_the_history_is_the_last_day_by_the_minute():
    answer = (await ask("/api/v1/history?asset=b", SHORT)).json()
    assert answer["step_s"] == 60
    assert len(answer["target"]["min"]) == 1440
    assert answer["to"] == "2026-03-02T12:01:00.000Z"


async def test_an_asset_of_the_site_that_has_never_answered_may_be_asked_about():
    only_a = tick({"a": 100}, {"a": 200})
    answer = await ask("/api/v1/decisions?asset=b", only_a)
    assert answer.status_code == 200
    assert answer.json()["sentences"][0] == "b was told nothing at tick 0, 2026-03-02 12:00:00.000 UTC."
    answer = await ask("/api/v1/history?asset=b", only_a)
    assert answer.status_code == 200
    assert set(answer.json()["output"]["mean"]) == {None}


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/v1/decisions", 422, "asset: "),
        ("/api/v1/decisions?asset=aa", 422, "knows no 'aa'; did you mean a?"),
        ("/api/v1/decisions?asset=a&at=soon", 422, "at: 'soon' is no time"),
        ("/api/v1/decisions?asset=a&at=2026-03-02T12:00:00", 422, "has no time zone"),
        ("/api/v1/decisions?asset=a&at=2026-03-02T11:00:00Z", 404, "nothing was recorded at or before"),
        ("/api/v1/history?asset=x", 422, "knows no 'x'"),
        ("/api/v1/history?asset=a&from=now&to=-1h", 422, "to: 2026-03-02T11:01:00+00:00 is not after"),
        ("/api/v1/history?asset=a&from=-1000d&step=60", 422, "step: "),
        ("/api/v1/history?asset=a&step=0", 422, "step: "),
        ("/api/v1/history?asset=a&step=soon", 422, "step: "),
        ("/api/v1/history?asset=a&to=2020-01-01T00:00:00Z", 404, "nothing was recorded before"),
    ],
)
async def test_bad_questions_get_one_clear_sentence(path, status, words):
    response = await ask(path, SHORT)
    assert response.status_code == status
    assert set(response.json()) == {"error", "message", "details"}
    assert words in response.json()["message"]


async def test_only_who_may_see_the_site_is_told():
    assert (await ask("/api/v1/history?asset=a", SHORT, token="secret-of-the-site")).status_code == 401


async def test_the_power_of_the_site_is_summed_tick_by_tick_and_a_gap_is_a_gap():
    records = [
        replace(tick({"a": 10, "b": -4}, {}), at=at(-600)),
        replace(tick({"a": 10}, {}), at=at(-598)),
        replace(tick({"a": 20, "b": -4}, {}), at=at(-60)),
        replace(tick({"a": 20, "b": -4}, {}), at=at(-30)),
    ]
    path = "/api/v1/history?of=site&from=2026-03-02T11:50:00Z&to=2026-03-02T12:00:00Z&step=60"
    told = (await ask(path, *records)).json()["series"]["scheduled"]
    assert told["mean"] == [9.8667, *[None] * 8, 16.0]
    assert told["kwh"] == [round((6 * 2 + 10 * 58) / 3600, 4), *[None] * 8, round(16 * 30 / 3600, 4)]
    assert told["gaps"] == [{"from": "2026-03-02T11:51:00Z", "to": "2026-03-02T11:59:00Z"}]


@pytest.mark.parametrize(
    ("query", "field"),
    [("of=grid", "of"), ("of=storage", "asset"), ("of=asset&asset=x", "asset"), ("", "asset"), ("of=home", "of")],
)
async def test_what_there_is_no_power_of_is_refused_by_field(query, field):
    refused = await ask(f"/api/v1/history?{query}", SHORT)
    assert refused.status_code == 422
    assert [fault["field"] for fault in refused.json()["details"]["faults"]] == [field]


def test_days_are_those_of_the_local_clock_with_23_and_25_hours():
    zone = ZoneInfo("Europe/Brussels")
    start, end = datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 30, 12, tzinfo=UTC)
    hours = [(end - begin).total_seconds() / 3600 for begin, end in days_of(start, end, zone)]
    assert hours == [24, 23, 14]
    autumn = days_of(datetime(2026, 10, 25, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC), zone)
    assert [(end - begin).total_seconds() / 3600 for begin, end in autumn] == [25]


@given(
    spans=st.lists(st.tuples(st.floats(1, 200), st.floats(-50, 50)), min_size=1, max_size=30),
    step_s=st.integers(1, 300),
)
def test_the_energy_of_the_steps_is_that_of_the_samples(spans, step_s):
    window = Window(start=at(0), step_s=step_s, count=6000 // step_s + 2)
    samples, after_s = [], 0.0
    for lasted_s, power_kw in spans:
        samples.append((at(0) + timedelta(seconds=after_s), power_kw))
        after_s += lasted_s
    series = of_samples(window, samples, recorded=Recorded(until=at(0) + timedelta(seconds=after_s)))
    total = sum(value for value in series.kwh if value is not None)
    held = sum(power_kw * min(lasted_s, LONGEST_HOLD_S) for lasted_s, power_kw in spans)
    assert total == pytest.approx(held / 3600, abs=1e-6)
