"""What may stand in a site file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator
from pydantic_core import InitErrorDetails

from energy_manager.adapters.devices import Connection
from energy_manager.adapters.options import Options
from energy_manager.domain.site import GridConnection, PowerUnit, Role, Site, Use
from energy_manager.entrypoints.site_file.assets import AssetEntry
from energy_manager.entrypoints.site_file.connections import ConnectionEntry
from energy_manager.entrypoints.site_file.faults import Place, fault, raise_if_any
from energy_manager.entrypoints.site_file.forecasts import ForecastsEntry
from energy_manager.entrypoints.site_file.homes import HouseholdEntry
from energy_manager.entrypoints.site_file.names import Name, TimeZone
from energy_manager.entrypoints.site_file.planning import PccEntry, PlanningEntry
from energy_manager.entrypoints.site_file.schedule import FileScheduleEntry, ScheduleEntry, SimulationEntry
from energy_manager.entrypoints.site_file.tariff import PricesEntry, TariffEntry

if TYPE_CHECKING:
    from energy_manager.adapters.schedules.file import FileContent


TopicPart = Annotated[str, Field(min_length=1, pattern=r"^[^+#\x00]+$")]


class HomeAssistantEntry(Options):
    """Home Assistant, over an MQTT broker that is an entry of `[[connections]]`: each asset is a device there.

    What is ordered there is a schedule of comfort authority, which ends by itself.
    """

    connection: str = Field(min_length=1, description='the id of a connection with `driver = "mqtt"`')
    discovery_prefix: TopicPart = Field("homeassistant", description="as in the settings of its MQTT integration")
    status_topic: TopicPart = Field("homeassistant/status", description="where it says that it has come up")
    base_topic: TopicPart = Field("energy_manager", description="under it are the topics of this site")
    order_min: float = Field(60.0, gt=0, le=10_080, description="so long an order from there holds")


class SiteEntry(Options):
    """The site as a whole; ``time_zone`` is an IANA name."""

    name: Name
    power_unit: PowerUnit = "kW"
    time_zone: TimeZone = "UTC"


class SiteFile(Options):
    """A whole site file.

    Raises:
        pydantic.ValidationError: with the place of each fault, among them ids that stand twice and assets that are not
            what they are used for.
    """

    site: SiteEntry
    assets: list[AssetEntry] = Field(min_length=1)
    connections: list[ConnectionEntry] = Field([])
    schedule: ScheduleEntry | None = None
    pcc: PccEntry | None = None
    tariff: TariffEntry | None = None
    simulation: SimulationEntry | None = None
    prices: PricesEntry | None = None
    planning: PlanningEntry = PlanningEntry()
    households: list[HouseholdEntry] = Field([])
    home_assistant: HomeAssistantEntry | None = None
    forecasts: ForecastsEntry | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> SiteFile:
        raise_if_any(
            [
                *_said_twice("assets", "asset", [asset.id for asset in self.assets]),
                *_said_twice("connections", "connection", [connection.id for connection in self.connections]),
                *_said_twice("households", "household", [home.id for home in self.households]),
                *self._unknown_connections(),
                *self._unfit_options(),
                *self._isolated_on_a_shared_connection(),
                *self._home_assistant_without_a_broker(),
                *self._planning_without_a_pcc(),
                *self._homes_without_prices(),
                *self._wrong_forecasts(),
                *self._prices_without_a_tariff(),
                *self._planned_twice(),
                *self._simulated_beside_real(),
                *self._wrong_roles(),
                *self._batteries_of_two_homes(),
                *self._wrong_appliances(),
            ]
        )
        return self

    def _unknown_connections(self) -> Iterator[InitErrorDetails]:
        known = {connection.id for connection in self.connections}
        for index, asset in enumerate(self.assets):
            if asset.connection is not None and asset.connection not in known:
                sentence = "there must be an entry of this id in connections"
                yield fault(("assets", index, "connection"), sentence, asset.connection)

    def _unfit_options(self) -> Iterator[InitErrorDetails]:
        """What the drivers themselves have to say of the kinds and connections of their assets."""
        for index, entry in enumerate(self.assets):
            connection = self.connection_of(entry)
            if entry.driver_type.faults is None or (connection is None and entry.connection is not None):
                continue
            for found in entry.driver_type.faults(entry.options, entry.kind, connection):
                yield fault(("assets", index, found.field), found.message)

    def _isolated_on_a_shared_connection(self) -> Iterator[InitErrorDetails]:
        """A process of its own has a link of its own: two masters on one bus would disturb each other."""
        sharing = Counter(asset.connection for asset in self.assets)
        for index, asset in enumerate(self.assets):
            if asset.isolated and asset.connection is not None and sharing[asset.connection] > 1:
                sentence = f"other assets share {asset.connection}; give this one a connection of its own"
                yield fault(("assets", index, "isolated"), sentence, asset.isolated)

    def _home_assistant_without_a_broker(self) -> Iterator[InitErrorDetails]:
        entry = self.home_assistant
        if entry is not None and not any(
            connection.id == entry.connection and connection.driver == "mqtt" for connection in self.connections
        ):
            sentence = 'there must be an entry of this id and driver = "mqtt" in connections'
            yield fault(("home_assistant", "connection"), sentence, entry.connection)

    def _planning_without_a_pcc(self) -> Iterator[InitErrorDetails]:
        for planner in ("peak_shaving", "least_cost"):
            if getattr(self.planning, planner) is not None and self.pcc is None:
                sentence = "there must be a table [pcc], with the storage that is planned and the limits that it keeps"
                yield fault(("planning", planner), sentence)

    def _simulated_beside_real(self) -> Iterator[InitErrorDetails]:
        """Real devices know one time only."""
        if self.simulation is None:
            return
        for index, asset in enumerate(self.assets):
            if not asset.driver.startswith("simulated_"):
                place: Place = ("assets", index, "driver")
                yield fault(place, "a site with [simulation] has simulated devices only", asset.driver)

    def _planned_twice(self) -> Iterator[InitErrorDetails]:
        """One storage has one planner."""
        entry = self.planning.least_cost
        if entry is None or self.pcc is None:
            return
        if self.planning.peak_shaving is not None:
            sentence = f"{self.pcc.storage} is planned by [planning.peak_shaving] already; one storage has one planner"
            yield fault(("planning", "least_cost"), sentence)
        if entry.storage not in {None, self.pcc.storage}:
            sentence = f"must be the storage of [pcc], {self.pcc.storage}, which the loop can lead, or left out"
            yield fault(("planning", "least_cost", "storage"), sentence, entry.storage)
        taken = {self.pcc.storage: "the storage of [pcc]"}
        taken |= {
            home.battery.asset: f"the battery of household {home.id}"
            for home in self.households
            if home.battery is not None and home.battery.asset is not None
        }
        if self.pcc.storage in taken and taken[self.pcc.storage] != "the storage of [pcc]":
            sentence = f"{self.pcc.storage} is {taken[self.pcc.storage]}, which plans it; one storage has one planner"
            yield fault(("planning", "least_cost"), sentence)
        taken |= {
            asset.id: f"an appliance of household {asset.household}"
            for asset in self.assets
            if asset.household is not None
        }
        for table, names in (("cars", [car.asset for car in entry.cars]), ("runs", [run.asset for run in entry.runs])):
            for index, name in enumerate(names):
                if name in taken:
                    place: Place = ("planning", "least_cost", table, index, "asset")
                    yield fault(place, f"is {taken[name]} already", name)

    def _prices_without_a_tariff(self) -> Iterator[InitErrorDetails]:
        if self.prices is not None:
            yield from self.prices.faults()
        if self.tariff is not None:
            yield from self.tariff.faults()
            if self.prices is None and self.tariff.feed_in == "spot":
                yield fault(("tariff", "feed_in"), "there must be a table [prices], where the spot price comes from")
        elif self.prices is not None:
            yield fault(("prices",), "there must be a table [tariff], which says what is paid beside the spot price")

    def _wrong_forecasts(self) -> Iterator[InitErrorDetails]:
        if self.forecasts is not None:
            assets = {entry.id: entry.asset for entry in self.assets}
            yield from self.forecasts.faults(assets, pcc_meter=None if self.pcc is None else self.pcc.meter)

    def _wrong_roles(self) -> Iterator[InitErrorDetails]:
        assets = {entry.id: entry.asset for entry in self.assets}
        for place, role in self._roles():
            sentence = role.fault(assets)
            if sentence is not None:
                yield fault(place, sentence, role.asset)

    def _batteries_of_two_homes(self) -> Iterator[InitErrorDetails]:
        taken: set[str] = set()
        for index, home in enumerate(self.households):
            battery = None if home.battery is None else home.battery.asset
            if battery in taken:
                place: Place = ("households", index, "battery", "asset")
                yield fault(place, "this asset is the battery of another household already", battery)
            taken |= {battery} if battery else set()

    def _homes_without_prices(self) -> Iterator[InitErrorDetails]:
        for index, home in enumerate(self.households):
            if home.strategy == "cost" and self.tariff is None:
                place: Place = ("households", index, "strategy")
                yield fault(place, "there must be a table [tariff] that says what a kWh costs", home.strategy)

    def _wrong_appliances(self) -> Iterator[InitErrorDetails]:
        homes, known = {home.id for home in self.households}, set()
        for index, asset in enumerate(self.assets):
            if asset.household is None:
                continue
            if asset.household not in homes:
                sentence = "there must be an entry of this id in households"
                yield fault(("assets", index, "household"), sentence, asset.household)
            if (asset.household, asset.name) in known:
                sentence = "another appliance of this household has this name already"
                yield fault(("assets", index, "appliance"), sentence, asset.name)
            known.add((asset.household, asset.name))

    def _roles(self) -> Iterator[tuple[Place, Role]]:
        """What assets are used for, each with the place that says so."""
        if self.pcc is not None:
            yield ("pcc", "meter"), Role(asset=self.pcc.meter, use=Use.GRID_METER)
            yield ("pcc", "storage"), Role(asset=self.pcc.storage, use=Use.GRID_STORAGE)
        planned = self.planning.least_cost
        for index, car in enumerate([] if planned is None else planned.cars):
            place: Place = ("planning", "least_cost", "cars", index, "asset")
            yield place, Role(asset=car.asset, use=Use.PLANNED_CAR)
        for index, run in enumerate([] if planned is None else planned.runs):
            yield ("planning", "least_cost", "runs", index, "asset"), Role(asset=run.asset, use=Use.PLANNED_RUN)
        for index, home in enumerate(self.households):
            if home.meter is not None:
                yield ("households", index, "meter"), Role(asset=home.meter, use=Use.HOME_METER, household=home.id)
            if home.battery is not None and home.battery.asset is not None:
                role = Role(asset=home.battery.asset, use=Use.HOME_BATTERY, household=home.id)
                yield ("households", index, "battery", "asset"), role
        for index, asset in enumerate(self.assets):
            if asset.household is not None:
                role = Role(asset=asset.id, use=Use.HOME_APPLIANCE, household=asset.household)
                yield ("assets", index, "household"), role

    def appliances_of(self, household_id: str) -> list[AssetEntry]:
        """The appliances of a household."""
        return [asset for asset in self.assets if asset.household == household_id]

    def connection_of(self, asset: AssetEntry) -> Connection | None:
        """The connection that the asset names, if it names one."""
        return self.connection(asset.connection)

    def connection(self, connection_id: str | None) -> Connection | None:
        """The connection of this id, if there is one."""
        named = (entry for entry in self.connections if entry.id == connection_id)
        return next((entry.connection for entry in named), None)

    def schedule_content(self) -> FileContent | None:
        """What the schedule file says now; None where the site's schedule is in no file.

        Raises:
            Refused: the file cannot be read, or says something that cannot be.
        """
        if not isinstance(self.schedule, FileScheduleEntry):
            return None
        from energy_manager.adapters.schedules.file import read_schedule_file  # noqa: PLC0415 - seldom needed

        time_zone = self.schedule.time_zone or self.site.time_zone
        return read_schedule_file(self.schedule.path, time_zone=time_zone, site=self.described.planning_site)

    @cached_property
    def described(self) -> Site:
        """The site as every job knows it."""
        return Site(
            name=self.site.name,
            power_unit=self.site.power_unit,
            time_zone=self.site.time_zone,
            assets=tuple(entry.asset for entry in self.assets),
            grid_connection=None if self.pcc is None else GridConnection(**self.pcc.model_dump()),
            roles=tuple(role for place, role in self._roles() if place[0] != "pcc"),
        )


def _said_twice(table: str, word: str, ids: list[str]) -> Iterator[InitErrorDetails]:
    seen: set[str] = set()
    for index, entry_id in enumerate(ids):
        if entry_id in seen:
            yield fault((table, index, "id"), f"another {word} has this id already", entry_id)
        seen.add(entry_id)
