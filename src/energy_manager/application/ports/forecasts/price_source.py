"""Where prices of energy come from."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from energy_manager.domain.errors import Infeasible
from energy_manager.domain.tariff import PriceInterval


class PricesUnavailable(Infeasible):
    """The source gave no price, and why in one sentence."""

    code = "prices_unavailable"


class PriceSource(Protocol):
    """Asks once for prices, blocking for some seconds at most; who calls decides when to ask again."""

    @property
    def name(self) -> str:
        """What the source is called in answers and logs."""
        ...

    def fetch(self, since: datetime, until: datetime) -> tuple[PriceInterval, ...]:
        """The prices that the source has of ``[since, until)``, in order, without overlaps; gaps are left out.

        They may reach beyond the time on both sides. Both instants are aware.

        Raises:
            PricesUnavailable: there is no price at all, the source did not answer in time, or its answer cannot be
                right.
        """
        ...
