"""Simulated sites for the demo: a battery each, the product's own link, orders and reports, and a store in memory."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from energy_manager.adapters.fleet.nats import NatsAccess, NatsSiteBus
from energy_manager.adapters.records.journals import InMemoryJournal
from energy_manager.adapters.runtime.clocks import seconds_awake_and_asleep, wall_clock
from energy_manager.adapters.runtime.threads import repeat
from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.alarms import AlarmBoard, Priority, Trouble
from energy_manager.application.fleet.at_site.site_assets import AssetNow, FleetAssets, SiteNow
from energy_manager.application.fleet.at_site.site_link import SiteLink
from energy_manager.application.fleet.at_site.site_orders import SiteOrders
from energy_manager.application.fleet.at_site.site_reports import SiteReports
from energy_manager.application.ports.fleet.fleet_bus import Question
from energy_manager.application.ports.records.history import StatusOf, StatusRecord
from energy_manager.application.ports.schedules.durability import JsonObject
from energy_manager.domain.errors import Refused
from energy_manager.domain.fleet import Direction, RegisteredOffer
from energy_manager.entrypoints.container.fleet.site_alarms import AnswerAboutAlarms, in_short

BATTERY = "battery"
SPREAD_S = 1.0
"""In so long all of them have spoken for the first time: who looks at a demo does not want to wait for a whole beat."""

MEASURED_S = 2.0
SHARE_OF_WEAK = 0.4


HEAT_PUMP = Trouble(
    id="heat pump does not follow",
    subject="heat pump",
    priority=Priority.MEDIUM,
    what="does not follow its target",
    consequence="the battery carries what it does not do",
)


class Behaviour(StrEnum):
    """How a simulated site behaves."""

    GOOD = "good"
    REFUSES = "refuses"
    """Its process is not the site's master."""
    WEAK = "weak"
    """It accepts, and delivers less than half."""
    ALARM = "alarm"
    """Something is wrong there, and it works on."""


def behaviour_of(number: int) -> Behaviour:
    """Of twenty sites one refuses, one is weak and one has an alarm."""
    return {4: Behaviour.REFUSES, 7: Behaviour.WEAK, 11: Behaviour.ALARM}.get(number % 20, Behaviour.GOOD)


_PRICES = {Behaviour.GOOD: (60, 160), Behaviour.ALARM: (60, 160), Behaviour.REFUSES: (5, 15), Behaviour.WEAK: (5, 15)}
"""EUR/MWh, from and to: who will disappoint is cheap, so that it is seen what happens then."""


@dataclass(slots=True, kw_only=True)
class SimulatedSite:
    """A site with one battery of ``kw`` either way, which delivers what the activations in its store say."""

    name: str
    kw: int
    load_kw: float
    behaviour: Behaviour
    price_eur_per_mwh: float
    access: NatsAccess
    store: InMemoryStore = field(default_factory=InMemoryStore, init=False)
    alarms: AlarmBoard = field(init=False)
    _output_kw: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.alarms = AlarmBoard(
            troubles=lambda: [HEAT_PUMP] if self.behaviour is Behaviour.ALARM else [],
            store=self.store.repository,
            now=wall_clock,
            elapsed_s=seconds_awake_and_asleep,
            one_at_a_time=threading.Lock(),
        )

    @classmethod
    def numbered(cls, number: int, access: NatsAccess) -> SimulatedSite:
        """The site of a number, always the same."""
        made_up = random.Random(number)  # noqa: S311 - no secret
        return cls(
            name=f"site-{number}",
            kw=made_up.choice([10, 15, 20, 25, 30]),
            load_kw=made_up.uniform(5, 60),
            behaviour=behaviour_of(number),
            price_eur_per_mwh=round(made_up.uniform(*_PRICES[behaviour_of(number)]), 1),
            access=access,
        )

    @property
    def offers(self) -> tuple[RegisteredOffer, ...]:
        """What it has agreed to, both ways."""
        return tuple(
            RegisteredOffer(
                site=self.name,
                direction=direction,
                volume_kw=self.kw,
                activation_cents=20,
                price_eur_per_mwh=self.price_eur_per_mwh,
            )
            for direction in Direction
        )

    def start(self) -> None:
        """Connect, and live until the process ends."""
        self.store.open()
        link = self._link()
        link.start()
        repeat(self._live, every_s=MEASURED_S, name=self.name)
        repeat(link.turn, every_s=0.0, name=f"fleet {self.name}")

    def _link(self) -> SiteLink:
        repository = self.store.repository
        assets = FleetAssets(read=self._now, steps_per_kw=1, set_by_hand=lambda _: frozenset())
        orders = SiteOrders(
            site=self.name,
            store=repository,
            assets=assets,
            now=wall_clock,
            may_command=lambda: self.behaviour is not Behaviour.REFUSES,
        )
        reports = SiteReports(
            site=self.name,
            documents=repository,
            logbook=repository,
            history=self.store.history,
            assets=(BATTERY,),
            orders=orders,
            kw_per_step=1.0,
            now=wall_clock,
            elapsed_s=seconds_awake_and_asleep,
            spread=timedelta(0),
        )
        return SiteLink(
            site=self.name,
            bus=NatsSiteBus(self.access, self.name),
            assets=assets,
            orders=orders,
            reports=reports,
            answer=self._answer,
            journal=InMemoryJournal(),
            now=wall_clock,
            elapsed_s=seconds_awake_and_asleep,
            phase_s=random.Random(self.name).uniform(0, SPREAD_S),  # noqa: S311 - no secret
        )

    def _live(self) -> None:
        """Follow the schedule, and write down what was measured."""
        now = wall_clock()
        active = self.store.repository.active_at(now)
        blocks = (entry.schedule.block_at(now) for entry in active)
        wanted_kw = sum(block.targets.get(BATTERY, 0) for block in blocks if block is not None)
        share = SHARE_OF_WEAK if self.behaviour is Behaviour.WEAK else 1.0
        self._output_kw = round(wanted_kw * share, 1)
        self.alarms.look()
        self.load_kw = max(1.0, self.load_kw + random.uniform(-0.5, 0.5))  # noqa: S311 - no secret
        status = StatusOf(output=round(self._output_kw), potential=self.kw, age_s=0.0)
        self.store.recorder.record(StatusRecord(at=now, statuses={BATTERY: status}))

    def _now(self) -> SiteNow:
        alarms = in_short(self.alarms.active, wall_clock())
        return SiteNow(
            assets={BATTERY: AssetNow(deliver_kw=self._output_kw, up=self.kw, down=self.kw)},
            tick=int(datetime.now(UTC).timestamp() // MEASURED_S),
            import_kw=round(self.load_kw - self._output_kw, 1),
            alarms=alarms.new,
            alarm=alarms.words,
            acknowledged=alarms.acknowledged,
        )

    def _answer(self, question: Question) -> JsonObject:
        about_alarms = AnswerAboutAlarms(board=self.alarms, now=wall_clock)
        match question.about:
            case "alarms":
                return about_alarms.listed()
            case "acknowledge":
                return about_alarms.acknowledge(question)
            case _:
                raise Refused.at("about", "a simulated site keeps no detail")
