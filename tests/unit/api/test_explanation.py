"""``/api/v1/history`` and ``/api/v1/decisions``: every answer and every refusal has its shape."""

import httpx2
import pytest
from fastapi import FastAPI

from energy_manager.adapters.storage.in_memory import InMemoryHistory
from energy_manager.entrypoints.api.errors import handle_errors
from energy_manager.entrypoints.api.explanation import explaining_routes
from energy_manager.entrypoints.api.guard import Guard
from energy_manager.entrypoints.settings import ApiSettings
from tests.support.recorded import at, tick


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def ask(path, *records, **settings):
    """A minute after noon, of a site with these records."""
    history = InMemoryHistory()
    for record in records:
        history.record(record)
    app = FastAPI()
    handle_errors(app)
    app.include_router(explaining_routes(history, Guard(ApiSettings(**settings)), now=lambda: at(60)))
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://site") as client:
        return await client.get(path)


SHORT = tick({"a": 100, "b": 100, "c": 300}, {"a": 200, "b": 300, "c": 50}, untold=("c",))


async def test_a_decision_is_told_with_its_numbers_and_sentences():
    answer = (await ask("/api/v1/decisions?asset=a", SHORT)).json()
    sentences = answer.pop("sentences")
    assert sentences[0] == "a was told 200 kW at tick 0, 2026-03-02 12:00:00.000 UTC: 100 kW more than scheduled."
    assert answer == {
        "asset": "a",
        "at": "2026-03-02T12:01:00.000Z",
        "tick": {"number": 0, "at": "2026-03-02T12:00:00.000Z"},
        "power_unit": "kW",
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
