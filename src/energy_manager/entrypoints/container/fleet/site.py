"""A site's link to its centre: made where the settings name a fleet, in a thread that the ticker never knows of."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from energy_manager.adapters.fleet.nats import NatsSiteBus
from energy_manager.adapters.runtime.clocks import seconds_awake_and_asleep
from energy_manager.adapters.runtime.threads import repeat
from energy_manager.application.alarms import AlarmBoard
from energy_manager.application.dispatch.site_view import AssetView
from energy_manager.application.explanation import Explain, TellSeries, fitting_step_s
from energy_manager.application.fleet.at_site.site_assets import AssetNow, FleetAssets, SiteNow
from energy_manager.application.fleet.at_site.site_link import SiteLink
from energy_manager.application.fleet.at_site.site_orders import SiteOrders
from energy_manager.application.fleet.at_site.site_reports import SiteReports
from energy_manager.application.ports.fleet.fleet_bus import Question
from energy_manager.application.ports.records.history import History, Window
from energy_manager.application.ports.schedules.durability import JsonObject
from energy_manager.domain.dispatch import AssetState
from energy_manager.domain.errors import Refused
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import Bounds
from energy_manager.entrypoints.command_line.time_arguments import read_moment
from energy_manager.entrypoints.container.fleet.access import access_of
from energy_manager.entrypoints.container.fleet.site_alarms import AnswerAboutAlarms, in_short, text_of
from energy_manager.entrypoints.container.parts import FleetSiteParts
from energy_manager.entrypoints.documents.explanation import explanation_document, series_document
from energy_manager.entrypoints.fleet.fleet_access import assets_in_fleet

SPREAD_S = 120.0
"""Quarter hours of all sites are reported over so long."""

BEAT_S = 4.0

ON_TIME_PERIODS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSiteLink:
    """The link with its thread."""

    link: SiteLink

    def start(self) -> None:
        """Connect, and keep the centre told until the process ends."""
        self.link.start()
        repeat(self.link.turn, every_s=0.0, name="fleet")


def fleet_link_of(parts: FleetSiteParts) -> RunningSiteLink:
    """The link that the settings ask for; nothing is connected yet.

    Raises:
        Refused: a setting names what is not there.
    """
    settings, site = parts.settings.fleet, parts.site.described
    names = assets_in_fleet(settings.site, settings.assets, site.planning_site)
    now, repository = parts.site_clock.now, parts.store.repository
    assets = FleetAssets(
        read=ReadSiteNow(parts=parts, assets=names),
        steps_per_kw=site.planning_site.steps_per_kw,
        set_by_hand=lambda instant: parts.overrides.in_force(instant).keys(),
    )
    orders = SiteOrders(
        site=settings.site, store=repository, assets=assets, now=now, may_command=parts.mastership.may_command
    )
    jitter = random.Random(settings.site)  # noqa: S311 - each site its own, the same at each start
    reports = SiteReports(
        site=settings.site,
        documents=repository,
        logbook=repository,
        history=parts.store.history,
        assets=names,
        orders=orders,
        kw_per_step=site.kw_per_step,
        now=now,
        elapsed_s=seconds_awake_and_asleep,
        spread=timedelta(seconds=jitter.uniform(0, SPREAD_S)),
    )
    link = SiteLink(
        site=settings.site,
        bus=NatsSiteBus(access_of(settings), settings.site),
        assets=assets,
        orders=orders,
        reports=reports,
        answer=AnswerCentre(
            history=parts.store.history, alarms=parts.alarms, now=now, assets=tuple(asset.id for asset in site.assets)
        ),
        journal=parts.journal,
        now=now,
        elapsed_s=seconds_awake_and_asleep,
        phase_s=jitter.uniform(0, BEAT_S),
    )
    return RunningSiteLink(link=link)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSiteNow:
    """The site as the fleet sees it."""

    parts: FleetSiteParts
    assets: tuple[AssetId, ...]

    def __call__(self) -> SiteNow:
        """How it stands now."""
        parts, view = self.parts, self.parts.read_site_state()
        now = parts.site_clock.now()
        alarms = in_short(parts.alarms.active, now)
        by_id = {asset.id: asset for asset in view.assets}
        up, down = self._prices(now, by_id)
        return SiteNow(
            assets={name: self._asset(by_id.get(name)) for name in self.assets},
            tick=None if view.tick is None else view.tick.number,
            is_on_time=self._is_on_time(),
            import_kw=None if view.pcc is None else view.pcc.import_kw,
            alarms=alarms.new,
            alarm=alarms.words,
            acknowledged=alarms.acknowledged,
            up_eur_per_mwh=up,
            down_eur_per_mwh=down,
        )

    def _is_on_time(self) -> bool:
        ticked_s = self.parts.statistics.last_tick_s
        period_s = self.parts.settings.dispatch.period_s
        return ticked_s is not None and self.parts.clock.now_s() - ticked_s < ON_TIME_PERIODS * period_s

    def _asset(self, asset: AssetView | None) -> AssetNow:
        if asset is None or asset.status_age_s is None:
            return AssetNow(deliver_kw=None, up=0, down=0)
        site = self.parts.site.described
        is_known = asset.status_age_s <= self.parts.settings.dispatch.status_max_age_s
        output_w = asset.output_w
        if output_w is None and asset.output is not None:
            output_w = float(asset.output * site.watts_per_step)
        ever = site.asset(asset.id).ever(site.watts_per_step)
        is_usable = asset.state is AssetState.OK
        return AssetNow(
            deliver_kw=output_w / 1000 if output_w is not None and is_known else None,
            up=_up(asset, ever) if is_usable else 0,
            down=_down(asset, ever) if is_usable else 0,
        )

    def _prices(self, now: datetime, by_id: dict[AssetId, AssetView]) -> tuple[float | None, float | None]:
        """What giving and taking a kWh costs by the site's least-cost plan, EUR/MWh; None: there is none."""
        guidance, grid = self.parts.guided(), self.parts.site.described.grid_connection
        storage = None if grid is None else by_id.get(grid.storage)
        if guidance is None or storage is None or storage.stored_wh is None or guidance.currency != "EUR":
            return None, None
        leading = guidance.at(now.timestamp(), storage.stored_wh / 1000)
        if leading is None:
            return None, None
        up = None if leading.last_value is None else 1000 * leading.last_value
        down = None if leading.next_value is None else 1000 * (leading.prices.buy - leading.next_value)
        return up, down


def _up(asset: AssetView, ever: Bounds) -> int:
    return max(0, ever.within(asset.potential or 0))


def _down(asset: AssetView, ever: Bounds) -> int:
    return 0 if asset.lowest is None else max(0, -ever.within(asset.lowest))


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCentre:
    """Answers the centre's questions: why an asset was told its target, an asset's history, alarms and who saw them.

    Of all ``assets`` of the site, also of those that have never answered.
    """

    history: History
    alarms: AlarmBoard
    now: Callable[[], datetime]
    assets: tuple[str, ...] = ()

    def __call__(self, question: Question) -> JsonObject:
        """The answer.

        Raises:
            Refused: there is no such question, or its arguments are none.
            NothingRecorded, StoreUnavailable: it cannot be answered.
        """
        match question.about:
            case "explain":
                asset, at = text_of(question, "asset"), self._moment(question, "at")
                return explanation_document(Explain(history=self.history, assets=self.assets)(asset, at=at))
            case "history":
                asset, since = text_of(question, "asset"), self._moment(question, "from")
                until = self._moment(question, "to")
                window = Window.of(since, until, fitting_step_s(since, until))
                return series_document(TellSeries(history=self.history, assets=self.assets)(asset, window))
            case "alarms":
                return AnswerAboutAlarms(board=self.alarms, now=self.now).listed()
            case "acknowledge":
                return AnswerAboutAlarms(board=self.alarms, now=self.now).acknowledge(question)
            case about:
                raise Refused.at("about", f"{about!r} is no question; available: acknowledge, alarms, explain, history")

    def _moment(self, question: Question, name: str) -> datetime:
        return read_moment(text_of(question, name), field=name, now=self.now(), without_zone="refused")
