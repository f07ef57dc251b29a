"""What energy costs: spot prices as intervals of time, and the tariff that makes prices to buy and sell of them."""

from energy_manager.domain.tariff.price_interval import (
    PriceInterval as PriceInterval,
    without_overlaps as without_overlaps,
)
from energy_manager.domain.tariff.tariff import Charge as Charge, Rate as Rate, Tariff as Tariff
from energy_manager.domain.tariff.yesterday import Prices as Prices, extended_by_yesterday as extended_by_yesterday
