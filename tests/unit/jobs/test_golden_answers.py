"""What planners answered before they were defined in one place, they answer still; refusals name the same fields."""

from datetime import date

import pytest

from energy_manager.adapters.registries import FileRegistry
from energy_manager.adapters.texts.json_text import error_document
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.jobs import planning_job
from energy_manager.entrypoints.jobs.appliances import AppliancesOptions
from energy_manager.entrypoints.jobs.definition.answering import plan_document
from energy_manager.entrypoints.jobs.flexibility import FlexibilityOptions
from energy_manager.entrypoints.jobs.peak_shaving import PeakShavingOptions
from energy_manager.entrypoints.jobs.production.options import ProductionOptions
from tests.support.golden import ASSETS, rows

OPTIONS = {
    "production": lambda said: ProductionOptions(**said, needs_co2_price=True),
    "flexibility": lambda said: FlexibilityOptions(
        registry=FileRegistry(path=ASSETS), today=date(2026, 11, 20), **said
    ),
    "peak_shaving": lambda said: PeakShavingOptions(**said),
    "appliances": lambda said: AppliancesOptions(time_limit_s=said.get("longest_s", 30.0)),
}


def outcome(job, row):
    form = next(form for form in job.forms if (row["form"] == "plans") == (form is job.own_form))
    options = OPTIONS[job.name](row["options"])
    result = plan_document(job, row["request"].encode(), options, path=form.path)
    if result.error is None:
        return {"answer": result.unwrap().document.decode(), "gap": result.gap}
    error = error_document(result.error)
    if isinstance(result.error, Refused):
        return {"error": error["error"], "fields": sorted({fault["field"] for fault in error["details"]["faults"]})}
    return error


def expected(row):
    if "answer" in row:
        return {"answer": row["answer"], "gap": row["gap"]}
    if "fields" in row:
        return {"error": row["error"], "fields": sorted(set(row["fields"]))}
    return {name: row[name] for name in ("error", "message", "details")}


CHANGED = {
    "production": {
        # pmin is 0 where it is not stated, keys may be in another letter case.
        *("refused Load", "refused an empty plant", "refused no pmin", "mutated several 9", "mutated several 18"),
        *("mutated powerplants.0 object", "mutated powerplants.1 object"),
        *("mutated without powerplants.0.pmin", "mutated without powerplants.2.pmin"),
        # Half a character is no JSON for anybody.
        *("refused name with half a character", "refused type with half a character"),
        # A byte order mark is passed over.
        "no json UTF-8 with a mark",
        # Unknown keys are refused; what they hold does not matter any more.
        *("no json NaN where nobody looks", "no json Infinity where nobody looks"),
    },
    "flexibility": {
        *("cost 0.001", "cost 0.29999999999999999999"),  # rounded to the cent
        # Unknown keys are refused at /assets too.
        'text assets {"volume":1,"asets":[]}',
        # What dp proved is the bound, too.
        *(f"registry {engine} {volume}" for engine in ("dp", "hybrid") for volume in (400, 900)),
        *(f"registry {engine} {volume} of day" for engine in ("dp", "hybrid") for volume in (400, 900)),
        *(f"inline {number}" for number in (12, 17, 20, 25, 26, 27)),
        # An asset that is available on every day says null, as in an offer; [] means never.
        *(f"assets {volume} 2026-11-{day}" for volume in (100, 777, 1500, 2000, "100.0", "1000.0") for day in (20, 21)),
        *(f"assets {volume} 2026-12-24" for volume in (1, 50, 100, 777, "100.0", "1000.0")),
        *("assets 1 2026-11-21", "assets 50 2026-11-21"),
        *(f"assets by {engine}" for engine in ("exact", "greedy", "dp", "hybrid")),
        # A day without any offer is named.
        *("mutated assets list", "mutated several 21"),
    },
    "peak_shaving": {
        "mutated several 34",  # a fault of the schedule is told beside a missing storage
        *("readings 15", "several storages 8"),  # the grid limit is stronger than restoring a reserve
        # Raw readings are planned from the start itself: the first step may be a partial one.
        *("readings 1", "readings 3", "readings 14", "readings 22"),
        # Steps of different length are summed one by one, which rounds the last digit of a sum differently.
        *("lists 12", "lists 13", "lists 21", "lists 59", "readings 2", "readings 16", "readings 19"),
        # Reasons name a storage and say what holds it: a reserve, or no power at all.
        *("readings 4", *(f"several storages {number}" for number in (1, 4, 5, 10))),
        *("mutated storage.max_discharge_kw zero", "mutated list storages.1.capacity_kwh zero"),
    },
    "appliances": {
        # An event of no known kind needs no other fields.
        *(f"mutated events.1.event {word}" for word in ("nan", "half", "object", "huge", "negative", "list")),
        *("mutated without events.1.event", "mutated events.2.event list", "mutated events.2 object"),
        *("mutated several 4", "mutated several 11", "mutated several 30"),
        "power 1e-45",  # 50 decimals are read, as in production
        "day 36",  # a run whose time came during an outage says so
        # Where money counts a battery is planned by what its energy is worth.
        *("day 5", "day 22", "cost 1", "cost 2", "cost 3", "strategy 2"),
    },
}
"""What changed on purpose, by job and request."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.no_cover if name == "appliances" else ()) for name in OPTIONS]
)
def test_answers_are_as_recorded(name):
    job = planning_job(name)
    differing = {}
    for row in rows(name):
        if row["name"] in CHANGED[name]:
            continue
        found, wanted = outcome(job, row), expected(row)
        if found != wanted:
            differing[row["name"]] = {"request": row["request"][:300], "wanted": wanted, "found": found}
    assert differing == {}


@pytest.mark.parametrize("name", OPTIONS)
def test_what_changed_on_purpose_did_change(name):
    changed = [row for row in rows(name) if row["name"] in CHANGED[name]]
    assert {row["name"] for row in changed} == CHANGED[name]
    assert all(outcome(planning_job(name), row) != expected(row) for row in changed)
