"""What is wrong now, from each of its sources, with its consequence."""

from energy_manager.application.alarms.sources import TroublesOfSite
from energy_manager.application.dispatch.site_view import AssetView, PccView, SiteView
from energy_manager.application.ports.schedules.durability import StoreState
from energy_manager.domain.clock_trust import TRUSTED, ClockTrust
from energy_manager.domain.dispatch import AssetState


class Store:
    def __init__(self, *, is_well=True):
        self.is_well = is_well

    def state(self):
        return StoreState(is_reachable=self.is_well, writer_is_alive=self.is_well, stored=0, dropped=0)


def asset(asset_id, state, scheduled=0, target=0, kind=""):
    return AssetView(
        id=asset_id,
        scheduled=scheduled,
        target=target,
        output=None,
        output_w=None,
        potential=None,
        lowest=None,
        highest=None,
        stored_wh=None,
        status_age_s=None,
        state=state,
        decided_by="",
        kind=kind,
    )


def view(*assets, pcc=None, shortfall=0, fault="", failure=""):
    return SiteView(tick=None, assets=assets, shortfall=shortfall, schedule_fault=fault, failure=failure, pcc=pcc)


def grid(import_kw):
    return PccView(
        meter="grid",
        storage="battery",
        import_kw=import_kw,
        import_limit_kw=10.0,
        export_limit_kw=5.0,
        stored_kwh=None,
        capacity_kwh=None,
        reason="schedule",
    )


def troubles(seen, *, store=None, trust=TRUSTED, oddities=(), planning=(), lost="", age_s=1.0):
    source = TroublesOfSite(
        site=lambda: seen,
        store=store or Store(),
        clock=lambda: trust,
        oddities=lambda: oddities,
        planning=lambda: planning,
        lost=lambda: lost,
        power_unit="kW",
        tick_age_s=lambda: age_s,
        period_s=2.0,
    )
    return {trouble.id.split(":")[0] if "schedule:" in trouble.id else trouble.id: trouble for trouble in source()}


def test_a_site_that_is_well_has_no_trouble():
    assert troubles(view(asset("a", AssetState.OK), pcc=grid(3.0))) == {}


def test_everything_that_is_wrong_around_the_loop_is_one_trouble_each():
    found = troubles(
        view(shortfall=7, fault="gone", failure="a bug"),
        store=Store(is_well=False),
        trust=ClockTrust(why="the clock is an hour ahead"),
        planning=("battery: there is no new plan",),
        lost="another process commands",
        age_s=60.0,
    )
    assert found.keys() == {"loop", "tick", "schedule", "shortfall", "lease", "store", "writer", "clock", "planning"}
    assert found["shortfall"].what == "7 kW of the schedule cannot be delivered."


def test_what_the_site_cannot_follow_is_a_trouble_with_its_sentence():
    assert troubles(view(), oddities=("'ghost' is no asset",))["schedule"].what == "'ghost' is no asset."


def test_an_asset_that_is_scheduled_says_what_it_lacks_and_who_carries_it():
    found = troubles(view(asset("a", AssetState.STALE, scheduled=50, target=0)))["asset:a"]
    assert found.consequence == "It is scheduled to deliver 50 kW. It counts as able to deliver nothing."
    assert found.done == "The others carry what it lacks."


def test_only_a_call_that_is_late_was_waited_for_before_it_was_called_so():
    states = [state for state in AssetState if state is not AssetState.OK]
    found = {state: troubles(view(asset("a", state)))["asset:a"].has_lasted for state in states}
    assert found == {state: state is AssetState.LATE for state in states}


def test_a_storage_that_is_to_be_charged_is_scheduled_to_take():
    found = troubles(view(asset("a", AssetState.FAILED, scheduled=-50)))["asset:a"]
    assert found.consequence == "It is scheduled to take 50 kW."


def test_a_meter_that_is_silent_delivers_nothing_and_controls_nothing():
    found = troubles(view(asset("grid", AssetState.FAILED, kind="meter")))["asset:grid"]
    assert (found.what, found.consequence) == (
        "grid answers with errors.",
        "What it measures is not known.",
    )


def test_the_grid_connection_is_a_trouble_where_it_is_beyond_a_limit_or_not_measured():
    assert troubles(view(pcc=grid(12.0))).keys() == {"pcc:import"}
    assert troubles(view(pcc=grid(-6.0))).keys() == {"pcc:export"}
    assert troubles(view(pcc=grid(10.04))) == {}  # reads as 10.0 of 10.0 kW
    assert troubles(view(pcc=grid(10.06))).keys() == {"pcc:import"}
    assert troubles(view(pcc=grid(None))).keys() == {"pcc:unknown"}
