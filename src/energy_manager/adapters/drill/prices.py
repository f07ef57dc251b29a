"""What the product makes of prices that come late, torn or not at all; played without a loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from energy_manager.adapters.prices.fallback import PricesWithFallback
from energy_manager.adapters.prices.own_shape import read_prices
from energy_manager.adapters.prices.reading import finished
from energy_manager.application.ports.forecasts.price_source import PriceSource, PricesUnavailable
from energy_manager.domain.tariff import PriceInterval, extended_by_yesterday

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)


def _true_price(at: datetime) -> Decimal:
    """Never 0, below 0 around noon, another one each day."""
    wave = Decimal(abs(at.hour - 13)) / 100
    return wave - Decimal("0.015") + Decimal(at.toordinal() % 7) / 1000


def _rows(since: datetime, until: datetime) -> list[str]:
    rows, at = [], since
    while at < until:
        rows.append(f"{at.isoformat()},{(at + QUARTER).isoformat()},{_true_price(at)}")
        at += QUARTER
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSource:
    """Prices in the product's own shape, as a text that is made for each request."""

    name: str
    text_of: Callable[[datetime, datetime], bytes]

    def fetch(self, since: datetime, until: datetime) -> tuple[PriceInterval, ...]:
        """As the port says."""
        return finished(read_prices(self.text_of(since, until)), source=self.name)


def _csv(rows: Sequence[str]) -> bytes:
    return "\n".join(["start,end,price", *rows]).encode()


def _faulty_text(name: str, chance: Random) -> Callable[[datetime, datetime], bytes]:
    def text(since: datetime, until: datetime) -> bytes:
        rows = _rows(since - 2 * DAY, until)
        match name:
            case "silent":
                raise PricesUnavailable("the source did not answer within 10 s")
            case "nonsense":
                return chance.choice([b"<html>busy</html>", b"\xff\xfe{", b'{"intervals": 7}', _csv(["a,b,c"]), b""])
            case "day missing":
                return _csv(rows[:-96])
            case "quarter hours missing":
                return _csv([row for row in rows if chance.random() > 0.2])
            case _:
                return _csv([*reversed(rows), *rows[:3]])

    return text


def losses_of_prices(name: str, *, at: datetime, zone: ZoneInfo, seed: int) -> Iterator[str]:
    """Fetch two days with a source that is hit and a second one; a sentence for each price that cannot stand."""
    chance = Random(seed)  # noqa: S311 - no secret: a fault is to come back with its seed
    hit = TextSource(name="first", text_of=_faulty_text(name, chance))
    second = TextSource(name="second", text_of=lambda since, until: _csv(_rows(since - 2 * DAY, until - DAY)))
    since = at.replace(minute=0, second=0, microsecond=0)
    until = since + 2 * DAY
    sources: tuple[PriceSource, ...] = (hit, PricesWithFallback(first=hit, second=second))
    for source in sources:
        try:
            known = source.fetch(since - DAY, until)
        except PricesUnavailable as error:
            if source is not hit:
                yield f"with a second source there is no price: {error}"
            continue
        yield from _wrong(extended_by_yesterday(known, since, until, zone).intervals)


def _wrong(intervals: Sequence[PriceInterval]) -> Iterator[str]:
    for each in intervals:
        if each.is_assumed or each.spot_per_kwh == _true_price(each.start):
            continue
        yield f"the price of {each.start.isoformat()} is {each.spot_per_kwh}, it was {_true_price(each.start)}"
        return
