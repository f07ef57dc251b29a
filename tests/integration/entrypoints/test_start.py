"""A start loads what its command needs and no more: hundreds of modules wait a second for their first use."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

HEAVY = frozenset(
    {
        "alembic",
        "asyncio",
        "dependency_injector",
        "fastapi",
        "energy_manager.application.dispatch",
        "highspy",
        "jinja2",
        "httpx2",
        "loguru",
        "numpy",
        "paho",
        "prometheus_client",
        "pydantic",
        "pydantic_settings",
        "rich",
        "sqlalchemy",
        "sunspec2",
        "uvicorn",
        "websockets",
        "yaml",
        "energy_manager.adapters.devices.ocpp",
        "energy_manager.adapters.devices.templated",
        "energy_manager.adapters.prices.sources",
        "energy_manager.domain.appliances.timetable",
        "energy_manager.domain.flexibility.assets",
        "energy_manager.domain.least_cost.engine",
        "energy_manager.domain.peak_shaving.exact",
        "energy_manager.domain.production.search",
        "energy_manager.domain.schedule",
        "energy_manager.entrypoints.jobs.definition",
    }
)
"""What takes long, or brings much with it."""

OF_SETTINGS = {"pydantic", "pydantic_settings", "asyncio", "energy_manager.domain.schedule"}
OF_THE_LOOP = OF_SETTINGS | {"dependency_injector", "loguru", "energy_manager.application.dispatch"}
OF_PRODUCTION = OF_SETTINGS | {
    "energy_manager.domain.production.search",
    "energy_manager.entrypoints.jobs.definition",
}


def loaded_by(tmp_path, *arguments, stdin=""):
    """The modules that a command loads, in a process of its own."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("ENERGY_MANAGER_")}
    environment = {
        **ours,
        "ENERGY_MANAGER_STORE__URL": "memory:",
        "ENERGY_MANAGER_DISPATCH__PHASE_S": "0",
        "ENERGY_MANAGER_API__PORT": "0",
        "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
    }
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "energy_manager.entrypoints.cli", *arguments],
        cwd=tmp_path,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    lines = (line for line in ended.stderr.splitlines() if line.startswith("import time:"))
    return {line.rpartition("|")[2].strip() for line in lines}


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (("--version",), set()),
        (("--help",), set()),
        (("check",), OF_SETTINGS),
        (("plan", "production"), OF_PRODUCTION),
        (("run", "--no-api", "--for", "0"), OF_THE_LOOP),
    ],
)
def test_a_command_loads_what_it_needs_and_nothing_else_that_takes_long(tmp_path, arguments, needed):
    plants = '{"load": 10, "fuels": {"gas(euro/MWh)": 10, "kerosine(euro/MWh)": 20, "co2(euro/ton)": 0, "wind(%)": 0},'
    plants += '"powerplants": [{"name": "a", "type": "gasfired", "efficiency": 0.5, "pmin": 0, "pmax": 20}]}'
    loaded = loaded_by(tmp_path, *arguments, stdin=plants if arguments[0] == "plan" else "")
    assert loaded & HEAVY == needed


def test_a_loop_with_its_api_leaves_the_solver_to_those_who_plan(tmp_path):
    assert "highspy" not in loaded_by(tmp_path, "run", "--for", "0")
