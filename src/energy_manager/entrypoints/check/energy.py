"""What ``check`` says of the tariff and of the forecasts."""

from __future__ import annotations

from collections.abc import Iterator

from energy_manager.domain.site import AssetKind
from energy_manager.entrypoints.site_file import PriceSourceEntry, SiteFile, TariffEntry


def describe_prices(site: SiteFile) -> Iterator[str]:
    """What a kWh costs and earns, and where spot prices come from."""
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


def describe_forecasts(site: SiteFile) -> Iterator[str]:
    """Which forecasts are made beside the loop, and from what."""
    entry = site.forecasts
    if entry is None:
        return
    reach = f"every quarter hour, {entry.horizon_h:g} h ahead"
    if entry.load is not None:
        meter = entry.load.meter or (site.pcc.meter if site.pcc is not None else "")
        yield (
            f"load is forecast {reach}, from the last weeks of the import that {meter} measures, without what the "
            "other assets take"
        )
    if entry.sun is not None:
        plants = ", ".join(entry.sun.assets or [a.id for a in site.described.assets if a.kind is AssetKind.PRODUCER])
        if entry.sun.service == "history":
            yield (
                f"production of {plants} is forecast {reach}, from the last weeks without curtailed times and from the "
                "prices of the market, where there are any"
            )
        else:
            yield (
                f"production of {plants} is forecast {reach}, by {entry.sun.service} (asked every hour) for "
                f"{entry.sun.kwp:g} kWp, {entry.sun.tilt:g}° tilted, {entry.sun.azimuth:g}° from south, put right by "
                "what came of it; while it does not answer the last weeks are taken"
            )
