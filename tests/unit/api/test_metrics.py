"""``/metrics``: the figures are those of loop, devices, store and planners, in watts and seconds."""

import sys

import pytest
from fastapi import FastAPI
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from energy_manager.adapters.devices import Measurement
from energy_manager.adapters.runtime.output import DroppingStream
from energy_manager.application.dispatch import HoldGridLimit
from energy_manager.application.ports.devices.device_gateway import DeviceHealth
from energy_manager.application.ports.schedules.durability import StoreState
from energy_manager.domain.errors import Infeasible
from energy_manager.domain.peak_shaving.grid_limit import GridLimitSettings
from energy_manager.entrypoints.api.operation.metrics import PlanFigures, SiteCollector, metrics_routes
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.container.site_container import Container
from energy_manager.entrypoints.jobs.definition.answering import Answer
from energy_manager.entrypoints.settings import ApiSettings, Settings, StoreSettings
from energy_manager.entrypoints.site_file import DEMO_SITE, read_site_file
from tests.support.surveyed_site import SurveyedSite


class Scraped:
    """A site and its figures as Prometheus reads them."""

    def __init__(self, site, *, watts_per_step=1000.0):
        self.site = site
        self.store_state = StoreState(is_reachable=True, waiting=5, stored=40, dropped=2)
        self.dropped_events = 0
        self.is_logging = True
        registry = CollectorRegistry()
        registry.register(
            SiteCollector(
                survey=site.survey,
                statistics=site.statistics,
                devices=site.devices,
                store=self,
                dropped_events=lambda: self.dropped_events,
                is_logging=lambda: self.is_logging,
                wrong_tokens=lambda: 0,
                watts_per_step=watts_per_step,
            )
        )
        self.plans = PlanFigures(registry)
        app = FastAPI()
        app.include_router(metrics_routes(registry, Guard(ApiSettings())))
        self.client = TestClient(app)

    def state(self):
        return self.store_state

    def families(self):
        response = self.client.get("/metrics")
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/plain; version=")
        return {family.name: family for family in text_string_to_metric_families(response.text)}

    def samples(self):
        """Every figure by its name and labels, without the product's name."""
        return {
            (sample.name.removeprefix("energy_manager_"), *sample.labels.values()): sample.value
            for family in self.families().values()
            for sample in family.samples
        }


@pytest.fixture
def scraped():
    return Scraped(SurveyedSite({"a": 100, "b": 100, "ghost": 5}, {"a": 50, "b": 120}))


def test_powers_are_in_watts_by_asset_of_the_site_file_alone(scraped):
    scraped.site.tick()
    scraped.site.tick()
    figures = scraped.samples()
    names = ("scheduled_watts", "target_watts", "output_watts", "potential_watts")
    assert [figures[name, "a"] for name in names] == [100_000, 50_000, 50_000, 50_000]
    assert [figures[name, "b"] for name in names] == [100_000, 120_000, 120_000, 120_000]
    assert figures["shortfall_watts",] == 35_000
    assert not [labels for labels in figures if "ghost" in labels], "whoever puts schedules cannot make series"


def test_a_site_that_counts_in_watts_is_not_converted():
    scraped = Scraped(SurveyedSite({"a": 100}, {"a": 300}), watts_per_step=1.0)
    scraped.site.tick()
    assert scraped.samples()["target_watts", "a"] == 100


def test_before_the_first_tick_there_are_no_targets(scraped):
    figures = scraped.samples()
    assert ("target_watts", "a") not in figures
    assert ("status_age_seconds", "a") not in figures
    assert figures["devices", "absent"] == 2
    assert figures["ticks_total",] == 0


def test_lags_are_a_histogram_in_seconds(scraped):
    for lag_s in (0.0001, 0.0003, 0.003, 7.0):
        scraped.site.tick(lag_s=lag_s)
    figures = scraped.samples()
    buckets = {
        bound: figures["tick_lag_seconds_bucket", bound] for bound in ("0.0001", "0.0005", "0.005", "5.0", "+Inf")
    }
    assert buckets == {"0.0001": 1, "0.0005": 2, "0.005": 3, "5.0": 3, "+Inf": 4}
    assert figures["tick_lag_seconds_count",] == 4
    assert figures["tick_lag_seconds_sum",] == pytest.approx(7.0034)


def test_ticks_and_those_that_were_skipped_are_counted(scraped):
    scraped.site.statistics.skipped = 3
    scraped.site.tick()
    figures = scraped.samples()
    assert (figures["ticks_total",], figures["ticks_skipped_total",]) == (1, 3)


def test_calls_are_counted_by_asset_kind_and_result(scraped):
    scraped.site.devices.hang("a")
    for _ in range(3):
        scraped.site.tick()
    figures = scraped.samples()
    assert figures["device_calls_total", "a", "target", "ok"] == 0
    assert figures["device_calls_total", "a", "target", "superseded"] == 2
    assert figures["device_calls_total", "b", "target", "ok"] == 3
    assert figures["device_calls_total", "b", "status", "failed"] == 0


def test_overdue_devices_and_the_age_of_statuses_are_told(scraped):
    scraped.site.tick()
    scraped.site.devices.hang("a")
    scraped.site.tick()
    scraped.site.clock.sleep_until(104.0)
    figures = scraped.samples()
    assert figures["devices_overdue",] == 1
    assert [figures["devices", state] for state in ("late", "failed", "absent", "stale", "ok")] == [1, 0, 0, 0, 1]
    assert figures["status_age_seconds", "b"] == 4.0


def test_the_grid_connection_is_told_where_there_is_one():
    limits = GridLimitSettings(
        import_limit_kw=50,
        export_limit_kw=20,
        max_charge_kw=60,
        max_discharge_kw=60,
        min_kwh=0,
        capacity_kwh=80,
        tick_s=2,
    )
    hold = HoldGridLimit(settings=limits, meter="meter", storage="battery", kw_per_step=1.0)
    measurements = {
        "meter": lambda: Measurement(power_w=12_500),
        "battery": lambda: Measurement(power_w=-2600.4, lowest_w=-60_000, highest_w=60_000, stored_wh=30_000),
    }
    site = SurveyedSite(
        {"battery": 0}, {"battery": 60, "meter": 0}, told=("battery",), hold_grid_limit=hold, measurements=measurements
    )
    scraped = Scraped(site)
    assert ("pcc_import_watts",) not in scraped.samples(), "it was not measured yet"
    site.tick()
    figures = scraped.samples()
    assert figures["pcc_import_watts",] == -12_500
    assert (figures["pcc_import_limit_watts",], figures["pcc_export_limit_watts",]) == (50_000, 20_000)
    assert (figures["output_watts", "meter"], figures["output_watts", "battery"]) == (12_500, -2600.4)
    assert (figures["lowest_watts", "battery"], figures["highest_watts", "battery"]) == (-60_000, 60_000)
    assert figures["stored_energy_joules", "battery"] == 30_000 * 3600
    assert ("lowest_watts", "meter") not in figures, "what is not known is absent, and not 0"


def test_a_measurement_that_is_too_old_to_be_believed_is_absent(scraped):
    scraped.site.tick()
    assert scraped.samples()["output_watts", "a"] == 0
    scraped.site.clock.sleep_until(scraped.site.clock.now_s() + 25.1)
    figures = scraped.samples()
    assert not [labels for labels in figures if labels[0] in {"output_watts", "potential_watts"}]
    assert figures["target_watts", "a"] == 50_000, "what was told is no measurement"


def test_the_store_and_what_was_dropped_are_told(scraped):
    scraped.dropped_events = 7
    figures = scraped.samples()
    names = ("store_reachable", "store_waiting_records", "store_stored_records_total", "store_dropped_records_total")
    assert [figures[name,] for name in names] == [1, 5, 40, 2]
    assert figures["log_dropped_events_total",] == 7
    scraped.store_state = StoreState(is_reachable=False, trouble="gone")
    assert scraped.samples()["store_reachable",] == 0


def test_lines_that_nobody_read_are_told(scraped, monkeypatch, tmp_path):
    with (tmp_path / "out").open("w") as out:
        stream = DroppingStream(out.fileno())
        stream.dropped = 11
        monkeypatch.setattr(sys, "stdout", stream)
        figures = scraped.samples()
    assert figures["output_dropped_lines_total", "stdout"] == 11
    assert figures["output_dropped_lines_total", "stderr"] == 0


def test_plans_are_timed_and_counted_by_job_and_result(scraped):
    scraped.plans.answered("flexibility", Answer(document=b"", failure=None, plan_ms=1500.0))
    scraped.plans.answered("flexibility", Answer(document=b"", failure=Infeasible, plan_ms=0.5))
    figures = scraped.samples()
    assert figures["plan_duration_seconds_count", "flexibility"] == 2
    assert figures["plan_duration_seconds_sum", "flexibility"] == pytest.approx(1.5005)
    assert figures["plan_duration_seconds_bucket", "flexibility", "1.0"] == 1
    assert figures["plans_total", "flexibility", "planned"] == 1
    assert figures["plans_total", "flexibility", "infeasible"] == 1
    assert figures["plans_total", "production", "planned"] == 0, "every job is there from the start"


def test_gaps_are_counted_where_a_bound_is_known(scraped):
    for gap in (0.0, 0.0, 0.05, None):
        scraped.plans.answered("flexibility", Answer(document=b"", failure=None, plan_ms=1.0, gap=gap))
    figures = scraped.samples()
    assert [figures["plan_gap_ratio_bucket", "flexibility", bound] for bound in ("0.0", "0.01", "0.1")] == [2, 2, 3]
    assert figures["plan_gap_ratio_count", "flexibility"] == 3


def test_whatever_an_asset_is_called_and_claims_the_figures_can_be_read():
    name = 'a "quoted" \\ name\nwith {braces}, é and ⚡'
    scraped = Scraped(SurveyedSite({name: 1}, {name: 2**63 - 1}))
    scraped.site.tick()
    figures = scraped.samples()
    assert figures["target_watts", name] == 1000
    assert figures["potential_watts", name] == pytest.approx(1e3 * 2**63)


def test_names_say_their_unit_and_counters_end_in_total(scraped):
    scraped.site.tick()
    for name, family in scraped.families().items():
        assert family.documentation, name
        assert name.startswith(("energy_manager_", "process_")), name
        assert not name.endswith(("_kw", "_ms", "_kwh")), name


@pytest.mark.no_cover
def test_two_sites_in_one_process_have_figures_of_their_own():
    containers = [
        Container(
            settings=Settings(api=ApiSettings(port=0), store=StoreSettings(url="memory:")),
            site=read_site_file(DEMO_SITE),
        )
        for _ in range(2)
    ]
    # One registry for both would refuse the second one's figures.
    apis = [container.api() for container in containers]
    assert apis[0].url != apis[1].url
    containers[0].statistics().ran(at_s=1.0, lag_s=0.0)
    assert [container.statistics().ticks for container in containers] == [1, 0]
    for api in apis:
        api.close()


def test_an_asset_that_does_not_do_what_it_is_told_is_seen_with_what_it_counts_as():
    site = SurveyedSite({"a": 100, "b": 100}, {"a": 300, "b": 300})
    scraped = Scraped(site)
    site.devices.refuse("b")
    for tick in range(4):
        site.clock.sleep_until(100.0 + 2.0 * tick)
        site.tick()
    figures = scraped.samples()
    assert (figures["target_watts", "b"], figures["counts_as_watts", "b"]) == (100_000, 0)
    assert ("counts_as_watts", "a") not in figures
    assert (figures["devices", "failed"], figures["devices", "ok"]) == (1, 1)
    assert figures["target_watts", "a"] == 200_000


def test_readings_that_are_not_believed_are_counted():
    site = SurveyedSite({"a": 100}, {"a": 300})
    scraped = Scraped(site)
    site.devices.measurements["a"] = lambda: Measurement(power_w="300")
    site.tick()
    figures = scraped.samples()
    assert figures["device_implausible_readings_total", "a"] == 1
    assert ("output_watts", "a") not in figures
    assert figures["devices", "failed"] == 1
    assert ("device_register_writes_total", "a") not in figures, "a device in memory does not know"


def test_what_a_devices_registers_bear_is_told():
    class Worn(SurveyedSite):
        """Its one device has a driver that counts."""

        def health(self):
            return {"a": DeviceHealth(missing=2, writes=7, refused_writes=1, writes_left=3)}

    site = Worn({"a": 100}, {"a": 300})
    site.devices.health = site.health
    figures = Scraped(site).samples()
    said = ("missing_values_total", "register_writes_total", "refused_writes_total", "writes_left")
    assert [figures[f"device_{name}", "a"] for name in said] == [2, 7, 1, 3]
