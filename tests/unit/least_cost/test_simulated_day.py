"""A site of simulated devices whose days pass faster, and what is expected of them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from energy_manager.adapters.devices.simulated.day import SimulatedDay, SimulatedOutlook
from energy_manager.adapters.runtime.clocks import FastClock
from energy_manager.adapters.storage import IN_MEMORY
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.container.site_container import Container
from energy_manager.entrypoints.settings import Settings
from energy_manager.entrypoints.site_file import read_site_file

MIDNIGHT = datetime(2026, 6, 21, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[3] / "examples" / "least_cost.toml"


def test_a_day_repeats_and_its_powers_hold_for_equal_parts_of_it():
    day = SimulatedDay(load_kw=[1.0, 3.0], production_kw=[0.0, 0.0, 5.0, 0.0])
    assert [day.base_kw(3600.0 * hour) for hour in (0, 11.9, 12.0, 17.9, 18.0, 24.0)] == [1, 1, -2, -2, 3, 1]


def test_what_is_expected_of_a_simulated_day_is_its_means():
    outlook = SimulatedOutlook(day=SimulatedDay(load_kw=[1.0, 3.0], production_kw=[2.0]), midnight=MIDNIGHT)
    edges = [MIDNIGHT + timedelta(hours=hour) for hour in (0, 6, 12, 18, 30)]
    assert outlook.outlook(edges).load_kw == pytest.approx((1.0, 1.0, 3.0, 2.0), abs=0.1)
    assert outlook.outlook(edges).production_kw == pytest.approx((2.0,) * 4)
    assert outlook.outlook(edges).is_tried


def test_a_fast_clock_begins_where_it_is_told_to_and_never_disagrees_with_itself():
    clock = FastClock(start=MIDNIGHT, speed=3600.0)
    first, later = clock(), clock()
    assert first.at >= MIDNIGHT
    assert (later.at - first.at).total_seconds() == pytest.approx(first.elapsed_until(later).total_seconds(), abs=1e-3)


def test_the_example_is_a_site_whose_made_up_days_are_kept_nowhere():
    container = Container(settings=Settings(), site=read_site_file(EXAMPLE))
    assert isinstance(container.machine_clock(), FastClock)
    assert type(container.store()).__name__ == "InMemoryStore", IN_MEMORY
    planning = container.site_planning()
    assert planning.subject == "least cost"
    assert [car.id for car in planning.site.cars] == ["car"]
    assert container.send_targets().hold_grid_limit.guidance is container.guided()
    assert container.send_targets().hold_grid_limit.is_planned


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("[pcc]", '[[assets]]\nid = "real"\ndriver = "shared"\n\n[pcc]'), "has simulated devices only"),
        (("[assets.day] ", "[planning.peak_shaving]\n[assets.day] "), "one storage has one planner"),
        (("[planning.least_cost]\n", '[planning.least_cost]\nstorage = "car"\n'), "must be the storage of [pcc]"),
        (('{ asset = "car", min', '{ asset = "battery", min'), "is the storage of [pcc] already"),
        (('{ asset = "car", min', '{ asset = "grid_meter", min'), "there must be an asset of this id of kind storage"),
        (("horizon_h = 30", "horizon_h = 30\nstep_s = 700"), "an hour must be a whole number of steps"),
        (
            ("horizon_h = 30", 'horizon_h = 30\nruns = [{ asset = "w", profile_kw = [1], until = "25:00" }]'),
            "is no time",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_planned_so_is_refused_where_it_is_said(tmp_path, change, said):
    text = EXAMPLE.read_text()
    assert change[0] in text
    path = tmp_path / "site.toml"
    path.write_text(text.replace(*change))
    with pytest.raises(Refused) as refusal:
        read_site_file(path)
    assert said in str(refusal.value)
