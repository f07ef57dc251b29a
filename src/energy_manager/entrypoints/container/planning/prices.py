"""The prices of a site: its tariff, and where spot prices come from."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable

from energy_manager.application.least_cost.keep_prices import KeepPrices
from energy_manager.application.least_cost.read_prices import ReadPrices
from energy_manager.domain.clock_trust import ClockTrust
from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.settings import Settings
from energy_manager.entrypoints.site_file import SiteFile, price_source_of

TOKEN = "ENERGY_MANAGER_PRICES__TOKEN"  # noqa: S105 - a name


def prices_of(site: SiteFile, settings: Settings) -> ReadPrices:
    """How the prices of a site are read.

    Raises:
        Refused: the site file has no tariff, or the source needs a token and there is none.
    """
    if site.tariff is None:
        raise Refused.at("tariff", "is missing: the site file needs a table [tariff]")
    try:
        source = price_source_of(site.tariff, site.prices, settings.prices.token)
    except Refused as refused:
        faults = [
            Fault(field=TOKEN if own.field == "token" else own.field, message=own.message) for own in refused.faults
        ]
        raise Refused(faults) from None
    return ReadPrices(source=source, tariff=site.tariff.tariff(site.site.time_zone))


def kept(read: ReadPrices, trust: Callable[[], ClockTrust]) -> KeepPrices:
    """Prices as they are read, asked for when there should be new ones."""
    return KeepPrices(
        source=read.source,
        tariff=read.tariff,
        trust=trust,
        share=random.SystemRandom().random,
        one_at_a_time=threading.Lock(),
    )
