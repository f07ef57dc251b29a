"""``GET /api/v1/energy`` and the series of ``/api/v1/history?of=…``: power and energy with their gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import anyio
from fastapi import APIRouter, Depends, Query, Response

from energy_manager.adapters.texts.json_text import write_json
from energy_manager.application.explanation.energy import energy_by_day
from energy_manager.application.explanation.power_series import PowerSeries, ReadPower
from energy_manager.application.ports.records.history import Window
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.api.http.answering import in_turn, json_text
from energy_manager.entrypoints.api.http.openapi import documented
from energy_manager.entrypoints.api.schemas import NUMBER, OBJECT, TEXT, TIME, WHOLE, an_object, listed, or_null
from energy_manager.entrypoints.api.security.access import moment_of
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.documents.power import energy_document, power_document

Of = Literal["asset", "site", "grid", "storage", "use"]

MOST_DAYS = 400

_NUMBERS = listed(or_null(NUMBER))
POWER = an_object(
    ["of", "from", "to", "step_s", "unit", "outages", "series"],
    of={"enum": ["asset", "site", "grid", "storage", "use"]},
    asset=or_null(TEXT),
    from_=TIME,
    to=TIME,
    step_s=WHOLE,
    unit={"enum": ["kW", "kWh"], "description": "of mean; of a storage it is what it holds"},
    outages=listed(OBJECT) | {"description": "when nothing ran, also for less than a step: from, to"},
    series={
        "type": "object",
        "additionalProperties": an_object(
            (),
            mean=_NUMBERS,
            kwh=_NUMBERS | {"description": "of each step; null in gaps"},
            total_kwh=NUMBER,
            gaps=listed(OBJECT) | {"description": "where nothing is known"},
        ),
    },
)
_ENERGY = an_object(
    by={"const": "day"},
    time_zone=TEXT,
    unit={"const": "kWh"},
    days=listed(
        an_object(
            (),
            asset=TEXT,
            from_=TIME,
            to=TIME,
            delivered_kwh=NUMBER,
            taken_kwh=NUMBER,
            unknown_min=WHOLE | {"description": "minutes of which nothing is known"},
        )
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerDesk:
    """What the routes look power up with; ``storage`` and ``meter`` are those of ``[pcc]``, where there is one."""

    power: ReadPower
    all_assets: tuple[str, ...]
    storage: str | None
    has_grid: bool
    time_zone: str

    def document(self, of: Of, asset: str | None, window: Window) -> bytes:
        """The series of a window.

        Raises:
            Refused: there is no such asset, no grid connection, or the window is too long.
            StoreUnavailable: the store cannot be read now.
        """
        series: dict[str, PowerSeries]
        name = self._asset(of, asset)
        if of == "site":
            series = self.power.of_site(window)
        elif of == "grid":
            series = {"import": self.power.of_grid(window)}
        elif of == "use":
            series = self.power.of_use(window)
        elif of == "storage":
            assert name is not None
            series = {"stored": self.power.of_storage(name, window)}
        else:
            assert name is not None
            series = {"output": self.power.of_asset(name, window)}
        return write_json(power_document(of, name, series, self.power.outages(window)))

    def _asset(self, of: Of, asset: str | None) -> str | None:
        if of == "grid" and not self.has_grid:
            raise Refused.at("of", "the site file has no [pcc], so no grid connection is measured")
        if of in {"site", "grid", "use"}:
            return None
        name = asset or (self.storage if of == "storage" else None)
        if name not in self.all_assets:
            message = f"is missing, or no asset of the site; there are {', '.join(self.all_assets[:8])}"
            raise Refused.at("asset", message)
        return name


def energy_routes(desk: PowerDesk, guard: Guard, *, now: Callable[[], datetime]) -> APIRouter:
    """Energy by day."""
    routes = APIRouter(prefix="/api/v1", dependencies=[Depends(guard)])
    one_at_a_time = anyio.CapacityLimiter(1)

    @routes.get(
        "/energy",
        summary="What each asset delivered and took, kWh, by day of the site's zone",
        **documented(_ENERGY, "By asset and day", 401, 403, 422, 503),
    )
    async def energy(
        *,
        by: Annotated[Literal["day"], Query(description="day")] = "day",  # noqa: ARG001 - there is one so far
        asset: Annotated[str | None, Query(max_length=200, description="only this one")] = None,
        since: Annotated[str | None, Query(alias="from", max_length=60, description="a week ago unless told")] = None,
        until: Annotated[str | None, Query(alias="to", max_length=60, description="now unless told")] = None,
    ) -> Response:
        end = moment_of(until, "to", now) or now()
        start = moment_of(since, "from", now) or end - timedelta(days=7)
        days = days_of(start, end, ZoneInfo(desk.time_zone))
        assets = (asset,) if asset is not None else desk.all_assets
        if asset is not None and asset not in desk.all_assets:
            raise Refused.at("asset", f"{asset!r} is no asset of the site")

        def read() -> bytes:
            return write_json(energy_document(desk.time_zone, energy_by_day(desk.power, days, assets)))

        return json_text(await in_turn(one_at_a_time, read))

    return routes


def days_of(start: datetime, end: datetime, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
    """The local days that the stretch of time touches, from midnight to midnight, in UTC; the last one up to its end.

    Raises:
        Refused: it is no stretch of time, or one of too many days.
    """
    if end <= start or end - start > timedelta(days=MOST_DAYS):
        raise Refused.at("from", f"from and to are not up to {MOST_DAYS} days in order")
    day, days = start.astimezone(zone).date(), []
    while (begins := _midnight(day, zone)) < end:
        days.append((begins, min(end, _midnight(day + timedelta(days=1), zone))))
        day += timedelta(days=1)
    return days


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
