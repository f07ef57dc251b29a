"""Sources of prices: one file each knows where to ask and how the answer is written."""

from energy_manager.adapters.prices.fallback import PricesWithFallback
from energy_manager.adapters.prices.sources import SOURCES, PriceSourceOptions, price_source

__all__ = ["SOURCES", "PriceSourceOptions", "PricesWithFallback", "price_source"]
