"""A plan as the site's schedule: which asset is told what, and when; what cannot be followed is refused."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from energy_manager.adapters.registries import GeneratedRegistry
from energy_manager.application.ports.schedules.durability import PutActivation, PutSchedule
from energy_manager.domain.errors import Infeasible, Refused
from energy_manager.domain.schedule import Source
from energy_manager.domain.site import PlanningSite
from energy_manager.entrypoints.jobs import planning_job
from energy_manager.entrypoints.jobs.appliances import AppliancesOptions
from energy_manager.entrypoints.jobs.definition.activation import ActivationOptions, schedule_of
from energy_manager.entrypoints.jobs.definition.answering import plan_document
from energy_manager.entrypoints.jobs.flexibility import FlexibilityOptions
from energy_manager.entrypoints.jobs.peak_shaving import PeakShavingOptions
from energy_manager.entrypoints.jobs.production.options import ProductionOptions

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
IN_KW = PlanningSite(controllable=("gas", "wind", "A", "B", "C", "battery", "second", "Oven", "Dishwasher"))
IN_W = PlanningSite(controllable=IN_KW.controllable, power_unit="W", storage="battery")

PLANTS = {
    "load": 130.4,
    "fuels": {"gas(euro/MWh)": 13.4, "co2(euro/ton)": 20, "wind(%)": 50},
    "powerplants": [
        {"name": "gas", "type": "gasfired", "efficiency": 0.5, "pmin": 10, "pmax": 200},
        {"name": "wind", "type": "windturbine", "efficiency": 1, "pmin": 0, "pmax": 100},
    ],
}
OFFER = {
    "volume": 100,
    "assets": [
        {"code": "A", "volume": 60, "activation_cost": 30.00},
        {"code": "B", "volume": 50, "activation_cost": 20.50},
        {"code": "C", "volume": 55, "activation_cost": 27.10},
    ],
}
STORAGE = {
    "start": "2026-03-02T12:00:00Z",
    "step_s": 900,
    "load_kw": [40.0, 80.0],
    "production_kw": [0.0, 12.5],
    "schedule": {"charge_kw": [0.0, 5.0]},
    "pcc": {"import_limit_kw": 50.0, "export_limit_kw": 1000.0},
    "storage": {"id": "battery", "capacity_kwh": 284, "stored_kwh": 120, "max_charge_kw": 175, "max_discharge_kw": 175},
}
DAY = {
    "day": "2026-03-29",
    "time_zone": "Europe/Berlin",
    "households": [{"id": "1", "threshold_w": 3105}],
    "requests": [
        {"household": "1", "appliance": "Oven", "power_w": 2400.5, "duration_min": 45, "priority": "normal",
         "max_delay_min": 30, "at_min": 600},
        {"household": "1", "appliance": "Dishwasher", "power_w": 1200, "duration_min": 180, "priority": "low",
         "max_delay_min": 720, "at_min": 610},
    ],
}  # fmt: skip
REGISTRY = GeneratedRegistry(count=100, total_kw=10_000, seed=0, base_price_factor=1.0)
FLEXIBILITY = FlexibilityOptions(registry=REGISTRY, today=date(2026, 3, 2))


def text(document, **changes):
    return json.dumps(document | changes).encode()


def wish(site=IN_KW, **more):
    return ActivationOptions(site=site, now=NOW, **more)


def activated(job, request, options, activation):
    return plan_document(planning_job(job), request, options, activation=activation)


def planned_by(job, request, options):
    return plan_document(planning_job(job), request, options)


def blocks_of(planned):
    schedule = schedule_of(planned.unwrap().change)
    return [(block.start.isoformat()[5:16], block.end.isoformat()[5:16], block.targets) for block in schedule.blocks]


def refused(planned):
    with pytest.raises(Refused) as refusal:
        planned.unwrap()
    return {fault.field: fault.message for fault in refusal.value.faults}


def test_plants_are_told_their_power_for_an_hour_from_now_on():
    planned = activated("production", text(PLANTS), ProductionOptions(), wish())
    # 130.4 MW: 50 of wind, 80.4 of gas.
    assert blocks_of(planned) == [("03-02T12:00", "03-02T13:00", {"wind": 50_000, "gas": 80_400})]
    change = planned.unwrap().change
    assert isinstance(change, PutSchedule)
    assert (change.schedule.id, change.schedule.source) == ("production", Source.PRODUCTION)


def test_a_site_in_watts_gets_watts():
    planned = activated("production", text(PLANTS), ProductionOptions(), wish(IN_W, minutes=15))
    assert blocks_of(planned) == [("03-02T12:00", "03-02T12:15", {"wind": 50_000_000, "gas": 80_400_000})]


def test_the_reply_is_the_same_with_and_without_activation():
    assert (
        activated("production", text(PLANTS), ProductionOptions(), wish()).unwrap().document
        == planned_by("production", text(PLANTS), ProductionOptions()).unwrap().document
    )
    assert (
        activated("flexibility", text(OFFER), FLEXIBILITY, wish()).unwrap().document
        == planned_by("flexibility", text(OFFER), FLEXIBILITY).unwrap().document
    )
    assert (
        activated("peak_shaving", text(STORAGE), PeakShavingOptions(), wish()).unwrap().document
        == planned_by("peak_shaving", text(STORAGE), PeakShavingOptions()).unwrap().document
    )


def test_the_schedule_has_the_name_that_is_wished():
    planned = activated("production", text(PLANTS), ProductionOptions(), wish(schedule_id="mine"))
    assert schedule_of(planned.unwrap().change).id == "mine"


def test_plants_that_the_site_has_not_are_refused():
    site = PlanningSite(controllable=("gas", "wind-park"))
    planned = activated("production", text(PLANTS), ProductionOptions(), wish(site))
    assert refused(planned) == {
        "wind": "the site has no asset of this name that takes targets; did you mean 'wind-park'?"
    }


def test_a_plan_that_there_is_none_of_or_that_tells_nobody_anything_activates_nothing():
    infeasible = activated("production", text(PLANTS, load=500), ProductionOptions(), wish())
    assert isinstance(infeasible.error, Infeasible)
    assert infeasible.answer is None
    empty = activated("production", text(PLANTS, load=0, powerplants=[]), ProductionOptions(), wish())
    assert "has no target for any asset" in refused(empty)["activate"]


def test_chosen_assets_deliver_their_volumes_as_an_activation_of_source_flexibility():
    planned = activated("flexibility", text(OFFER), FLEXIBILITY, wish())
    change = planned.unwrap().change
    assert isinstance(change, PutActivation)
    assert change.activation.schedule.source is Source.FLEXIBILITY
    assert change.activation.id.startswith("flexibility:2026-03-02T12:00Z:")
    assert change.activation.terms["asked_kw"] == 100
    assert change.activation.terms["assets"] == ["B", "C"]
    assert blocks_of(planned) == [("03-02T12:00", "03-02T13:00", {"B": 50, "C": 55})]


def test_two_activations_for_the_same_time_have_two_names():
    ids = {schedule_of(activated("flexibility", text(OFFER), FLEXIBILITY, wish()).unwrap().change).id for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("more", "start", "end"),
    [
        ({}, "03-03T00:00", "03-04T00:00"),
        ({"start": datetime(2026, 3, 3, 8, tzinfo=UTC)}, "03-03T08:00", "03-03T09:00"),
        ({"start": datetime(2026, 3, 3, 8, tzinfo=UTC), "minutes": 15}, "03-03T08:00", "03-03T08:15"),
    ],
)
def test_an_activation_holds_on_the_date_that_was_asked_for(more, start, end):
    planned = activated("flexibility", text(OFFER, date="2026-03-03"), FLEXIBILITY, wish(**more))
    assert blocks_of(planned) == [(start, end, {"B": 50, "C": 55})]


def test_an_activation_beyond_its_date_is_refused():
    planned = activated("flexibility", text(OFFER, date="2026-03-03"), FLEXIBILITY, wish(minutes=60))
    assert "is not within 2026-03-03" in refused(planned)["from"]


def test_a_storage_discharges_what_it_does_not_charge_and_whole_steps_keep_the_limit():
    planned = activated("peak_shaving", text(STORAGE), PeakShavingOptions(), wish())
    # The plan discharges 17.5 kW; 18 keep the import limit of 50 kW, 17 would not.
    assert blocks_of(planned) == [
        ("03-02T12:00", "03-02T12:15", {"battery": 0}),
        ("03-02T12:15", "03-02T12:30", {"battery": 18}),
    ]
    assert schedule_of(planned.unwrap().change).id == "peak_shaving:battery"


def test_in_watts_nothing_is_rounded():
    planned = activated("peak_shaving", text(STORAGE), PeakShavingOptions(), wish(IN_W))
    assert [targets for _, _, targets in blocks_of(planned)] == [{"battery": 0}, {"battery": 17_500}]


NAMELESS = STORAGE["storage"] | {"id": None}


def test_a_storage_without_a_name_is_the_asset_that_is_wished_or_that_keeps_the_grid_connection():
    request = text(STORAGE, storage=NAMELESS)
    by_wish = activated("peak_shaving", request, PeakShavingOptions(), wish(IN_W, asset="second"))
    assert schedule_of(by_wish.unwrap().change).assets == ("second",)
    by_site = activated("peak_shaving", request, PeakShavingOptions(), wish(IN_W))
    assert schedule_of(by_site.unwrap().change).assets == ("battery",)
    assert (
        "needs the name of its asset"
        in refused(activated("peak_shaving", request, PeakShavingOptions(), wish()))["storage.id"]
    )


def storages(*ids):
    document = {key: value for key, value in STORAGE.items() if key not in {"storage", "schedule"}}
    each = [STORAGE["storage"] | {"id": name, "schedule": {"charge_kw": [0.0, 2.5]}} for name in ids]
    return text(document, storages=each)


def test_several_storages_are_told_apart_by_their_ids_and_keep_the_limit_together():
    planned = activated("peak_shaving", storages("battery", "second"), PeakShavingOptions(), wish())
    *_, (_, _, last) = blocks_of(planned)
    assert set(last) == {"battery", "second"}
    assert sum(last.values()) >= 18
    assert schedule_of(planned.unwrap().change).id == "peak_shaving:battery,second"


def test_several_storages_need_different_names():
    twice = refused(activated("peak_shaving", storages("second", "second"), PeakShavingOptions(), wish()))
    assert twice == {"storages[1].id": "'second' is another storage already"}
    nameless = refused(activated("peak_shaving", storages("second", None), PeakShavingOptions(), wish(IN_W)))
    assert list(nameless) == ["storages[1].id"]


def test_a_plan_that_is_over_is_refused():
    late = ActivationOptions(site=IN_KW, now=NOW + timedelta(minutes=30))
    planned = activated("peak_shaving", text(STORAGE), PeakShavingOptions(), late)
    assert "the plan ends at 2026-03-02T12:30:00+00:00" in refused(planned)["activate"]


def test_appliances_draw_their_power_while_they_run_and_are_left_alone_while_they_rest():
    planned = activated("appliances", text(DAY), AppliancesOptions(), wish(IN_W))
    # 600 min after midnight of the day on which clocks go forward at 2: 11 o'clock in Berlin, 9 o'clock UTC.
    # The dishwasher waits for the oven: 3,600.5 W together would be too much. Half a watt is rounded up.
    assert blocks_of(planned) == [
        ("03-29T09:00", "03-29T09:45", {"Oven": -2401}),
        ("03-29T09:45", "03-29T12:45", {"Dishwasher": -1200}),
    ]
    change = planned.unwrap().change
    assert (schedule_of(change).id, schedule_of(change).source) == ("appliances:2026-03-29", Source.APPLIANCES)


def test_in_kilowatts_an_appliance_counts_as_whole_ones():
    planned = activated("appliances", text(DAY), AppliancesOptions(), wish())
    assert [targets for _, _, targets in blocks_of(planned)] == [{"Oven": -3}, {"Dishwasher": -2}]


def test_an_endless_run_lasts_until_the_day_ends():
    endless = [DAY["requests"][1] | {"duration_min": None}]
    planned = activated("appliances", text(DAY, requests=endless), AppliancesOptions(), wish(IN_W))
    assert blocks_of(planned) == [("03-29T09:10", "03-29T22:00", {"Dishwasher": -1200})]


def test_appliances_of_two_households_with_one_name_are_refused():
    households = [{"id": "1", "threshold_w": 3105}, {"id": "2", "threshold_w": 3105}]
    requests = [DAY["requests"][0], DAY["requests"][0] | {"household": "2"}]
    planned = activated(
        "appliances", text(DAY, households=households, requests=requests), AppliancesOptions(), wish(IN_W)
    )
    assert "an appliance of household '1' too" in refused(planned)["requests[1].appliance"]


BATTERY = {"capacity_wh": 4000, "power_w": 1000, "asset": "battery"}


def at_once(households):
    """The oven and the dishwasher at once: 3,600.5 W."""
    requests = [request | {"max_delay_min": 0, "at_min": 600} for request in DAY["requests"]]
    return text(DAY, households=households, requests=requests)


def test_the_battery_that_runs_count_on_is_told_with_them():
    household = DAY["households"][0]
    planned = activated("appliances", at_once([household | {"battery": BATTERY}]), AppliancesOptions(), wish(IN_W))
    # 3,600.5 W under a threshold of 3,105 W: the battery gives 495.5 W, in whole watts no less.
    start, end, targets = blocks_of(planned)[0]
    assert (start, end, targets) == ("03-29T09:00", "03-29T09:45", {"Oven": -2401, "Dishwasher": -1200, "battery": 496})
    nameless = activated(
        "appliances", at_once([household | {"battery": BATTERY | {"asset": None}}]), AppliancesOptions(), wish(IN_W)
    )
    assert blocks_of(nameless)[0][2] == {"Oven": -2401, "Dishwasher": -1200}


def test_a_battery_that_is_an_appliance_too_is_refused():
    planned = activated(
        "appliances",
        at_once([DAY["households"][0] | {"battery": BATTERY | {"asset": "Oven"}}]),
        AppliancesOptions(),
        wish(IN_W),
    )
    assert "'Oven' is an appliance or another battery too" in refused(planned)["households[0].battery.asset"]
