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
class SiteParts:
    """What whoever works beside the loop has of the site."""

    settings: Settings
    site: SiteFile
    store: Store
    statuses: InMemoryStatuses
    clock: MonotonicClock
    site_clock: SiteClock
    journal: Journals
    logbook: KeepLogbook
    mastership: Mastership
    overrides: OverrideBook
    statistics: TickStatistics
    read_site_state: ReadSiteState
    guided: CurrentGuidance


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastCostPlanningParts(SiteParts):
    """What the rolling planner of the site works with."""

    outlook: Callable[[], ForecastOutlook]
    prices: Callable[[], KeepPrices | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSiteParts(SiteParts):
    """What of the site the centre is told, and where its orders go."""

    alarms: AlarmBoard


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiParts(SiteParts):
    """What the API shows and changes."""

    workers: ProcessWorkers
    own_workers: ProcessWorkers
    devices: LaneDeviceGateway
    watch_devices: WatchDevices
    newest_tick: NewestTick
    log_journal: LogJournal
    live: ApplianceService
    stored_schedules: StoredSchedules
    forecast_quality: Callable[[], ForecastQuality]
    alarms: AlarmBoard
    planner: RollingPlan | None
