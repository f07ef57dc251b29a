"""A planner is one package per layer and one entry of ``JOBS``; route, command, OpenAPI, metrics and check follow."""

import json

import httpx2
import pytest
import typer

from energy_manager.domain.errors import Infeasible, Refused
from energy_manager.entrypoints.check import describe
from energy_manager.entrypoints.commands import app
from energy_manager.entrypoints.container.site_container import Container
from energy_manager.entrypoints.jobs import JOBS
from energy_manager.entrypoints.settings import ApiSettings, Settings, StoreSettings
from energy_manager.entrypoints.site_file import DEMO_SITE, read_site_file
from tests.support.toy_planner.job import ENTRY

TOY = "/api/v1/toy-sharing/plans"


@pytest.fixture(autouse=True)
def one_line(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(JOBS, "toy_sharing", ENTRY)


@pytest.fixture
def container():
    settings = Settings(api=ApiSettings(port=0), store=StoreSettings(url="memory:"))
    container = Container(settings=settings, site=read_site_file(DEMO_SITE))
    container.store().open()
    return container


@pytest.fixture
def client(container):
    api = container.api()
    transport = httpx2.ASGITransport(app=api.app)
    yield httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60)
    api.close()


async def test_it_has_a_route_with_options_near_misses_and_metrics(client):
    request = {"power_kw": 10, "assets": ["asset_1", "asset_2"]}
    answer = await client.post(TOY, json=request)
    assert (answer.status_code, answer.json()) == (200, {"each_kw": 5})
    assert answer.headers["server-timing"].startswith("plan;dur=")
    infeasible = await client.post(TOY, json=request, params={"spare": 1})
    assert (infeasible.status_code, infeasible.json()["error"]) == (422, "infeasible")
    wrong = await client.post(TOY, json={"power_kw": "10", "asset": []})
    assert {fault["field"]: fault["message"] for fault in wrong.json()["details"]["faults"]} == {
        "power_kw": "must be a number, not '10'",
        "assets": "is missing",
        "asset": "is not a field here; did you mean assets?",
    }
    unknown = await client.post(TOY, json=request, params={"spar": 1})
    assert unknown.json()["details"]["faults"][0]["message"] == "is not an option here; did you mean spare?"
    figures = (await client.get("/metrics")).text
    assert 'energy_manager_plans_total{job="toy_sharing",result="planned"} 1.0' in figures
    assert 'energy_manager_plan_gap_ratio_count{job="toy_sharing"} 1.0' in figures
    assert 'energy_manager_plan_duration_seconds_count{job="toy_sharing"} 3.0' in figures


async def test_its_plans_become_schedules(client, container):
    request = {"power_kw": 10, "assets": ["asset_1", "asset_2"]}
    answer = await client.post(TOY, json=request, params={"activate": True, "id": "mine"})
    assert answer.headers["location"] == "/api/v1/schedules/mine"
    stored = container.store().repository.get("mine").schedule
    assert stored.blocks[0].targets == {"asset_1": 5, "asset_2": 5}
    stranger = await client.post(TOY, json={"power_kw": 1, "assets": ["asset_9"]}, params={"activate": True})
    assert stranger.json()["details"]["faults"][0]["field"] == "asset_9"


async def test_it_is_in_the_openapi_document(client):
    operation = (await client.get("/openapi.json")).json()["paths"][TOY]["post"]
    content = operation["requestBody"]["content"]["application/json"]
    assert content["schema"]["properties"]["power_kw"] == {
        "type": "integer", "minimum": 1, "maximum": 1000, "description": "kW",
    }  # fmt: skip
    assert content["example"] == {"power_kw": 10, "assets": ["asset_1", "asset_2"]}
    assert [parameter["name"] for parameter in operation["parameters"]] == ["spare", "activate", "preview", "id"]
    assert operation["responses"]["422"]["description"].endswith("there are no equal parts")


def test_it_has_a_command(tmp_path, capfd):
    (tmp_path / "request.json").write_text('{"power_kw": 10, "assets": ["a", "b"]}')
    app(["plan", "toy-sharing", "request.json"], standalone_mode=False)
    assert json.loads(capfd.readouterr().out) == {"each_kw": 5}
    with pytest.raises(Infeasible):
        app(["plan", "toy-sharing", "request.json", "--spare", "1"], standalone_mode=False)
    assert json.loads(capfd.readouterr().out)["error"] == "infeasible"
    with pytest.raises(Refused, match="--spare: must be a number, not 'x'"):
        app(["plan", "toy-sharing", "request.json", "--spare", "x"], standalone_mode=False)
    with pytest.raises(Refused, match="--id: only valid together with --activate"):
        app(["plan", "toy-sharing", "request.json", "--id", "x"], standalone_mode=False)


def test_its_command_explains_itself(capsys):
    app(["plan", "--help"], standalone_mode=False)
    assert "toy-sharing" in capsys.readouterr().out
    app(["plan", "toy-sharing", "--help"], standalone_mode=False)
    said = " ".join(capsys.readouterr().out.split())
    assert "A power in equal parts." in said
    assert "Exit code 3 where there are no equal parts." in said
    assert "--spare" in said
    assert "--from" not in said
    with pytest.raises(typer.TyperException, match="No such command"):
        app(["plan", "toy"], standalone_mode=False)


def test_check_tells_of_it(monkeypatch):
    monkeypatch.setenv("ENERGY_MANAGER_STORE__URL", "memory:")
    assert (
        "toy sharing plans on request: energy-manager plan toy-sharing, POST /api/v1/toy-sharing/plans; "
        "searched for at most 60 s; activated: authority schedule"
    ) in list(describe(None))
