"""``/api/v1/plan``: what comes, with the band around what is expected and what a storage loses on the way."""

from array import array
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.dispatch.site_view import AssetView, PccView, SiteView
from energy_manager.application.forecasting.quality import Quality
from energy_manager.application.overrides.ahead import StorageLimits
from energy_manager.domain.dispatch import AssetState
from energy_manager.domain.forecast import IssuedForecast, Unit
from energy_manager.domain.schedule import Schedule, TimeBlock
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.api.views.outlook import Outlook, outlook_routes
from energy_manager.entrypoints.settings import ApiSettings

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def forecast(name, *values, unit=Unit.KW, start=NOON, step=timedelta(hours=1)):
    instants_us = array("q", [round((start + n * step).timestamp() * 1e6) for n in range(len(values))])
    return IssuedForecast(name=name, unit=unit, issued_at=NOON, instants_us=instants_us, values=array("d", values))


def asset(asset_id, stored_wh):
    unknown = dict.fromkeys(("scheduled", "target", "output", "output_w", "potential", "lowest", "highest"))
    return AssetView(id=asset_id, **unknown, stored_wh=stored_wh, status_age_s=1.0, state=AssetState.OK, decided_by="")


PCC = PccView(
    meter="m",
    storage="b",
    import_kw=1.0,
    import_limit_kw=20.0,
    export_limit_kw=5.0,
    stored_kwh=4.0,
    capacity_kwh=10.0,
    reason="schedule",
)


@dataclass(kw_only=True)
class Planner:
    """A planner beside the loop that has planned."""

    made_at: datetime | None = NOON
    proof: str = "proved optimal"
    trouble: str = ""
    next_at: datetime = NOON + QUARTER
    expected: tuple = ()


class Nothing:
    going_on = ()


@pytest.fixture
def store():
    return InMemoryStore().repository


def plan(store, *, planner=None, quality=None, pcc=PCC, assets=None, limits=None, **query):
    assets = (asset("b", 4000.0), asset("home", 500.0), asset("lamp", None)) if assets is None else assets
    outlook = Outlook(
        store=store,
        book=Nothing(),
        site=lambda: SiteView(tick=None, assets=assets, shortfall=0, schedule_fault="", failure="", pcc=pcc),
        planner=planner,
        quality_of=lambda name, now: quality if name == "load" else None,
        now=lambda: NOON + timedelta(minutes=5),
        kw_per_step=1.0,
        power_unit="kW",
        limits=limits or {},
    )
    app = FastAPI()
    app.include_router(outlook_routes(outlook, Guard(ApiSettings())))
    response = TestClient(app, base_url="http://127.0.0.1").get("/api/v1/plan", params={"hours": 1, **query})
    assert response.status_code == 200
    return response.json()


def test_without_schedules_forecasts_and_planner_it_says_so_with_nulls(store):
    shown = plan(store, pcc=None, assets=())
    assert shown["times"] == [f"2026-03-02T12:{minute:02}:00Z" for minute in (0, 15, 30, 45)]
    assert (shown["assets"], shown["forecasts"]) == ({}, {})
    for name in ("stored_kwh", "loss_kwh", "grid_kw", "import_limit_kw", "made_at", "next_at"):
        assert shown[name] is None, name


def test_the_storage_of_the_grid_connection_loses_on_the_way_as_its_planner_counts_it(store):
    block = TimeBlock(start=NOON, end=NOON + 2 * QUARTER, targets={"b": -6, "home": 3})
    store.put(Schedule(id="day", source="manual", blocks=(block,)))
    shown = plan(store, limits={"b": StorageLimits(charge_efficiency=0.5, capacity_kwh=4.75)})
    assert shown["stored_kwh"] == shown["assets"]["b"]["stored_kwh"] == [4.0, 4.5, 4.75, 4.75]
    assert shown["loss_kwh"] == [0.5, 0.25, 0.0, 0.0]
    assert shown["assets"]["home"]["stored_kwh"] == [0.5, 0.0, 0.0, 0.0]


def test_what_began_since_the_begin_of_the_first_step_holds_for_it(store):
    store.put_forecast(forecast("load", 8.0, start=NOON + timedelta(minutes=4)))
    block = TimeBlock(start=NOON + timedelta(minutes=5), end=NOON + QUARTER, targets={"b": 8})
    store.put(Schedule(id="day", source="manual", blocks=(block,)))
    shown = plan(store)
    assert shown["forecasts"]["load"]["values"][0] == 8.0
    assert shown["assets"]["b"]["targets"] == [8, None, None, None]
    assert str(shown["grid_kw"]) == "[0.0, 8.0, 8.0, 8.0]"


def test_a_storage_that_rests_keeps_what_it_holds(store):
    assert plan(store)["stored_kwh"] == [4.0] * 4


def test_a_forecast_comes_with_the_band_in_which_four_of_five_values_lie(store):
    store.put_forecast(forecast("load", 8.0, 9.0))
    band = Quality(days=9, accuracy=None, start=NOON + QUARTER, step_s=900, low_kw=(5.0, 6.0), high_kw=(9.0, 10.0))
    load = plan(store, quality=band)["forecasts"]["load"]
    assert load["values"] == [8.0] * 4
    assert (load["low"], load["high"]) == ([None, 5.0, 6.0, None], [None, 9.0, 10.0, None])


def test_a_band_of_which_too_little_is_known_is_null(store):
    store.put_forecast(forecast("load", 8.0, 9.0))
    unknown = Quality(days=0, accuracy=None, start=NOON, step_s=900, low_kw=(), high_kw=())
    for quality in (unknown, None):
        load = plan(store, quality=quality)["forecasts"]["load"]
        assert (load["low"], load["high"]) == (None, None)


def test_what_the_plan_was_made_from_goes_before_what_is_stored(store):
    store.put_forecast(forecast("load", 8.0, 9.0))
    planner = Planner(expected=(forecast("load", 3.0), forecast("price", 0.3, unit=Unit.EUR_PER_KWH)))
    shown = plan(store, planner=planner)
    assert shown["forecasts"]["load"]["values"] == [3.0] * 4
    assert shown["forecasts"]["price"]["unit"] == "EUR/kWh"
    assert shown["grid_kw"] == [3.0] * 4
    assert (shown["made_at"], shown["next_at"]) == ("2026-03-02T12:00:00Z", "2026-03-02T12:15:00Z")
    assert (shown["proof"], shown["limited_by"]) == ("proved optimal", "")
    assert plan(store, planner=Planner(made_at=None))["made_at"] is None
