"""The sources by the names that site files have for them: what each needs, and how it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from energy_manager.adapters.prices import SourceName
from energy_manager.adapters.prices.awattar import URLS as AWATTAR_URLS
from energy_manager.adapters.prices.awattar import AwattarPrices
from energy_manager.adapters.prices.energy_charts import URL as ENERGY_CHARTS_URL
from energy_manager.adapters.prices.energy_charts import EnergyChartsPrices
from energy_manager.adapters.prices.entsoe import URL as ENTSOE_URL
from energy_manager.adapters.prices.entsoe import EntsoePrices
from energy_manager.adapters.prices.octopus import URL as OCTOPUS_URL
from energy_manager.adapters.prices.octopus import OctopusPrices
from energy_manager.adapters.prices.own_shape import FilePrices, HttpPrices
from energy_manager.adapters.prices.tibber import URL as TIBBER_URL
from energy_manager.adapters.prices.tibber import TibberPrices
from energy_manager.application.ports.forecasts.price_source import PriceSource
from energy_manager.domain.errors import Fault, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceSourceOptions:
    """What a site file says of a source; ``url`` empty: the service's own address. ``token`` is a secret."""

    source: SourceName
    currency: str
    url: str = ""
    path: Path | None = None
    area: str = ""
    product: str = ""
    sequence: int = 1
    token: str = ""


def _awattar(options: PriceSourceOptions) -> PriceSource:
    own = AWATTAR_URLS.get(options.area)
    if own is None and not options.url:
        known = " or ".join(AWATTAR_URLS)
        raise Refused([Fault(field="area", message=f"{options.area!r} is no country of aWATTar: {known}")])
    return AwattarPrices(area=options.area, url=_address(options.url, own or AWATTAR_URLS["de"]))


def _address(url: str, own: str) -> str:
    """Where to ask: the service's own address, or the one that was said; of a host alone at the service's own path."""
    parts = urlsplit(url)
    if not url or parts.path or not parts.netloc:
        return url or own
    return url + urlsplit(own).path


SOURCES: dict[SourceName, tuple[tuple[str, ...], Callable[[PriceSourceOptions], PriceSource]]] = {
    "file": (("path",), lambda options: FilePrices(path=options.path or Path())),
    "http": (("url",), lambda options: HttpPrices(url=options.url, token=options.token)),
    "entsoe": (
        ("area", "token"),
        lambda options: EntsoePrices(
            area=options.area,
            token=options.token,
            currency=options.currency,
            sequence=options.sequence,
            url=_address(options.url, ENTSOE_URL),
        ),
    ),
    "energy_charts": (
        ("area",),
        lambda options: EnergyChartsPrices(area=options.area, url=_address(options.url, ENERGY_CHARTS_URL)),
    ),
    "awattar": (("area",), _awattar),
    "tibber": (
        ("token",),
        lambda options: TibberPrices(
            token=options.token, currency=options.currency, url=_address(options.url, TIBBER_URL)
        ),
    ),
    "octopus": (
        ("product", "area"),
        lambda options: OctopusPrices(product=options.product, region=options.area, url=options.url or OCTOPUS_URL),
    ),
}
"""By name: the options that it cannot do without, and how it is made of them."""


def price_source(options: PriceSourceOptions) -> PriceSource:
    """The source that the options describe.

    Raises:
        Refused: an option that it needs is missing or cannot be.
    """
    needed, make = SOURCES[options.source]
    missing = [name for name in needed if not getattr(options, name)]
    if missing:
        message = f"is missing: prices from {options.source} need {' and '.join(needed)}"
        raise Refused([Fault(field=missing[0], message=message)])
    return make(options)
