"""What energy costs: spot prices as intervals of time, and the tariff that makes prices to buy and sell of them."""

from energy_manager.domain.tariff.price_interval import PriceInterval, without_overlaps
from energy_manager.domain.tariff.tariff import Charge, Rate, Tariff
from energy_manager.domain.tariff.yesterday import Prices, extended_by_yesterday

__all__ = [
    "Charge",
    "PriceInterval",
    "Prices",
    "Rate",
    "Tariff",
    "extended_by_yesterday",
    "without_overlaps",
]
