"""Small sites whose sums are done in the head: hours, whole kW, no losses unless said."""

from __future__ import annotations

from datetime import UTC, datetime

from energy_manager.domain.least_cost import Site, Storage

START = datetime(2026, 3, 2, tzinfo=UTC)


def battery(**fields) -> Storage:
    own = {"id": "battery", "capacity_kwh": 4.0, "stored_kwh": 0.0, "max_charge_kw": 2.0, "max_discharge_kw": 2.0}
    return Storage(**(own | {"end_value_eur_per_kwh": 0.0} | fields))


def site(load, production=0.0, *, buy=0.30, sell=0.08, storages=None, **fields) -> Site:
    return Site(
        start=START,
        step_s=3600,
        load_kw=tuple(map(float, load)),
        production_kw=tuple(map(float, production)) if isinstance(production, list | tuple) else production,
        buy_eur_per_kwh=tuple(buy) if isinstance(buy, list | tuple) else buy,
        sell_eur_per_kwh=tuple(sell) if isinstance(sell, list | tuple) else sell,
        storages=(battery(),) if storages is None else tuple(storages),
        **fields,
    )
