"""How the site stands: the newest tick and the devices' last words, put together for whoever looks."""

import json

import pytest

from energy_manager.adapters.devices import Measurement
from energy_manager.application.dispatch import HoldGridLimit
from energy_manager.application.ticking import TickStart
from energy_manager.domain.dispatch import AssetState
from energy_manager.domain.peak_shaving.grid_limit import GridLimitSettings
from tests.support.surveyed_site import NOON, SurveyedSite


def short_site():
    """a can deliver 50 of its 100, b the rest; c is scheduled but not there."""
    return SurveyedSite({"a": 100, "b": 100, "c": 10}, {"a": 50, "b": 300}, decided_by={"a": "shared", "b": "manual:x"})


def asset(site, asset_id):
    return next(asset for asset in site.survey().assets if asset.id == asset_id)


def test_before_the_first_tick_nothing_is_scheduled_and_nobody_was_told():
    view = short_site().survey()
    assert view.tick is None
    assert [(entry.id, entry.scheduled, entry.target, entry.state) for entry in view.assets] == [
        ("a", None, None, AssetState.ABSENT),
        ("b", None, None, AssetState.ABSENT),
    ]
    assert (view.scheduled_total, view.target_total, view.shortfall, view.schedule_fault) == (0, 0, 0, "")


def test_a_tick_is_told_with_its_time_of_day_and_lag_and_the_ticks_that_were_skipped():
    site = short_site()
    site.statistics.skipped = 3
    site.tick(lag_s=0.25)
    site.clock.sleep_until(101.0)
    tick = site.survey().tick
    assert (tick.number, tick.at, tick.lag_s, tick.skipped) == (0, NOON, 0.25, 3)


def test_each_asset_has_schedule_target_and_status_and_its_age_and_who_decided():
    site = short_site()
    site.tick()
    site.clock.sleep_until(103.5)
    a, b = asset(site, "a"), asset(site, "b")
    assert (a.scheduled, a.target, a.potential, a.status_age_s, a.state, a.decided_by) == (
        100,
        50,
        50,
        3.5,
        "ok",
        "shared",
    )
    assert (b.scheduled, b.target, b.potential, b.decided_by) == (100, 160, 300, "manual:x")
    assert a.output == 0, "it was read before it was told"
    site.tick()
    assert (asset(site, "a").output, asset(site, "b").output) == (50, 160)


def test_what_no_schedule_speaks_for_is_not_scheduled_rather_than_scheduled_0():
    site = SurveyedSite({"a": 0}, {"a": 50, "meter": 0}, told=("a",))
    site.tick()
    assert asset(site, "a").scheduled == 0
    assert (asset(site, "meter").scheduled, asset(site, "meter").target) == (None, None)
    assert json.loads(site.document())["assets"][1]["scheduled"] is None


def test_what_is_scheduled_without_a_device_is_there_and_absent():
    site = short_site()
    site.tick()
    c = asset(site, "c")
    assert (c.scheduled, c.target, c.output, c.potential, c.status_age_s) == (10, 0, None, None, None)
    assert (c.state, c.decided_by) == (AssetState.ABSENT, "")


def test_totals_and_shortfall_add_up():
    site = SurveyedSite({"a": 100, "b": 100}, {"a": 50, "b": 120, "idle": 0})
    site.tick()
    view = site.survey()
    assert (view.scheduled_total, view.target_total, view.shortfall) == (200, 170, 30)


def test_a_hung_device_is_late_and_its_last_word_is_told_with_its_age():
    site = short_site()
    site.tick()
    site.devices.hang("a")
    site.clock.sleep_until(102.0)
    site.tick()
    site.clock.sleep_until(104.0)
    a = asset(site, "a")
    assert (a.state, a.potential, a.status_age_s) == (AssetState.LATE, 50, 4.0)


def test_a_status_that_is_too_old_is_stale():
    site = short_site()
    site.tick()
    site.clock.sleep_until(125.5)
    assert asset(site, "b").state is AssetState.STALE


def test_what_is_too_old_to_be_believed_is_not_told_beside_its_age_as_if_it_were_so_now(pcc_site):
    pcc_site.tick()
    pcc_site.clock.sleep_until(125.5)
    battery = asset(pcc_site, "battery")
    assert battery.status_age_s == 25.5
    assert (battery.output, battery.output_w, battery.potential) == (None, None, None)
    assert (battery.lowest, battery.highest, battery.stored_wh) == (None, None, None)
    assert pcc_site.survey().pcc.stored_kwh is None
    of_kind = json.loads(pcc_site.document())["totals_by_kind"]["unknown"]
    assert of_kind == {"assets": 2, "measured": 0, "output_w": 0.0}


def test_what_a_late_device_measured_counts_as_long_as_it_is_believed():
    site = short_site()
    site.tick()
    site.tick()
    site.devices.hang("a")
    site.clock.sleep_until(102.0)
    site.tick()
    site.clock.sleep_until(104.0)
    assert asset(site, "a").state is AssetState.LATE
    assert json.loads(site.document())["totals_by_kind"]["unknown"] == {"assets": 3, "measured": 2, "output_w": 210e3}


def test_why_the_schedule_is_not_known_is_told():
    site = short_site()
    site.schedule.reading = type(site.schedule.reading)(targets=None, fault="it is gone")
    site.tick()
    view = site.survey()
    assert view.schedule_fault == "it is gone"
    assert [entry.target for entry in view.assets] == [0, 0]


def test_a_tick_that_could_not_be_decided_says_why():
    site = short_site()
    site.tick()
    site.send_targets.tell_fallbacks(TickStart(number=1, due_s=102.0, lag_s=0.0), failure="ZeroDivisionError('a bug')")
    view = site.survey()
    assert view.failure == "ZeroDivisionError('a bug')"
    assert [(entry.id, entry.target) for entry in view.assets] == [("a", 0), ("b", 0)]


@pytest.fixture
def pcc_site():
    """An import limit of 50 kW, 70 kW measured, and a battery that is scheduled to charge with 8 kW and does."""
    limits = GridLimitSettings(
        import_limit_kw=50,
        export_limit_kw=20,
        max_charge_kw=60,
        max_discharge_kw=60,
        min_kwh=0,
        capacity_kwh=80,
        tick_s=2,
    )
    return SurveyedSite(
        {"battery": -8},
        {"battery": 60, "meter": 0},
        decided_by={"battery": "shared"},
        told=("battery",),
        hold_grid_limit=HoldGridLimit(settings=limits, meter="meter", storage="battery", kw_per_step=1.0),
        measurements={
            "meter": lambda: Measurement(power_w=-70_000),
            "battery": lambda: Measurement(power_w=-8000, lowest_w=-60_000, highest_w=60_000, stored_wh=30_000),
        },
    )


def test_the_grid_connection_is_told_with_its_limits_and_what_the_storage_holds(pcc_site):
    pcc = pcc_site.survey().pcc
    assert (pcc.import_kw, pcc.stored_kwh, pcc.reason) == (None, None, "schedule")
    pcc_site.tick()
    pcc = pcc_site.survey().pcc
    assert (pcc.meter, pcc.storage, pcc.import_kw, pcc.stored_kwh, pcc.capacity_kwh) == (
        "meter",
        "battery",
        70.0,
        30.0,
        80,
    )
    assert (pcc.import_limit_kw, pcc.export_limit_kw, pcc.reason) == (50, 20, "import limit")


def test_what_the_storage_held_too_long_ago_is_not_what_it_holds(pcc_site):
    pcc_site.tick()
    pcc_site.clock.sleep_until(125.5)
    assert pcc_site.survey().pcc.stored_kwh is None
    assert asset(pcc_site, "battery").stored_wh is None


def test_a_storage_that_keeps_the_limit_was_decided_by_it(pcc_site):
    pcc_site.tick()
    battery = asset(pcc_site, "battery")
    assert battery.decided_by == "grid_limit"
    assert battery.target > battery.scheduled == -8


def test_a_storage_on_schedule_was_decided_by_its_schedule(pcc_site):
    pcc_site.devices.measurements["meter"] = lambda: Measurement(power_w=-40_000)
    pcc_site.tick()
    assert asset(pcc_site, "battery").decided_by == "shared"


def test_a_meter_takes_no_target_and_measurements_tell_negative_outputs(pcc_site):
    pcc_site.tick()
    assert (asset(pcc_site, "meter").target, asset(pcc_site, "meter").output) == (None, -70)
    battery = asset(pcc_site, "battery")
    assert (battery.output, battery.output_w, battery.stored_wh) == (-8, -8000, 30_000)
    assert (battery.lowest, battery.highest, battery.potential) == (-60, 60, 60)
    meter = asset(pcc_site, "meter")
    assert (meter.lowest, meter.highest, meter.potential, meter.stored_wh) == (None, None, 0, None)
    assert pcc_site.survey().target_total == asset(pcc_site, "battery").target


def test_the_document_is_what_programs_were_promised():
    site = short_site()
    site.clock.sleep_until(100.0123)
    site.tick(lag_s=0.0014)
    document = json.loads(site.document())
    assert document["tick"] == {"number": 0, "at": "2026-03-02T12:00:00.012Z", "lag_ms": 1.4, "skipped": 0}
    assert document["assets"][0] == {
        "id": "a",
        "scheduled": 100,
        "target": 50,
        "released": False,
        "output": 0,
        "output_w": 0,
        "potential": 50,
        "lowest": None,
        "highest": 50,
        "stored_wh": None,
        "capacity_wh": 4000.0,
        "status_age_s": 0.001,
        "state": "ok",
        "trouble": None,
        "decided_by": "shared",
        "kind": None,
        "reason": "cannot deliver all, or its limits",
        "set_by_hand": None,
    }
    assert document["assets"][2]["decided_by"] is None
    totals = ("site", "power_unit", "scheduled_total", "target_total", "shortfall", "schedule_fault", "failure", "pcc")
    assert [document[key] for key in totals] == ["test", "kW", 210, 210, 0, "", "", None]


def test_the_document_of_a_site_that_has_not_ticked_says_so(pcc_site):
    document = json.loads(pcc_site.document())
    assert document["tick"] is None
    assert document["pcc"]["import_limit_kw"] == 50


def test_a_grid_connection_whose_meter_is_silent_is_not_measured(pcc_site):
    pcc_site.tick()
    pcc_site.clock.sleep_until(pcc_site.clock.now_s() + 26.0)
    assert pcc_site.survey().pcc.import_kw is None
