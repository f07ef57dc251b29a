"""Recorded ticks under another tariff: what the same exchange with the grid would have cost."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from energy_manager.application.explanation.what_if import with_durations
from energy_manager.application.explanation.wording import counted, moment
from energy_manager.application.ports.records.tick import Tick
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.tariff import Rate

LONGEST = timedelta(minutes=1)
"""A measurement counts until the next tick, and no longer than this: over a pause nothing is known.

The last one of a run counts as long as a tick lasts."""

RatesOf = Callable[[datetime, datetime], Sequence[Rate]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherTariff:
    """Energies (kWh) and money of the ticks whose exchange was measured; ``known`` money is None without any price.

    ``priced_kwh`` is how much of the exchange the record has prices for, ``priced`` what the other tariff asks for it.
    """

    ticks: int
    begin: datetime
    end: datetime
    imported_kwh: float
    exported_kwh: float
    known: float | None
    priced: float
    other: float
    known_currency: str
    currency: str

    def lines(self) -> Iterator[str]:
        """The answer, line by line."""
        yield f"{counted(self.ticks, 'tick')} from {moment(self.begin)} to {moment(self.end)}"
        yield f"imported {self.imported_kwh:,.3f} kWh, exported {self.exported_kwh:,.3f} kWh"
        yield f"under this tariff: {self.other:,.4f} {self.currency}"
        if self.known is None:
            yield "no price is on record to compare it with"
            return
        yield (
            f"where prices are on record it was {self.known:,.4f} {self.known_currency}, and would have been "
            f"{self.priced:,.4f} {self.currency}"
        )


def under_tariff(ticks: Iterable[Tick], rates_of: RatesOf, *, currency: str) -> OtherTariff:
    """What the exchange of the ticks would have cost by the rates; what the assets did is left as it was.

    Raises:
        Refused: no tick measured the exchange, or the rates leave out a part of the time.
    """
    measured = [
        (tick, lasted_ms) for tick, lasted_ms in with_durations(ticks) if tick.hold and tick.hold.import_kw is not None
    ]
    if not measured:
        raise Refused([Fault(field="--tariff", message="no tick of these has measured the grid connection")])
    begin, end = measured[0][0].at, measured[-1][0].at
    rates = rates_of(begin, end + LONGEST)
    starts = [rate.start for rate in rates]
    imported = exported = other = known = priced = 0.0
    is_known, known_currency = False, ""
    for tick, lasted_ms in measured:
        hold = tick.hold
        assert hold is not None
        import_kw = hold.import_kw or 0.0
        energy = import_kw * (min(timedelta(milliseconds=lasted_ms), LONGEST) / timedelta(hours=1))
        imported, exported = imported + max(energy, 0.0), exported + max(-energy, 0.0)
        place = bisect_right(starts, tick.at) - 1
        if place < 0 or rates[place].end <= tick.at:
            raise Refused([Fault(field="--tariff", message=f"has no price for {moment(tick.at)}")])
        rate = rates[place]
        asked = energy * float(rate.buy_per_kwh if import_kw > 0.0 else rate.sell_per_kwh)
        other += asked
        price = hold.buy_per_kwh if import_kw > 0.0 else hold.sell_per_kwh
        if price is not None:
            is_known, known_currency = True, hold.currency
            known += energy * price
            priced += asked
    return OtherTariff(
        ticks=len(measured),
        begin=begin,
        end=end,
        imported_kwh=imported,
        exported_kwh=exported,
        known=known if is_known else None,
        priced=priced,
        other=other,
        known_currency=known_currency,
        currency=currency,
    )
