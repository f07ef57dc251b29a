"""Forecasts as rows: one an issue, its instants and values packed."""

from __future__ import annotations

import sys
import zlib
from array import array
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select

from energy_manager.adapters.storage.sql.tables import forecasts
from energy_manager.application.ports.forecasts.forecast_repository import MOST_ISSUES
from energy_manager.domain.forecast import ForecastHead, IssuedForecast, Unit
from energy_manager.domain.series import microseconds, time_of

LEVEL = 1
"""Of zlib: it lets other threads run, and a year of quarter hours takes some milliseconds."""

_HEAD = [column for column in forecasts.c if column.name != "body"]


def put_forecast(connection: Connection, forecast: IssuedForecast) -> ForecastHead:
    """Write the row in place of one of the same instant; beyond the bound the oldest go."""
    of_name = forecasts.c.name == forecast.name
    version = (connection.execute(select(func.max(forecasts.c.version)).where(of_name)).scalar() or 0) + 1
    row = row_of(forecast, version)
    connection.execute(delete(forecasts).where(of_name, forecasts.c.issued_us == row["issued_us"]))
    connection.execute(insert(forecasts), row)
    kept = select(forecasts.c.issued_us).where(of_name).order_by(forecasts.c.issued_us.desc())
    oldest_us = connection.execute(kept.offset(MOST_ISSUES - 1).limit(1)).scalar()
    if oldest_us is not None:
        connection.execute(delete(forecasts).where(of_name, forecasts.c.issued_us < oldest_us))
    return forecast.head(version)


def delete_forecasts(connection: Connection, name: str) -> bool:
    """Delete all issues of a name; whether there was one."""
    return connection.execute(delete(forecasts).where(forecasts.c.name == name)).rowcount > 0


def prune_forecasts(connection: Connection, *, before_us: int) -> int:
    """Delete what was issued before the instant, but of each name the newest; how many."""
    of_name = forecasts.alias()
    newest = select(func.max(of_name.c.issued_us)).where(of_name.c.name == forecasts.c.name).scalar_subquery()
    gone = delete(forecasts).where(forecasts.c.issued_us < before_us, forecasts.c.issued_us < newest)
    return connection.execute(gone).rowcount


def read_heads(connection: Connection, at: datetime) -> tuple[ForecastHead, ...]:
    """Of each name the one that counts at the instant, in order of name."""
    counting = _counting(connection, at)
    return tuple(
        _head(row)
        for name, issued_us in sorted(counting.items())
        for row in connection.execute(
            select(*_HEAD).where(forecasts.c.name == name, forecasts.c.issued_us == issued_us)
        ).mappings()
    )


def read_forecast(connection: Connection, name: str, at: datetime) -> IssuedForecast | None:
    """The one of the name that counts at the instant."""
    issued_us = _counting(connection, at, name).get(name)
    if issued_us is None:
        return None
    (found,) = _read(connection, select(forecasts).where(forecasts.c.name == name, forecasts.c.issued_us == issued_us))
    return found


def read_issues(connection: Connection, name: str, since: datetime, until: datetime) -> tuple[IssuedForecast, ...]:
    """Those of the name that were issued in ``[since, until)``, in order of issue."""
    wanted = select(forecasts).where(
        forecasts.c.name == name,
        forecasts.c.issued_us >= microseconds(since),
        forecasts.c.issued_us < microseconds(until),
    )
    return _read(connection, wanted.order_by(forecasts.c.issued_us))


def _counting(connection: Connection, at: datetime, name: str | None = None) -> dict[str, int]:
    """By name, the newest issue up to the instant, else the first after it."""
    at_us, issued_us = microseconds(at), forecasts.c.issued_us
    of_name = () if name is None else (forecasts.c.name == name,)
    first = select(forecasts.c.name, func.min(issued_us)).where(issued_us > at_us, *of_name).group_by(forecasts.c.name)
    last = select(forecasts.c.name, func.max(issued_us)).where(issued_us <= at_us, *of_name).group_by(forecasts.c.name)
    return {row[0]: row[1] for wanted in (first, last) for row in connection.execute(wanted)}


def _read(connection: Connection, wanted: Select[Any]) -> tuple[IssuedForecast, ...]:
    return tuple(
        IssuedForecast(
            name=row["name"],
            unit=Unit(row["unit"]),
            issued_at=time_of(row["issued_us"]),
            instants_us=_unpacked("q", row["body"], row["count"], 0),
            values=_unpacked("d", row["body"], row["count"], 1),
        )
        for row in connection.execute(wanted).mappings()
    )


def row_of(forecast: IssuedForecast, version: int) -> dict[str, Any]:
    """The row that keeps a forecast."""
    return {
        "name": forecast.name,
        "issued_us": microseconds(forecast.issued_at),
        "unit": str(forecast.unit),
        "version": version,
        "count": len(forecast.values),
        "start_us": forecast.instants_us[0],
        "end_us": forecast.instants_us[-1],
        "body": zlib.compress(_little(forecast.instants_us) + _little(forecast.values), LEVEL),
    }


def _head(row: RowMapping) -> ForecastHead:
    return ForecastHead(
        name=row["name"],
        unit=Unit(row["unit"]),
        issued_at=time_of(row["issued_us"]),
        version=row["version"],
        count=row["count"],
        start=time_of(row["start_us"]),
        end=time_of(row["end_us"]),
    )


def _little(numbers: array[Any]) -> bytes:
    """Eight bytes a number, the least significant first on every machine."""
    if sys.byteorder == "big":
        numbers = array(numbers.typecode, numbers)
        numbers.byteswap()
    return numbers.tobytes()


def _unpacked(typecode: str, body: bytes, count: int, part: int) -> array[Any]:
    numbers: array[Any] = array(typecode)
    numbers.frombytes(zlib.decompress(body)[8 * count * part : 8 * count * (part + 1)])
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
