"""What following the worth of energy has saved, day by day: against the self-consumption rule and perfect foresight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from energy_manager.application.ports.records.history import History, Window
from energy_manager.application.ports.records.report import DaySavings
from energy_manager.application.ports.records.tick import GridHold
from energy_manager.domain.least_cost import Site, Storage, cost_of, plan_site
from energy_manager.domain.quantities import AssetId

STEP_S = 900
"""Days are judged by quarter hours."""

MOST_DAYS = 62
"""So many days are worked out at once."""

_FRESH = timedelta(seconds=STEP_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Quarter:
    """Powers are means over the whole quarter hour, however little of it is on record: ``share`` of it."""

    place: int
    share: float
    base_kw: float
    charge_kw: float
    hold: GridHold


@dataclass(frozen=True, slots=True, kw_only=True)
class TellSavings:
    """Reads the record: what was measured in each quarter hour, and the prices that the loop knew then."""

    history: History
    battery: Storage
    meter: AssetId
    kw_per_step: float
    zone: ZoneInfo

    def __call__(self, since: datetime, until: datetime) -> tuple[DaySavings, ...]:
        """Every local day of which something is on record; raises ``StoreUnavailable``."""
        first, last = (instant.astimezone(self.zone).date() for instant in (since, until - timedelta(microseconds=1)))
        days = [first + timedelta(days=place) for place in range(min((last - first).days + 1, MOST_DAYS))]
        found = (self._of_day(day, since, until) for day in days)
        return tuple(own for own in found if own is not None)

    def _of_day(self, day: date, since: datetime, until: datetime) -> DaySavings | None:
        midnights = [
            datetime.combine(own, datetime.min.time(), tzinfo=self.zone).astimezone(UTC)
            for own in (day, day + timedelta(days=1))
        ]
        begin, end = max(midnights[0], since), min(midnights[1], until)
        if end - begin < timedelta(seconds=STEP_S):
            return None
        window = Window.of(begin, end, STEP_S)
        quarters = list(self._quarters(window, end))
        before, after = self._stored_kwh(window.start), self._stored_kwh(window.end)
        if not quarters or before is None or after is None:
            return None
        if quarters[-1].place - quarters[0].place >= len(quarters):
            after = self._left_kwh(before, quarters)
        site = Site(
            start=window.start,
            step_s=STEP_S,
            load_kw=tuple(max(own.base_kw, 0.0) for own in quarters),
            production_kw=tuple(max(-own.base_kw, 0.0) for own in quarters),
            buy_eur_per_kwh=tuple(own.hold.buy_per_kwh or 0.0 for own in quarters),
            sell_eur_per_kwh=tuple(own.hold.sell_per_kwh or 0.0 for own in quarters),
            storages=(replace(self.battery, stored_kwh=before, planned_kw=None),),
        )
        best = plan_site(site)
        cost = cost_of(site, self.battery.id, [own.charge_kw for own in quarters], left_kwh=after)
        return DaySavings(
            day=day,
            hours=round(sum(own.share for own in quarters) * STEP_S / 3600, 2),
            currency=quarters[-1].hold.currency,
            cost=cost,
            rule_cost=best.cost_eur + best.savings.self_consumption_eur,
            # What was done was possible: losses that the plan has and the battery had not make it no dearer.
            foresight_cost=min(best.cost_eur, cost),
        )

    def _quarters(self, window: Window, until: datetime) -> Iterator[_Quarter]:
        """The quarter hours in which meter, battery and prices are all on record; of the last one what is so far."""
        shares = self._shares(window, until)
        meter = self.history.series(self.meter, window).output.mean
        battery = self.history.series(self.battery.id, window).output.mean
        for place, (imported, delivered) in enumerate(zip(meter, battery, strict=True)):
            if imported is None or delivered is None:
                continue
            hold = self._priced(window.start + timedelta(seconds=STEP_S * place))
            if hold is None:
                continue
            charge = -delivered * self.kw_per_step
            yield _Quarter(
                place=place,
                share=shares[place],
                base_kw=shares[place] * (-imported * self.kw_per_step - charge),
                charge_kw=shares[place] * charge,
                hold=hold,
            )

    def _priced(self, begin: datetime) -> GridHold | None:
        """What the loop knew in the middle of a quarter hour or, where it began later, at its end."""
        for instant in (begin + _FRESH / 2, begin + _FRESH):
            tick = self.history.tick_at(instant)
            if tick is not None and instant - tick.at <= _FRESH and tick.hold is not None:
                return None if tick.hold.buy_per_kwh is None else tick.hold
        return None

    def _shares(self, window: Window, until: datetime) -> list[float]:
        """How much of each quarter hour is on record, up to ``until``: of the running one what is so far."""
        measured = self.history.output_integrals((self.meter, self.battery.id), window)
        left_s = (until - window.start).total_seconds()
        return [
            max(0.0, min(*both, STEP_S, left_s - place * STEP_S)) / STEP_S
            for place, both in enumerate(zip(*(own.covered_s for own in measured.values()), strict=True))
        ]

    def _left_kwh(self, before: float, quarters: list[_Quarter]) -> float:
        """What these quarter hours leave of what was there: over a gap the battery may have been charged by others."""
        stored = before
        for quarter in quarters:
            kwh = quarter.charge_kw * STEP_S / 3600
            stored += kwh * self.battery.charge_efficiency if kwh > 0 else kwh / self.battery.discharge_efficiency
        return max(0.0, stored)

    def _stored_kwh(self, instant: datetime) -> float | None:
        """What the battery held then; at the begin of the record, what it held first."""
        record = self.history.statuses_at(instant)
        if record is None:
            record = next(self.history.statuses(instant, instant + timedelta(days=1)), None)
        status = None if record is None else record.statuses.get(self.battery.id)
        return None if status is None or status.stored_wh is None else status.stored_wh / 1000
