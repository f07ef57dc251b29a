"""From settings to what each planner is told; the command line and the API share it.

(The command line plans without the container, which takes half a second to load, so the registries are named here.)
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

from energy_manager.adapters.registries import FileRegistry, GeneratedRegistry
from energy_manager.application.ports.asset_registry import AssetRegistry
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.documents.appliances import AppliancesOptions
from energy_manager.entrypoints.documents.flexibility import FlexibilityOptions
from energy_manager.entrypoints.documents.peak_shaving import PeakShavingOptions
from energy_manager.entrypoints.documents.production import ProductionOptions
from energy_manager.entrypoints.settings import (
    AppliancesSettings,
    FlexibilitySettings,
    PeakShavingSettings,
    ProductionSettings,
)


def production_options(settings: ProductionSettings) -> ProductionOptions:
    """How production is planned unless a request says otherwise."""
    return ProductionOptions(co2=settings.co2, wind=settings.wind, time_limit_s=settings.time_limit_s)


def flexibility_options(settings: FlexibilitySettings) -> FlexibilityOptions:
    """How flexibility is planned unless a request says otherwise, today (UTC)."""
    return FlexibilityOptions(
        registry=_registry(settings),
        today=datetime.now(UTC).date(),
        engine=settings.engine,
        time_limit_s=settings.time_limit_s,
    )


def peak_shaving_options(settings: PeakShavingSettings) -> PeakShavingOptions:
    """How storages are planned."""
    return PeakShavingOptions(time_limit_s=settings.time_limit_s)


def appliances_options(settings: AppliancesSettings) -> AppliancesOptions:
    """How appliances are planned."""
    return AppliancesOptions(longest_s=settings.time_limit_s)


def load_planners(settings: FlexibilitySettings) -> None:
    """Make a fresh worker ready: this module has imported the planners, and the assets on offer are read here.

    A registry that cannot be read is told to whoever asks for it, not here.
    """
    options = flexibility_options(settings)
    with contextlib.suppress(Refused):
        options.registry.offer(options.today)


def _registry(settings: FlexibilitySettings) -> AssetRegistry:
    if settings.assets_file:
        return FileRegistry(path=Path(settings.assets_file))
    made_up = settings.generator
    return GeneratedRegistry(
        count=made_up.count,
        total_kw=made_up.total_kw,
        seed=made_up.seed,
        base_price_factor=made_up.base_price_factor,
    )
