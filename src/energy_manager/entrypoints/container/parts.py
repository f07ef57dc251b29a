"""What is handed to parts of the container that are slow to load, as typed values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from energy_manager.adapters.devices.lane_gateway import LaneDeviceGateway
from energy_manager.adapters.records.journals import Journals, LogJournal, NewestTick
from energy_manager.adapters.runtime.clocks import MonotonicClock
from energy_manager.adapters.runtime.workers import ProcessWorkers
from energy_manager.adapters.schedules import StoredSchedules
from energy_manager.adapters.statuses import InMemoryStatuses
from energy_manager.adapters.storage import Store
from energy_manager.application.alarms import AlarmBoard
from energy_manager.application.appliances import ApplianceService
from energy_manager.application.clock import SiteClock
from energy_manager.application.dispatch import ReadSiteState, TickStatistics, WatchDevices
from energy_manager.application.least_cost.current_guidance import CurrentGuidance
from energy_manager.application.logbook import KeepLogbook
from energy_manager.application.mastership import Mastership
from energy_manager.application.overrides import OverrideBook
from energy_manager.application.rolling import RollingPlan
from energy_manager.entrypoints.settings import Settings
from energy_manager.entrypoints.site_file import SiteFile

if TYPE_CHECKING:
    from energy_manager.application.forecasting.outlook import ForecastOutlook
    from energy_manager.application.forecasting.quality import ForecastQuality
    from energy_manager.application.least_cost.keep_prices import KeepPrices


@dataclass(frozen=True, slots=True, kw_only=True)
class StoragePlanningParts:
    """What the rolling planner of the storage works with."""

    settings: Settings
    site: SiteFile
    store: Store
    statuses: InMemoryStatuses
    clock: MonotonicClock
    journal: Journals


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeAssistantParts:
    """What Home Assistant is shown, and where its orders go."""

    settings: Settings
    site: SiteFile
    store: Store
    read_site_state: ReadSiteState
    site_clock: SiteClock
    clock: MonotonicClock
    mastership: Mastership


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastCostPlanningParts(StoragePlanningParts):
    """What the rolling planner of the site works with."""

    site_clock: SiteClock
    outlook: Callable[[], ForecastOutlook]
    prices: Callable[[], KeepPrices | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSiteParts:
    """What of the site the centre is told, and where its orders go."""

    settings: Settings
    site: SiteFile
    store: Store
    read_site_state: ReadSiteState
    statistics: TickStatistics
    clock: MonotonicClock
    site_clock: SiteClock
    mastership: Mastership
    overrides: OverrideBook
    alarms: AlarmBoard
    guided: CurrentGuidance
    journal: Journals


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts:
    """What the API shows and changes."""

    settings: Settings
    site: SiteFile
    workers: ProcessWorkers
    own_workers: ProcessWorkers
    store: Store
    devices: LaneDeviceGateway
    statistics: TickStatistics
    watch_devices: WatchDevices
    read_site_state: ReadSiteState
    newest_tick: NewestTick
    log_journal: LogJournal
    clock: MonotonicClock
    live: ApplianceService
    journal: Journals
    site_clock: SiteClock
    mastership: Mastership
    stored_schedules: StoredSchedules
    forecast_quality: Callable[[], ForecastQuality]
    logbook: KeepLogbook
    overrides: OverrideBook
    alarms: AlarmBoard
    planner: RollingPlan | None
