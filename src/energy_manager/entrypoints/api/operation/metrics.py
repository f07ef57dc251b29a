"""``/metrics``: the product in figures for Prometheus, in watts and seconds, worked out when they are asked for.

As many series as the site has assets and kinds of calls, whatever stored schedules name.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TypeAlias

import anyio
from fastapi import APIRouter, Depends, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from energy_manager.application.dispatch import ReadSiteState, TickStatistics
from energy_manager.application.dispatch.site_view import AssetView, PccView
from energy_manager.application.dispatch.statistics import LAG_BOUNDS_S
from energy_manager.application.mastership import Mastership
from energy_manager.application.ports.devices.device_gateway import DeviceGateway, DeviceHealth
from energy_manager.application.ports.schedules.durability import StoreWatch
from energy_manager.domain.clock_trust import TRUSTED, ClockTrust
from energy_manager.domain.dispatch import AssetState
from energy_manager.domain.quantities import AssetId
from energy_manager.entrypoints.api.http.errors import described_errors
from energy_manager.entrypoints.api.schemas import TEXT
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.jobs import JOBS
from energy_manager.entrypoints.jobs.definition.answering import Answer

PLAN_BOUNDS_S = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
"""Plans are timed between these: from a handful of plants to a search that uses up its time."""

GAP_BOUNDS = (0.0, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0)
"""Gaps are counted between these; 0 is a plan that is proved to be the best."""


class PlanFigures:
    """Counts and times the plans that were asked for; tell it from one thread."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._durations = Histogram(
            "energy_manager_plan_duration_seconds",
            "Time of the planner alone, as in Server-Timing",
            ["job"],
            buckets=PLAN_BOUNDS_S,
            registry=registry,
        )
        self._plans = Counter(
            "energy_manager_plans",
            "Plans that were asked for: planned, or the code of the error",
            ["job", "result"],
            registry=registry,
        )
        self._gaps = Histogram(
            "energy_manager_plan_gap_ratio",
            "Share of a plan's cost by which it may lie above the least; 0: proved",
            ["job"],
            buckets=GAP_BOUNDS,
            registry=registry,
        )
        for job in JOBS:
            self._durations.labels(job)
            self._plans.labels(job, "planned")

    def answered(self, job: str, answer: Answer) -> None:
        """Count an answer of a job."""
        self._durations.labels(job).observe(answer.plan_ms / 1e3)
        if answer.gap is not None:
            self._gaps.labels(job).observe(answer.gap)
        self._plans.labels(job, "planned" if answer.failure is None else answer.failure.code).inc()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiteCollector(Collector):
    """Reads what loop, devices, store and logs have counted; ``dropped_events`` are those that were not logged."""

    survey: ReadSiteState
    statistics: TickStatistics
    devices: DeviceGateway
    store: StoreWatch
    dropped_events: Callable[[], int]
    is_logging: Callable[[], bool]
    wrong_tokens: Callable[[], int]
    watts_per_step: float
    trust: Callable[[], ClockTrust] = lambda: TRUSTED
    mastership: Mastership | None = None
    oddities: Callable[[], Sequence[str]] = tuple

    def collect(self) -> Iterator[Metric]:
        """All figures as they are now."""
        yield from self._loop()
        yield from self._calls()
        yield from self._health()
        yield from self._site()
        yield from self._store()
        yield from self._drops()
        yield from self._clock()
        yield from self._master()

    def _loop(self) -> Iterator[Metric]:
        counts = tuple(self.statistics.lags_within)
        bounds = (*map(str, LAG_BOUNDS_S), "+Inf")
        yield HistogramMetricFamily(
            "energy_manager_tick_lag_seconds",
            "How long after its grid point a tick began",
            buckets=list(zip(bounds, accumulate(counts), strict=True)),
            sum_value=self.statistics.total_lag_s,
        )
        yield _counter("ticks", "Ticks that were run", self.statistics.ticks)
        yield _counter("ticks_skipped", "Ticks that were given up", self.statistics.skipped)

    def _calls(self) -> Iterator[Metric]:
        calls = CounterMetricFamily(
            "energy_manager_device_calls",
            "Calls to devices by how they ended; superseded: replaced by a newer one before it began",
            labels=["asset", "kind", "result"],
        )
        for (asset_id, kind), counts in self.devices.calls().items():
            for result in ("ok", "failed", "superseded"):
                calls.add_metric([asset_id, kind, result], getattr(counts, result))
        yield calls

    def _health(self) -> Iterator[Metric]:
        """What the devices' words and memory bear; what a driver does not know is absent."""
        health = self.devices.health()
        for name, what, count_of in _COUNTED:
            counted = CounterMetricFamily(f"energy_manager_device_{name}", what, labels=["asset"])
            for asset_id, said in health.items():
                count = count_of(said)
                if count is not None:
                    counted.add_metric([asset_id], count)
            yield counted
        left = [(asset_id, said.writes_left) for asset_id, said in health.items() if said.writes_left is not None]
        yield by_label("device_writes_left", "Writes that the device's stored registers bear now", "asset", left)

    def _site(self) -> Iterator[Metric]:
        view = self.survey()
        devices = set(self.devices.asset_ids)
        assets = [asset for asset in view.assets if asset.id in devices]
        states = [asset.state for asset in assets]
        yield gauge(
            "devices_overdue", "Devices with a call that has not come back in time", states.count(AssetState.LATE)
        )
        by_state = [(state, states.count(state)) for state in AssetState]
        yield by_label("devices", "Devices by how they stand", "state", by_state)
        ages_s = [(asset.id, asset.status_age_s) for asset in assets if asset.status_age_s is not None]
        yield by_label("status_age_seconds", "Age of the last good status", "asset", ages_s)
        yield from self._powers(assets)
        yield gauge("shortfall_watts", "What is scheduled and no asset can deliver", self._watts(view.shortfall))
        misfits = len(self.oddities())
        yield gauge("schedule_misfits", "Assets that schedules ask too much of, or that the site has not", misfits)
        yield gauge("schedule_known", "1 while the schedule is known", float(not view.schedule_fault))
        if view.pcc is not None:
            yield from _pcc(view.pcc)

    def _powers(self, assets: Sequence[AssetView]) -> Iterator[Metric]:
        """What was decided and measured; a measurement that is too old to be believed is absent."""
        for name, what, steps_of in _DECIDED:
            yield by_label(name, what, "asset", self._in_watts(assets, steps_of))
        max_age_s = self.survey.status_max_age_s
        believed = [asset for asset in assets if asset.status_age_s is not None and asset.status_age_s <= max_age_s]
        outputs = [(asset.id, asset.output_w) for asset in believed if asset.output_w is not None]
        yield by_label("counts_as_watts", _COUNTS_AS, "asset", self._in_watts(assets, _counts_as))
        yield by_label("output_watts", "What the asset delivers, below 0 while it takes power", "asset", outputs)
        for name, what, steps_of in _MEASURED:
            yield by_label(name, what, "asset", self._in_watts(believed, steps_of))
        stored = [(asset.id, 3600.0 * asset.stored_wh) for asset in believed if asset.stored_wh is not None]
        yield by_label("stored_energy_joules", "What a storage holds", "asset", stored)

    def _in_watts(
        self, assets: Sequence[AssetView], steps_of: Callable[[AssetView], int | None]
    ) -> list[tuple[AssetId, float]]:
        steps = ((asset.id, steps_of(asset)) for asset in assets)
        return [(asset_id, self._watts(power)) for asset_id, power in steps if power is not None]

    def _watts(self, steps: int) -> float:
        try:
            return steps * self.watts_per_step
        except OverflowError:  # a device may claim any whole number
            return math.inf if steps > 0 else -math.inf

    def _store(self) -> Iterator[Metric]:
        state = self.store.state()
        yield gauge("store_reachable", "1 while the store works", float(state.is_reachable))
        yield gauge("store_writer_alive", "1 while its writer lives", float(state.writer_is_alive))
        yield gauge("store_waiting_records", "Records that are not stored yet", state.waiting)
        yield _counter("store_stored_records", "Records that were stored", state.stored)
        yield _counter("store_dropped_records", "Records that were given up, oldest first", state.dropped)

    def _clock(self) -> Iterator[Metric]:
        trust = self.trust()
        yield gauge("clock_trusted", "1 while the wall clock agrees with the newest record", float(trust.is_trusted))
        off_s = trust.off.total_seconds()
        yield gauge("clock_offset_seconds", "How far a doubtful wall clock is ahead, negative: behind", off_s)

    def _master(self) -> Iterator[Metric]:
        if self.mastership is not None:
            held = float(self.mastership.may_command())
            yield gauge("master", "1 while this process may command the site's devices", held)
            yield gauge("lease_epoch", "Epoch of the lease that this process holds", self.mastership.epoch)

    def _drops(self) -> Iterator[Metric]:
        yield _counter("api_wrong_tokens", "Wrong tokens that were presented", self.wrong_tokens())
        yield gauge("log_writer_alive", "1 while events are logged", float(self.is_logging()))
        yield _counter("log_dropped_events", "Events that were not logged: too many at once", self.dropped_events())
        lines = CounterMetricFamily(
            "energy_manager_output_dropped_lines", "Lines dropped because they were not read in time", labels=["stream"]
        )
        for name, stream in (("stdout", sys.stdout), ("stderr", sys.stderr)):
            lines.add_metric([name], getattr(stream, "dropped", 0))
        yield lines


_COUNTED: tuple[tuple[str, str, Callable[[DeviceHealth], int | None]], ...] = (
    ("implausible_readings", "Readings that were not believed", lambda said: said.implausible),
    ("missing_values", "Values of the device's points that were missing or impossible", lambda said: said.missing),
    ("register_writes", "Writes to the device's registers", lambda said: said.writes),
    ("refused_writes", "Targets not written, because stored registers bear no more", lambda said: said.refused_writes),
)

_Powers: TypeAlias = tuple[tuple[str, str, Callable[[AssetView], int | None]], ...]

_COUNTS_AS = "What an asset counts as that does not do what it is told, or cannot be reached; absent: its target"


def _counts_as(asset: AssetView) -> int | None:
    said = asset.more.get("counts_as")
    return said if isinstance(said, int) else None


_DECIDED: _Powers = (
    ("scheduled_watts", "What the asset is meant to deliver", lambda asset: asset.scheduled),
    ("target_watts", "What the asset was told to deliver", lambda asset: asset.target),
)
_MEASURED: _Powers = (
    ("potential_watts", "What the asset counts as able to deliver", lambda asset: asset.potential),
    ("lowest_watts", "The least that the asset could be told", lambda asset: asset.lowest),
    ("highest_watts", "The most that the asset could be told", lambda asset: asset.highest),
)


def _pcc(pcc: PccView) -> Iterator[Metric]:
    if pcc.import_kw is not None:
        yield gauge("pcc_import_watts", "Import at the point of common coupling", 1e3 * pcc.import_kw)
    yield gauge("pcc_import_limit_watts", "The most that may be imported", 1e3 * pcc.import_limit_kw)
    yield gauge("pcc_export_limit_watts", "The most that may be exported", 1e3 * pcc.export_limit_kw)


def gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    """A figure of the product."""
    return GaugeMetricFamily(f"energy_manager_{name}", what, value=value)


def by_label(name: str, what: str, label: str, values: Iterable[tuple[str, float]]) -> GaugeMetricFamily:
    """A figure for each value of a label."""
    family = GaugeMetricFamily(f"energy_manager_{name}", what, labels=[label])
    for value, figure in values:
        family.add_metric([value], figure)
    return family


def _counter(name: str, what: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"energy_manager_{name}", what, value=value)


_ANSWER = {"description": "Prometheus' text format", "content": {"text/plain": {"schema": TEXT}}}


def metrics_routes(registry: CollectorRegistry, guard: Guard) -> APIRouter:
    """The figures of a registry, with those of the process; guarded, because they show the site."""
    ProcessCollector(registry=registry)
    routes = APIRouter(dependencies=[Depends(guard)])

    @routes.get(
        "/metrics",
        summary="Figures for Prometheus, in watts and seconds",
        response_class=Response,
        responses={200: _ANSWER, **described_errors(401, 403)},
    )
    async def metrics() -> Response:
        # In a thread: a thousand assets are close to a megabyte of text, and other requests need not wait for it.
        text = await anyio.to_thread.run_sync(generate_latest, registry)
        return Response(text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return routes
