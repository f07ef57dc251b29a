"""Beside the loop: load and sun of the hours ahead are worked out every quarter hour, and kept as they were issued."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from energy_manager.application.forecasting.measured import STEP_S, Measured, MeasuredSite
from energy_manager.application.ports.forecasts.forecast_repository import ForecastRepository
from energy_manager.application.ports.forecasts.sun_service import SunForecast, SunService, SunUnavailable
from energy_manager.application.ports.records.journal import Journal, Noticed
from energy_manager.domain.errors import EnergyManagerError
from energy_manager.domain.forecast import IssuedForecast, Unit
from energy_manager.domain.forecast.clear_days import ClearDaySuns, KnownPrices
from energy_manager.domain.forecast.similar_days import SimilarDays
from energy_manager.domain.forecast.steps import Floats, means_between
from energy_manager.domain.forecast.sun import BIAS_DAYS, corrected
from energy_manager.domain.tariff import PriceInterval

SUN_SERVICE = "sun_service"
"""The name under which the service's own words are kept; ``production`` is what is made of them."""

ASK_EVERY = timedelta(hours=1)
"""Weather models are renewed every few hours; free services answer about ten questions an hour."""

ASK_AGAIN = timedelta(minutes=15)


@dataclass(slots=True, kw_only=True)
class IssueForecasts:
    """Looks whether a new quarter hour has begun, and issues ``load`` and ``production`` then.

    ``with_load`` is false where the load is not forecast here, ``with_production`` where production is not. That is
    taken from the last days where no ``sun_service`` foretells the sun.
    """

    measured: MeasuredSite
    forecasts: ForecastRepository
    with_load: bool
    with_production: bool
    sun_service: SunService | None
    horizon: timedelta
    zone: ZoneInfo
    now: Callable[[], datetime]
    may_fetch: Callable[[], bool]
    """A clock that is not trusted asks nobody: what comes would be about another time."""
    journal: Journal
    known_prices: Callable[[], Sequence[PriceInterval]] = tuple
    """Published prices of the last weeks and of the hours ahead: the sun's forecast learns from them."""
    _issued_for_s: int = field(default=0, init=False)
    _asked_at: datetime | None = field(default=None, init=False)
    _newest: SunForecast | None = field(default=None, init=False)
    _past: dict[int, float] = field(default_factory=dict, init=False)
    _has_read_past: bool = field(default=False, init=False)
    _troubles: dict[str, str] = field(default_factory=dict, init=False)

    def look(self) -> None:
        """Issue what is due; a failure is told once, and tried again in the next quarter hour."""
        now = self.now()
        step_s = int(now.timestamp()) // STEP_S * STEP_S
        if step_s == self._issued_for_s:
            return
        self._issued_for_s = step_s
        try:
            self._issue(now)
        except EnergyManagerError as error:
            self._tell("forecasts", f"there are no new forecasts: {error}")
        else:
            self._tell("forecasts", "")

    def _issue(self, now: datetime) -> None:
        measured = self.measured.until(now)
        count = int(self.horizon.total_seconds()) // STEP_S
        if self.with_load:
            load = SimilarDays(measured.load, self.zone, ahead=count).forecast(measured.origin, count)
            self._put("load", load, now, "nothing is measured of what the site takes")
        if self.with_production:
            production = self._production(measured, now, count)
            self._put("production", production, now, "nothing is measured of what the sun gives")

    def _production(self, measured: Measured, now: datetime, count: int) -> Floats:
        prices = self._prices(measured, count)
        recent = ClearDaySuns(measured.production, ahead=count, prices=prices).forecast(measured.origin, count)
        if self.sun_service is None:
            return recent
        self._ask(self.sun_service, now)
        if self._newest is None:
            return recent
        start_s = self._issued_for_s
        edges = start_s + STEP_S * np.arange(count + 1, dtype=float)
        said = means_between(np.asarray(self._newest.times_s), np.asarray(self._newest.power_kw), edges)
        back = BIAS_DAYS * 86_400 // STEP_S
        past = np.array([self._past.get(start_s - STEP_S * (back - place), np.nan) for place in range(back)])
        ahead = corrected(said, past=past, measured=measured.production.values[-back:], step_s=STEP_S)
        return np.where(np.isfinite(ahead), ahead, recent)

    def _prices(self, measured: Measured, count: int) -> KnownPrices | None:
        """The published prices of the measured steps and of those ahead."""
        known = self.known_prices()
        if not known:
            return None
        edges = measured.production.start.timestamp() + STEP_S * np.arange(measured.origin + count + 1, dtype=float)
        times_s = np.array([own.start.timestamp() for own in known])
        values = np.array([float(own.spot_per_kwh) for own in known])
        return KnownPrices(values=means_between(times_s, values, edges))

    def _ask(self, service: SunService, now: datetime) -> None:
        if not self._has_read_past:
            self._read_past(now)
        due = ASK_EVERY if self._newest is not None else ASK_AGAIN
        if not self.may_fetch() or (self._asked_at is not None and timedelta(0) <= now - self._asked_at < due):
            return
        self._asked_at = now
        try:
            found = service.fetch()
            self._keep(found, now)
            issued = _issued(SUN_SERVICE, found.times_s, found.power_kw, now)
            self.forecasts.put_forecast(issued)
            self._newest = found
        except SunUnavailable as error:
            # What it said last holds, for the part that is still to come; else the last days are taken.
            self._tell(service.name, f"the sun is forecast without {service.name}: {error}")
        else:
            self._tell(service.name, "")

    def _read_past(self, now: datetime) -> None:
        """What the service said before this process began."""
        for issue in self.forecasts.issues(SUN_SERVICE, since=now - timedelta(days=BIAS_DAYS + 1), until=now):
            self._keep(_read(issue), issue.issued_at)
        newest = self.forecasts.forecast(SUN_SERVICE, at=now)
        self._newest = None if newest is None else _read(newest)
        self._has_read_past = True

    def _keep(self, said: SunForecast, at: datetime) -> None:
        """Of each quarter hour what was said of it last before it began."""
        begin_s = int(at.timestamp()) // STEP_S * STEP_S
        edges = begin_s + STEP_S * np.arange(2 * 96 + 1, dtype=float)
        means = means_between(np.asarray(said.times_s), np.asarray(said.power_kw), edges)
        for place, mean in enumerate(means.tolist()):
            if np.isfinite(mean):
                self._past[begin_s + STEP_S * place] = mean
        oldest_s = begin_s - (BIAS_DAYS + 1) * 86_400
        self._past = {at_s: mean for at_s, mean in self._past.items() if at_s >= oldest_s}

    def _put(self, name: str, values: Floats, now: datetime, why_not: str) -> None:
        known = np.isfinite(values)
        if not known.any():
            self._tell(name, f"{name} cannot be forecast yet: {why_not}; it is tried again each quarter hour")
            return
        # A time of day of which nothing is known yet is taken as the mean of the others.
        filled = np.where(known, values, float(np.nanmean(values)))
        times_s = self._issued_for_s + STEP_S * np.arange(len(values))
        self.forecasts.put_forecast(_issued(name, times_s.tolist(), filled.tolist(), now))
        self._tell(name, "")

    def _tell(self, about: str, trouble: str) -> None:
        """Say a trouble once, and when it is over."""
        before = self._troubles.get(about, "")
        self._troubles[about] = trouble
        if trouble and not before:
            self.journal.record(Noticed(is_good=False, sentence=trouble))
        elif before and not trouble:
            self.journal.record(Noticed(is_good=True, sentence=f"{about}: forecasts are issued again"))


def _issued(name: str, times_s: object, values: object, now: datetime) -> IssuedForecast:
    return IssuedForecast(
        name=name,
        unit=Unit.KW,
        issued_at=now,
        instants_us=array("q", (round(1_000_000 * at) for at in times_s)),  # type: ignore[attr-defined]
        values=array("d", values),  # type: ignore[call-overload]
    )


def _read(issue: IssuedForecast) -> SunForecast:
    return SunForecast(times_s=[at / 1e6 for at in issue.instants_us], power_kw=list(issue.values))
