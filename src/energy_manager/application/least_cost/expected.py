"""What a plan was made from, as forecasts, so that it can be shown beside the plan."""

from __future__ import annotations

from array import array as compact
from collections.abc import Iterator
from datetime import datetime, timedelta

from energy_manager.domain.forecast import KNOWN, IssuedForecast
from energy_manager.domain.least_cost import Site
from energy_manager.domain.series import Level


def expected_of(site: Site, *, at: datetime, has_prices: bool) -> tuple[IssuedForecast, ...]:
    """Load, production and, where there are any, the prices of the site's steps, as issued ``at``."""
    levels: dict[str, Level] = {"load": site.load_kw, "production": site.production_kw}
    if has_prices:
        levels |= {"price": site.buy_eur_per_kwh, "feed_in_price": site.sell_eur_per_kwh}
    instants_us = compact("q", (round(begin.timestamp() * 1e6) for begin in _begins(site)))
    return tuple(
        IssuedForecast(
            name=name,
            unit=KNOWN[name].unit,
            issued_at=at,
            instants_us=instants_us,
            values=compact("d", [level] * site.steps if isinstance(level, float | int) else level),
        )
        for name, level in levels.items()
    )


def _begins(site: Site) -> Iterator[datetime]:
    begin = site.start
    for step in range(site.steps):
        yield begin
        lasts_s = site.step_s if step or site.first_step_s is None else site.first_step_s
        begin += timedelta(seconds=lasts_s)
