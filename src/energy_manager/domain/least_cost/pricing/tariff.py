"""What a kWh costs and earns: a pure function of the spot price and the local time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, tzinfo

from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.series import number_fault

_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What is added to the spot price from one local clock time to another, before VAT (per kWh).

    Times are ``HH:MM``; ``[from_time, until_time)`` may pass midnight, ``24:00`` is the end of the day.
    """

    from_time: str
    until_time: str
    per_kwh: float

    def minutes(self) -> list[tuple[int, int]]:
        """The minutes of the day it holds for, as half-open ranges."""
        begin, end = clock_minutes(self.from_time), clock_minutes(self.until_time)
        if begin < end:
            return [(begin, end)]
        return [part for part in ((begin, _DAY_MINUTES), (0, end)) if part[0] < part[1]]


def clock_minutes(text: str) -> int:
    """A local clock time as minutes since midnight.

    Raises:
        ValueError: for anything but HH:MM from 00:00 to 24:00.
    """
    hour, colon, minute = text.partition(":")
    if not (colon and len(hour) == 2 and len(minute) == 2 and hour.isdigit() and minute.isdigit()):
        raise ValueError(f"must be a clock time such as 17:00, not {text}")
    minutes = int(hour) * 60 + int(minute)
    if int(minute) > 59 or minutes > _DAY_MINUTES:
        raise ValueError(f"must be a clock time from 00:00 to 24:00, not {text}")
    return minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """Purchase is (spot + charges by time of day) x (1 + VAT); feed-in is fixed, or spot - fee.

    ``feed_in`` is "spot" or a price; ``feed_in_while_negative``, where given, is what is paid while the spot price is
    below 0. Charges that are given must cover the whole day, once.

    Raises:
        Refused: with every fault by field.
    """

    zone: tzinfo
    currency: str = "EUR"
    vat: float = 0.0
    charges: tuple[Charge, ...] = ()
    feed_in: str | float = "spot"
    feed_in_fee_per_kwh: float = 0.0
    feed_in_while_negative: float | None = None

    def __post_init__(self) -> None:
        faults = list(self._faults())
        if faults:
            raise Refused(faults)

    def _faults(self) -> Iterator[Fault]:
        numbers: list[tuple[str, float, float | None]] = [
            ("vat", self.vat, 0.0),
            ("feed_in_fee_per_kwh", self.feed_in_fee_per_kwh, None),
        ]
        if isinstance(self.feed_in, str):
            if self.feed_in != "spot":
                yield Fault(field="feed_in", message=f'must be "spot" or a price per kWh, not {self.feed_in}')
        else:
            numbers.append(("feed_in", self.feed_in, None))
        if self.feed_in_while_negative is not None:
            numbers.append(("feed_in_while_negative", self.feed_in_while_negative, None))
        numbers += [(f"charges[{place}].per_kwh", charge.per_kwh, None) for place, charge in enumerate(self.charges)]
        for field, value, least in numbers:
            message = number_fault(value, least)
            if message is not None:
                yield Fault(field=field, message=message)
        yield from self._charge_faults()

    def _charge_faults(self) -> Iterator[Fault]:
        covered: list[tuple[int, int, int]] = []
        for place, charge in enumerate(self.charges):
            for field, text in (("from", charge.from_time), ("to", charge.until_time)):
                try:
                    clock_minutes(text)
                except ValueError as error:
                    yield Fault(field=f"charges[{place}].{field}", message=str(error))
                    return
            covered += [(begin, end, place) for begin, end in charge.minutes()]
        reached = 0
        for begin, end, place in sorted(covered):
            if begin < reached:
                words = f"holds at {begin // 60:02}:{begin % 60:02}, when another charge holds already"
                yield Fault(field=f"charges[{place}]", message=words)
            elif begin > reached:
                words = f"no charge holds from {reached // 60:02}:{reached % 60:02} on; give 0 where there is none"
                yield Fault(field="charges", message=words)
            reached = max(reached, end)
        if covered and reached < _DAY_MINUTES:
            words = f"no charge holds from {reached // 60:02}:{reached % 60:02} on; give 0 where there is none"
            yield Fault(field="charges", message=words)

    def buy_per_kwh(self, spot_per_kwh: float, time: datetime) -> float:
        """What a kWh from the grid costs at an aware time, with all taxes."""
        return (spot_per_kwh + self._charge_at(time)) * (1.0 + self.vat)

    def sell_per_kwh(self, spot_per_kwh: float) -> float:
        """What a kWh fed in earns."""
        if spot_per_kwh < 0.0 and self.feed_in_while_negative is not None:
            return self.feed_in_while_negative
        if isinstance(self.feed_in, str):
            return spot_per_kwh - self.feed_in_fee_per_kwh
        return self.feed_in

    def _charge_at(self, time: datetime) -> float:
        local = time.astimezone(self.zone)
        minute = local.hour * 60 + local.minute
        for charge in self.charges:
            if any(begin <= minute < end for begin, end in charge.minutes()):
                return charge.per_kwh
        return 0.0
