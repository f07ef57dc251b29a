"""Prices of a site as JSON."""

from __future__ import annotations

from energy_manager.adapters.texts.json_text import write_json
from energy_manager.application.least_cost.read_prices import KnownRates, ReadPrices
from energy_manager.domain.series import utc_text


def prices_document(read: ReadPrices, known: KnownRates) -> bytes:
    """``{"currency", "source", "intervals": [{"start", "end", "spot_per_kwh", "buy_per_kwh", …}]}``."""
    return write_json(
        {
            "currency": read.tariff.currency,
            "source": read.source.name,
            "intervals": [
                {
                    "start": utc_text(rate.start),
                    "end": utc_text(rate.end),
                    "spot_per_kwh": float(rate.spot_per_kwh),
                    "buy_per_kwh": float(rate.buy_per_kwh),
                    "sell_per_kwh": float(rate.sell_per_kwh),
                    "assumed": rate.is_assumed,
                }
                for rate in known.rates
            ],
        }
    )
