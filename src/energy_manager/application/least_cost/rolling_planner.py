"""Beside the loop: the site is planned anew for least cost; its schedule is kept, and the loop is led by its values."""

from __future__ import annotations

from array import array
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from energy_manager.application.least_cost.current_guidance import CurrentGuidance
from energy_manager.application.least_cost.keep_prices import KeepPrices
from energy_manager.application.least_cost.live_site import Begun, LiveSite, ordered_kw
from energy_manager.application.least_cost.vehicles import Departures
from energy_manager.application.ports.clock import Clock
from energy_manager.application.ports.devices.status_repository import StatusRepository
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable
from energy_manager.application.ports.forecasts.site_outlook import SiteOutlook
from energy_manager.application.rolling import PlannedAnew, RollingPlan
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.forecast import KNOWN, IssuedForecast
from energy_manager.domain.least_cost import Guidance, Plan, Site, Target, step_prices
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import Decider, Source
from energy_manager.domain.series import Level, utc_text

SCHEDULE_ID = "least_cost:site"
"""The schedule of the site's plan; a new plan takes the place of the old one."""

LABEL = Decider(source=Source.LEAST_COST, schedule_id=SCHEDULE_ID).label
"""What a record says where that schedule decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveQuestion:
    """What a worker plans: the site, which storage the loop leads, and what the plan is called.

    Where the forecasts are not ``tried`` the plan is made of them all the same, but the storage is not led by it.
    """

    site: Site
    battery: AssetId
    plan_id: str
    currency: str
    zone: str
    begun: tuple[Begun, ...]
    is_tried: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSite(PlannedAnew):
    """A plan, its schedule, and what leads the battery."""

    plan: Plan
    guidance: Guidance


@dataclass(slots=True, kw_only=True)
class KeepSitePlanned(RollingPlan):
    """Plans the site anew; ``plan`` answers a question in another process."""

    site: LiveSite
    outlook: SiteOutlook
    prices: KeepPrices
    departures: Departures
    statuses: StatusRepository
    clock: Clock
    status_max_age_s: float
    kw_per_step: float
    plan: Callable[[LiveQuestion, datetime], Awaitable[PlannedSite]]
    guided: CurrentGuidance
    _in_force: Plan | None = field(default=None, init=False)
    _expected: tuple[IssuedForecast, ...] = field(default=(), init=False)

    @property
    def expected(self) -> tuple[IssuedForecast, ...]:
        return self._expected

    @property
    def subject(self) -> str:
        return "least cost"

    def versions(self, now: datetime) -> Mapping[str, int]:  # noqa: ARG002 - departures hold whenever they were said
        """A departure that was said, a car that came or went."""
        there = {f"car {car.id}": int(self._known_kwh(car.id) is not None) for car in self.site.cars}
        return {**self.departures.versions(), **there}

    async def make(self, now: datetime) -> PlannedSite:
        question = self._question(now)
        planned = await self.plan(question, now)
        self._expected = _expected_of(question.site, at=now, has_prices=bool(question.currency))
        return planned

    def take_over(self, planned: PlannedAnew) -> None:
        if isinstance(planned, PlannedSite):
            self._in_force = planned.plan
            self.guided.guidance = planned.guidance

    def _question(self, now: datetime) -> LiveQuestion:
        edges = self.site.edges(now)
        stored = self._stored_kwh()
        rates = self.prices.rates(edges[0], edges[-1], now=now)
        edges = self._priced(edges, rates[-1].end)
        outlook = self.outlook.outlook(edges)
        edges = edges[: len(outlook.load_kw) + 1]
        accepted = self.schedules.unfinished_at(now)
        before = self.schedules.get(SCHEDULE_ID)
        begun = [
            Begun(run=run, start=start)
            for run in self.site.runs
            if (start := self.site.begun(run, None if before is None else before.schedule, now)) is not None
        ]
        problem = self.site.problem(
            edges,
            outlook,
            step_prices(rates, edges),
            stored_kwh=stored,
            recent_buy=[float(rate.buy_per_kwh) for rate in self.prices.recent(now=now)],
            departures=self._targets(edges, stored),
            fixed={name: ordered_kw(accepted, name, edges, self.kw_per_step) for name in stored},
            begun=begun,
            planned_kw=self._planned_kw(edges),
        )
        return LiveQuestion(
            site=problem,
            battery=self.site.battery.id,
            plan_id=f"{SCHEDULE_ID}@{utc_text(now.replace(microsecond=0))}",
            currency=self.prices.tariff.currency,
            zone=self.site.zone.key,
            begun=tuple(begun),
            is_tried=outlook.is_tried,
        )

    @staticmethod
    def _priced(edges: list[datetime], until: datetime) -> list[datetime]:
        """The steps that have prices, published or assumed."""
        priced = [edge for edge in edges if edge <= until]
        if len(priced) < 2:
            raise PricesUnavailable(f"prices are known until {utc_text(until)} only")
        return priced

    def _stored_kwh(self) -> dict[AssetId, float]:
        """What each storage holds; one that is not known takes no part, but the battery must be."""
        found: dict[AssetId, float] = {}
        for own in (self.site.battery, *self.site.cars):
            known_kwh = self._known_kwh(own.id)
            if known_kwh is not None:
                found[own.id] = known_kwh
        if self.site.battery.id not in found:
            raise Refused([Fault(field=self.site.battery.id, message="how much energy it holds is not known")])
        return found

    def _known_kwh(self, asset_id: AssetId) -> float | None:
        """What a storage holds by a status that is believed."""
        status = self.statuses.latest_of(asset_id)
        if status is None or status.stored_wh is None:
            return None
        return status.stored_wh / 1000 if status.age_s(self.clock.now_s()) <= self.status_max_age_s else None

    def _targets(self, edges: Sequence[datetime], stored: Mapping[AssetId, float]) -> dict[AssetId, Target]:
        """What each vehicle is to hold, after the last step that ends until its departure."""
        found: dict[AssetId, Target] = {}
        for car in self.site.cars:
            known = self.departures.of(car.id)
            if known is None or car.id not in stored or not edges[0] < known[0].ready_by <= edges[-1]:
                continue
            step = sum(edge <= known[0].ready_by for edge in edges[1:]) - 1
            capacity = car.capacity_kwh if isinstance(car.capacity_kwh, float | int) else max(car.capacity_kwh)
            found[car.id] = Target(step=max(step, 0), at_least_kwh=min(known[0].energy_kwh, capacity))
        return found

    def _planned_kw(self, edges: Sequence[datetime]) -> dict[AssetId, tuple[float, ...]]:
        """The charges of the plan in force from now on, as far as it goes."""
        plan = self._in_force
        if plan is None:
            return {}
        begin, step = plan.start, timedelta(seconds=plan.step_s)
        # All plans' steps but the first lie on the clock, so a step's place follows from its end.
        places = [-(-(edge - begin) // step) - 1 for edge in edges[1:]]
        return {
            name: tuple(charges[place] for place in places if 0 <= place < len(charges))
            for name, charges in plan.charge_kw.items()
        }


def _expected_of(site: Site, *, at: datetime, has_prices: bool) -> tuple[IssuedForecast, ...]:
    """What a plan was made from, to be shown beside it, as issued ``at``: load, production and any prices."""
    levels: dict[str, Level] = {"load": site.load_kw, "production": site.production_kw}
    if has_prices:
        levels |= {"price": site.buy_eur_per_kwh, "feed_in_price": site.sell_eur_per_kwh}
    instants_us = array("q", (round(begin.timestamp() * 1e6) for begin in _begins(site)))
    return tuple(
        IssuedForecast(
            name=name,
            unit=KNOWN[name].unit,
            issued_at=at,
            instants_us=instants_us,
            values=array("d", [level] * site.steps if isinstance(level, float | int) else level),
        )
        for name, level in levels.items()
    )


def _begins(site: Site) -> Iterator[datetime]:
    begin = site.start
    for step in range(site.steps):
        yield begin
        lasts_s = site.step_s if step or site.first_step_s is None else site.first_step_s
        begin += timedelta(seconds=lasts_s)
