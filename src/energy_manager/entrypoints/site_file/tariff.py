"""``[tariff]`` and ``[prices]``: what a kWh costs, and where spot prices come from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from energy_manager.adapters.options import Options
from energy_manager.adapters.prices import SourceName
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.site_file.faults import faults_of
from energy_manager.entrypoints.site_file.names import TimeZone

if TYPE_CHECKING:
    from energy_manager.application.ports.forecasts.price_source import PriceSource
    from energy_manager.domain.tariff import Tariff

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00", re.ASCII)


def _exact(value: object) -> object:
    """A number of the file as it is written, not as its double."""
    return Decimal(repr(value)) if isinstance(value, float) else value


def _minute(value: object) -> object:
    if isinstance(value, str) and _CLOCK.fullmatch(value):
        return 60 * int(value[:2]) + int(value[3:])
    raise PydanticCustomError("site_file", "{sentence}", {"sentence": "is no time of day such as 17:00 or 24:00"})


Price = Annotated[Decimal, BeforeValidator(_exact), Field(ge=-100, le=100)]
Minute = Annotated[int, BeforeValidator(_minute)]


def _number_or_spot(value: object) -> object:
    if value == "spot" or (isinstance(value, int | float) and not isinstance(value, bool)):
        return _exact(value)
    raise PydanticCustomError("site_file", "{sentence}", {"sentence": 'must be a price per kWh, or "spot"'})


class ChargeEntry(Options):
    """What is paid per kWh beside the spot price while the local clock shows ``[from, to)``, before VAT."""

    from_min: Minute = Field(alias="from", description="local time, such as 17:00")
    to_min: Minute = Field(alias="to", description="local time up to 24:00; earlier than from: over midnight")
    per_kwh: Price


class TariffEntry(Options):
    """What a kWh costs and earns: (spot + charges) x (1 + VAT). Without ``[prices]`` the spot price is 0."""

    currency: str = Field(pattern="^[A-Z]{3}$", description="such as EUR")
    zone: TimeZone | None = Field(None, description="where the local clock is read; left out: the site's time zone")
    vat: Annotated[Decimal, BeforeValidator(_exact)] = Field(Decimal(0), ge=0, le=1, description="a share: 0.19")
    charges: list[ChargeEntry] = Field([])
    feed_in: Annotated[Decimal | Literal["spot"], BeforeValidator(_number_or_spot)] = Field(
        Decimal(0), description="per kWh fed in, or spot"
    )
    feed_in_fee_per_kwh: Price = Field(Decimal(0), description="what is kept of the spot price")
    feed_in_while_negative: Price | None = Field(
        None, description="per kWh while the spot price is negative; left out: as always"
    )

    def tariff(self, site_zone: str) -> Tariff:
        """The tariff.

        Raises:
            Refused: charges overlap, or hold at no time.
        """
        from energy_manager.domain.tariff import Charge, Tariff  # noqa: PLC0415 - seldom needed

        return Tariff(
            currency=self.currency,
            zone=ZoneInfo(self.zone or site_zone),
            vat=self.vat,
            charges=tuple(Charge(**entry.model_dump()) for entry in self.charges),
            feed_in=self.feed_in,
            feed_in_fee_per_kwh=self.feed_in_fee_per_kwh,
            feed_in_while_negative=self.feed_in_while_negative,
        )

    def faults(self) -> Iterator[InitErrorDetails]:
        """What only all of it together shows."""
        try:
            self.tariff("UTC")
        except Refused as refused:
            yield from faults_of(refused, ("tariff",))


class PriceSourceEntry(Options):
    """A source of spot prices; which keys it needs depends on it."""

    source: SourceName
    url: str = Field("", description="base address; left out: the service's own; without a path its own path follows")
    path: Path | None = Field(None, description="of source file, beside the site file: CSV or JSON start, end, price")
    area: str = Field("", description="bidding zone, country or region")
    product: str = Field("", description="of octopus")
    sequence: int = Field(1, ge=1, description="of entsoe")

    @field_validator("path")
    @classmethod
    def _beside_the_site_file(cls, path: Path | None, info: ValidationInfo) -> Path | None:
        beside = (info.context or {}).get("beside")
        return path if beside is None or path is None else beside / path

    def port(self, currency: str, token: str) -> PriceSource:
        """The source.

        Raises:
            Refused: it lacks what it needs.
        """
        from energy_manager.adapters.prices.sources import PriceSourceOptions, price_source  # noqa: PLC0415 - seldom needed

        stated = {name: getattr(self, name) for name in PriceSourceEntry.model_fields}
        return price_source(PriceSourceOptions(**stated, currency=currency, token=token))


class PricesEntry(PriceSourceEntry):
    """Where spot prices come from, and from where else when that fails."""

    fallback: PriceSourceEntry | None = None

    def faults(self) -> Iterator[InitErrorDetails]:
        """What a source lacks; a token is not the site file's to have."""
        for entry, place in ((self, ("prices",)), (self.fallback, ("prices", "fallback"))):
            if entry is None:
                continue
            try:
                entry.port("EUR", "a token")
            except Refused as refused:
                yield from faults_of(refused, place)


def price_source_of(tariff: TariffEntry, prices: PricesEntry | None, token: SecretStr) -> PriceSource:
    """Where a site's spot prices come from; without ``[prices]`` there is no market, and they are 0.

    Raises:
        Refused: a source needs a token and there is none.
    """
    from energy_manager.adapters.prices.fallback import PricesWithFallback  # noqa: PLC0415 - seldom needed
    from energy_manager.adapters.prices.without_market import WithoutMarket  # noqa: PLC0415 - seldom needed

    if prices is None:
        return WithoutMarket()
    secret = token.get_secret_value()
    first = prices.port(tariff.currency, secret)
    if prices.fallback is None:
        return first
    return PricesWithFallback(first=first, second=prices.fallback.port(tariff.currency, secret))
