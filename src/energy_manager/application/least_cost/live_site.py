"""The site of a moment as the planner's problem: what does not change, what is measured, what is expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from energy_manager.domain.forecast import Outlook
from energy_manager.domain.least_cost import PccLimits, Run, Site, StepPrices, Storage, Target
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule import AcceptedSchedule, Authority, Schedule, ScheduleIndex
from energy_manager.domain.series import at_each_step, floored


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyRun:
    """What runs once a day between two local times, uninterrupted; ``profile_kw`` has one value a step."""

    asset: AssetId
    profile_kw: tuple[float, ...]
    earliest: time
    until: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A run that has begun at ``start``, by the plan in force."""

    run: DailyRun
    start: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSite:
    """What does not change from plan to plan; ``battery`` is the storage that the loop leads, ``cars`` the others.

    The storages' ``stored_kwh`` is that of a moment and set for each plan. The steps lie on the clock.
    """

    battery: Storage
    pcc: PccLimits
    step_s: int
    horizon: timedelta
    zone: ZoneInfo
    curtailable: bool = False
    cars: tuple[Storage, ...] = ()
    runs: tuple[DailyRun, ...] = ()

    def edges(self, now: datetime) -> list[datetime]:
        """Now, then every whole step of the clock until the horizon."""
        step = timedelta(seconds=self.step_s)
        first = floored(now, step_s=self.step_s) + step
        return [now.astimezone(UTC), *(first + step * place for place in range(max(1, self.horizon // step)))]

    def begun(self, run: DailyRun, before: Schedule | None, now: datetime) -> datetime | None:
        """When a run of today began, by the schedule in force; None where it has not yet."""
        if before is None:
            return None
        window = self._window(run, now, day=0)
        starts = [
            block.start
            for earlier, block in pairwise([None, *before.blocks])
            if block is not None
            and block.targets.get(run.asset, 0) < 0
            and (earlier is None or earlier.end < block.start or earlier.targets.get(run.asset, 0) >= 0)
        ]
        return next((start for start in starts if window[0] <= start <= now < window[1]), None)

    def _window(self, run: DailyRun, now: datetime, *, day: int) -> tuple[datetime, datetime]:
        """The time of a day in which the run is to be done; one that ends before it begins lasts over midnight."""
        today = now.astimezone(self.zone).date() + timedelta(days=day)
        begin = datetime.combine(today, run.earliest, tzinfo=self.zone)
        ends = today + timedelta(days=run.until <= run.earliest)
        return begin.astimezone(UTC), datetime.combine(ends, run.until, tzinfo=self.zone).astimezone(UTC)

    def open_runs(self, edges: Sequence[datetime], begun: Mapping[AssetId, datetime]) -> tuple[Run, ...]:
        """The runs that are still to be placed, each once, where its window and the plan have room for it."""
        found = []
        for run in self.runs:
            for day in (-1, 0, 1):
                begin, end = self._window(run, edges[0], day=day)
                if run.asset in begun and begin <= begun[run.asset] < end:
                    continue
                # The first step has begun already: a run takes whole ones.
                fits = [
                    step
                    for step in range(1, len(edges) - len(run.profile_kw))
                    if begin <= edges[step] and edges[step + len(run.profile_kw)] <= end
                ]
                if fits:
                    profile, earliest, latest = run.profile_kw, fits[0], fits[-1]
                    found.append(
                        Run(id=run.asset, profile_kw=profile, earliest_step=earliest, latest_start_step=latest)
                    )
                    break
        return tuple(found)

    def problem(
        self,
        edges: Sequence[datetime],
        outlook: Outlook,
        prices: StepPrices,
        *,
        stored_kwh: Mapping[AssetId, float],
        recent_buy: Sequence[float],
        departures: Mapping[AssetId, Target],
        fixed: Mapping[AssetId, Sequence[float | None]],
        begun: Iterable[Begun],
        planned_kw: Mapping[AssetId, tuple[float, ...]],
    ) -> Site:
        """The planner's problem.

        ``fixed`` are powers (charge, kW) that an order from outside holds a storage to, None where there is none.
        """
        hours = [(end - begin) / timedelta(hours=1) for begin, end in pairwise(edges)]
        load = list(outlook.load_kw)
        for run in begun:
            for step, begin in enumerate(edges[:-1]):
                place = (begin - run.start) // timedelta(seconds=self.step_s)
                if 0 <= place < len(run.run.profile_kw):
                    load[step] += run.run.profile_kw[place]
        storages = []
        for own in (self.battery, *self.cars):
            if own.id not in stored_kwh:
                continue
            storage = replace(
                own,
                stored_kwh=stored_kwh[own.id],
                planned_kw=planned_kw.get(own.id),
                targets=(departures[own.id],) if own.id in departures else (),
            )
            storages.append(_with_orders(storage, fixed.get(own.id, ()), hours, load))
        # Discharging on order is load of the site turned round: what it takes off the import may be more than the load.
        surplus = [max(-value, 0.0) for value in load]
        production = [own + more for own, more in zip(outlook.production_kw, surplus, strict=True)]
        return Site(
            start=edges[0],
            step_s=self.step_s,
            first_step_s=min(3600.0 * hours[0], float(self.step_s)),
            load_kw=tuple(max(value, 0.0) for value in load),
            production_kw=tuple(production),
            curtailable=self.curtailable,
            buy_eur_per_kwh=prices.buy_eur_per_kwh,
            sell_eur_per_kwh=prices.sell_eur_per_kwh,
            recent_buy_eur_per_kwh=tuple(recent_buy),
            assumed_from_step=prices.assumed_from_step,
            pcc=self.pcc,
            storages=tuple(storages),
            runs=self.open_runs(edges, {run.run.asset: run.start for run in begun}),
            scenarios=outlook.scenarios,
        )


def _with_orders(storage: Storage, fixed: Sequence[float | None], hours: Sequence[float], load: list[float]) -> Storage:
    """The storage as far as no order holds it; what an order takes out of it is reserved and counts as use.

    ``load`` is changed by what an ordered discharge takes off it. An ordered charge is the least and the most power.
    """
    if not any(power is not None for power in fixed):
        return storage
    steps = len(hours)
    available = list(at_each_step(storage.available, steps))
    use = list(at_each_step(storage.use_kwh, steps))
    least, most = list(at_each_step(storage.min_charge_kw, steps)), list(at_each_step(storage.max_charge_kw, steps))
    for step, power in enumerate(fixed):
        if power is None:
            continue
        if power > 0.0:
            least[step] = most[step] = min(power, most[step])
            continue
        available[step] = 0.0
        use[step] += -power * hours[step] / storage.discharge_efficiency
        load[step] += power
    return replace(
        storage,
        available=tuple(available),
        use_kwh=tuple(use),
        min_charge_kw=tuple(least),
        max_charge_kw=tuple(most),
    )


def ordered_kw(
    accepted: Iterable[AcceptedSchedule], asset: AssetId, edges: Sequence[datetime], kw_per_step: float
) -> tuple[float | None, ...]:
    """The charge (kW) that activations hold an asset to in each step, None where none speaks at its middle."""
    orders = ScheduleIndex(own for own in accepted if own.schedule.source.authority is Authority.ACTIVATION)
    powers: list[float | None] = []
    for begin, end in pairwise(edges):
        target = orders.at(begin + (end - begin) / 2).merged.targets.get(asset)
        powers.append(None if target is None else -target * kw_per_step)
    return tuple(powers)
