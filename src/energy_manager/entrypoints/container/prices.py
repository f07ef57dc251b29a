"""The prices of a site: its tariff, and where spot prices come from."""

from __future__ import annotations

from collections.abc import Iterator

from energy_manager.application.least_cost import ReadPrices
from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.settings import Settings
from energy_manager.entrypoints.site_file import PriceSourceEntry, SiteFile, TariffEntry, price_source_of

TOKEN = "ENERGY_MANAGER_PRICES__TOKEN"  # noqa: S105 - a name


def prices_of(site: SiteFile, settings: Settings) -> ReadPrices:
    """How the prices of a site are read.

    Raises:
        Refused: the site file has no tariff, or the source needs a token and there is none.
    """
    if site.tariff is None:
        raise Refused([Fault(field="tariff", message="is missing: the site file needs a table [tariff]")])
    try:
        source = price_source_of(site.tariff, site.prices, settings.prices.token)
    except Refused as refused:
        faults = [
            Fault(field=TOKEN if own.field == "token" else own.field, message=own.message) for own in refused.faults
        ]
        raise Refused(faults) from None
    return ReadPrices(source=source, tariff=site.tariff.tariff(site.site.time_zone))


def describe_prices(site: SiteFile) -> Iterator[str]:
    """What ``check`` says of the tariff."""
    entry = site.tariff
    if entry is None:
        return
    tariff = entry.tariff(site.site.time_zone)
    charges = [
        f"{charge.per_kwh} from {_clock(charge.from_min)} to {_clock(charge.to_min)}" for charge in tariff.charges
    ]
    spot = "" if site.prices is None else "the spot price and "
    charged = ", ".join(charges) or "no charges"
    yield (
        f"tariff in {tariff.currency} per kWh: {spot}{charged} ({tariff.zone.key} time), "
        f"VAT {float(100 * tariff.vat):g} %; a kWh fed in earns {_feed_in(entry)}"
    )
    if site.prices is not None:
        names = [_source(site.prices), *([] if site.prices.fallback is None else [_source(site.prices.fallback)])]
        yield (
            f"  spot prices from {', else from '.join(names)}; what is not known is assumed from the day before, "
            "and said to be"
        )


def _source(entry: PriceSourceEntry) -> str:
    particulars = [str(entry.path)] if entry.path else [entry.area, entry.product, entry.url]
    return " ".join([entry.source, *filter(None, particulars)])


def _feed_in(entry: TariffEntry) -> str:
    fee = f" less {entry.feed_in_fee_per_kwh}" if entry.feed_in == "spot" and entry.feed_in_fee_per_kwh else ""
    earned = "the spot price" if entry.feed_in == "spot" else str(entry.feed_in)
    otherwise = entry.feed_in_while_negative
    return f"{earned}{fee}" + ("" if otherwise is None else f", {otherwise} while the spot price is negative")


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
