"""What may stand in a site file."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, StrictInt, field_validator, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError, ValidationError

from energy_manager.adapters.schedules.shared_module import TIME_BLOCKS
from energy_manager.domain.appliances.reading import LONGEST_NAME, MOST_MINUTES, MOST_WATTS
from energy_manager.domain.dispatch import Asset, AssetKind
from energy_manager.domain.errors import Refused
from energy_manager.domain.peak_shaving.problem import Minimise, Prefer
from energy_manager.domain.schedule import STEPS_PER_KW, PowerUnit, Site

Chance = Annotated[float, Field(ge=0, le=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class _Unreliable(_Entry):
    """How often a simulated part is slow or fails."""

    sleep_chance: Chance = 0.1
    sleep_multiplier: float = Field(1.0, ge=0, description="longest sleep, s")
    exception_chance: Chance = 0.0


class _Asset(_Entry):
    """What may be said of every asset; limits in power steps, ``ramp`` from one tick to the next."""

    kind: AssetKind | None = None
    min: StrictInt | None = None
    max: StrictInt | None = None
    ramp: StrictInt | None = None


class SharedAsset(_Unreliable, _Asset):
    """A device of the ``shared`` module."""

    id: str = Field(min_length=1)
    driver: Literal["shared"]
    potential: list[Annotated[StrictInt, Field(ge=0)]] | None = None


class SimulatedStorage(_Asset):
    """A storage that follows its target after a dead time and with a lag; powers in kW, energies in kWh.

    It is the one of ``[pcc]``, or the battery of a household, which then has a simulation of its own.
    """

    id: str = Field(min_length=1)
    driver: Literal["simulated_storage"]
    capacity_kwh: float = Field(gt=0)
    stored_kwh: float = Field(ge=0)
    min_kwh: float = Field(0.0, ge=0)
    max_charge_kw: float = Field(ge=0)
    max_discharge_kw: float = Field(ge=0)
    lag_s: float = Field(1.0, ge=0)
    dead_time_s: float = Field(0.5, ge=0)


class SimulatedLoad(_Entry):
    """A load with peaks at random times; powers in kW."""

    level_kw: float = Field(ge=0)
    peak_kw: float = Field(ge=0)
    every_s: float = Field(gt=0)
    lasts_s: float = Field(gt=0)
    wander_kw: float = Field(0.0, ge=0)


class SimulatedMeter(_Asset):
    """The meter at the point of common coupling: it measures a simulated load and the storage of ``[pcc]``."""

    id: str = Field(min_length=1)
    driver: Literal["simulated_meter"]
    load: SimulatedLoad
    sigma_kw: float = Field(0.0, ge=0)
    seed: int = 0


ONLY_KIND = {"simulated_storage": AssetKind.STORAGE, "simulated_meter": AssetKind.METER}
"""What assets of these drivers are, said or not."""


class SimulatedAppliance(_Asset):
    """An appliance of a household that draws its rated power while it is on; powers in W.

    ``duration_min`` left out: a run lasts until somebody ends it. ``max_delay_min`` left out: it may wait for ever.
    ``asked_every_s`` makes a simulated resident ask for a run this often; left out: nobody does.
    """

    id: str = Field(min_length=1, max_length=LONGEST_NAME)
    driver: Literal["simulated_appliance"]
    household: str = Field(min_length=1, max_length=LONGEST_NAME)
    appliance: str = Field("", max_length=LONGEST_NAME)
    rated_power_w: float = Field(gt=0, le=MOST_WATTS)
    duration_min: float | None = Field(None, gt=0, le=MOST_MINUTES)
    max_delay_min: float | None = Field(None, ge=0, le=MOST_MINUTES)
    interruptible: bool = False
    priority: Literal["urgent", "normal", "low"] = "normal"
    asked_every_s: float | None = Field(None, gt=0)
    asked_after_s: float = Field(0.0, ge=0)

    @property
    def name(self) -> str:
        """What its household calls it."""
        return self.appliance or self.id


AssetEntry = Annotated[
    SharedAsset | SimulatedStorage | SimulatedMeter | SimulatedAppliance, Field(discriminator="driver")
]


class HomeBattery(_Entry):
    """A home's battery; powers in W, energies in Wh. ``asset`` is what is told to charge and discharge."""

    capacity_wh: float = Field(gt=0, le=MOST_WATTS)
    power_w: float = Field(gt=0, le=MOST_WATTS)
    depth_of_discharge: float = Field(1.0, ge=0, le=1)
    stored_wh: float = Field(ge=0)
    asset: str | None = Field(None, min_length=1)


class HouseholdEntry(_Entry):
    """A home under one connection; ``meter`` is an asset that measures its import. What the store knows goes first."""

    id: str = Field(min_length=1, max_length=LONGEST_NAME)
    threshold_w: float = Field(gt=0, le=MOST_WATTS)
    time_zone: str = "UTC"
    follows_aggregator: bool = False
    battery: HomeBattery | None = None
    meter: str | None = None

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in available_timezones():
            raise PydanticCustomError("site_file", "{sentence}", {"sentence": "is no time zone"})
        return name


class PccEntry(_Entry):
    """The limits of the grid connection, the meter that measures it, and the storage that keeps them; kW."""

    meter: str
    storage: str
    import_limit_kw: float = Field(ge=0)
    export_limit_kw: float = Field(ge=0)


class PeakShavingEntry(_Entry):
    """How the storage of ``[pcc]`` is planned anew from the stored forecasts; as in a planning request."""

    period_min: float = Field(15.0, ge=1, le=1440, description="planned anew this often")
    step_s: int = Field(900, ge=60, le=86_400)
    horizon_h: float = Field(24.0, gt=0, le=8760, description="at most this far ahead")
    min_period_s: float | None = Field(None, ge=0, description="forecasts that reach less far make no plan")
    minimise: Minimise = "energy"
    prefer: Prefer = "late"
    charge_efficiency: float = Field(1.0, gt=0, le=1)
    discharge_efficiency: float = Field(1.0, gt=0, le=1)
    end_min_kwh: float | None = Field(None, ge=0)


class PlanningEntry(_Entry):
    """Which planners run beside the loop."""

    peak_shaving: PeakShavingEntry | None = None


class SharedScheduleEntry(_Unreliable):
    """The schedule of the ``shared`` module: one mapping from asset to power target per time block."""

    driver: Literal["shared"]
    blocks: list[dict[str, StrictInt]]


class SiteEntry(_Entry):
    """The site as a whole."""

    name: str = Field(min_length=1)
    power_unit: PowerUnit = "kW"

    @property
    def kw_per_step(self) -> float:
        """A power step in kW."""
        return 1.0 / STEPS_PER_KW[self.power_unit]


class SiteFile(_Entry):
    """A whole site file.

    Raises:
        pydantic.ValidationError: with the place of each fault, among them ids that stand twice and lists that do not
            have one value per time block.
    """

    site: SiteEntry
    assets: list[AssetEntry] = Field(min_length=1)
    schedule: SharedScheduleEntry
    pcc: PccEntry | None = None
    planning: PlanningEntry = PlanningEntry()
    households: list[HouseholdEntry] = []

    @model_validator(mode="after")
    def _fits_together(self) -> SiteFile:
        faults = [
            *self._duplicate_ids(),
            *self._wrong_lengths(),
            *self._wrong_parts_of_the_pcc(),
            *self._planning_without_a_pcc(),
            *self._impossible_limits(),
            *self._wrong_homes(),
        ]
        if faults:
            raise ValidationError.from_exception_data("site file", faults)
        return self

    def _duplicate_ids(self) -> list[InitErrorDetails]:
        seen: Counter[str] = Counter()
        faults = []
        for index, asset in enumerate(self.assets):
            seen[asset.id] += 1
            if seen[asset.id] > 1:
                faults.append(_fault(("assets", index, "id"), "another asset has this id already", asset.id))
        return faults

    def _wrong_lengths(self) -> list[InitErrorDetails]:
        lists: list[tuple[tuple[str | int, ...], int]] = [
            (("assets", index, "potential"), len(asset.potential))
            for index, asset in enumerate(self.assets)
            if isinstance(asset, SharedAsset) and asset.potential is not None
        ]
        lists.append((("schedule", "blocks"), len(self.schedule.blocks)))
        sentence = f"there must be {TIME_BLOCKS}, one per time block"
        return [_fault(place, sentence, f"{length} values") for place, length in lists if length != TIME_BLOCKS]

    def _wrong_parts_of_the_pcc(self) -> list[InitErrorDetails]:
        connected = set(self.home_batteries)
        sentence = "a simulated storage needs a table [pcc] or a household whose battery it is, a meter the table"
        if self.pcc is not None:
            connected |= {self.pcc.meter, self.pcc.storage}
            sentence = "[pcc] names another asset of this driver, and no household has this one as its battery"
        alone = [
            _fault(("assets", index, "driver"), sentence, asset.driver)
            for index, asset in enumerate(self.assets)
            if isinstance(asset, SimulatedStorage | SimulatedMeter) and asset.id not in connected
        ]
        if self.pcc is None:
            return alone
        drivers = {asset.id: asset.driver for asset in self.assets}
        wanted = {"meter": (self.pcc.meter, "simulated_meter"), "storage": (self.pcc.storage, "simulated_storage")}
        wrong = [
            _fault(("pcc", part), f"there must be an asset of this id with driver {driver}", asset_id)
            for part, (asset_id, driver) in wanted.items()
            if drivers.get(asset_id) != driver
        ]
        return [*alone, *wrong]

    def _planning_without_a_pcc(self) -> list[InitErrorDetails]:
        if self.planning.peak_shaving is None or self.pcc is not None:
            return []
        sentence = "there must be a table [pcc], with the storage that is planned and the limits that it keeps"
        return [_fault(("planning", "peak_shaving"), sentence, None)]

    def _impossible_limits(self) -> list[InitErrorDetails]:
        faults = []
        for index, asset in enumerate(self.assets):
            only = ONLY_KIND.get(asset.driver)
            if only is not None and asset.kind not in {None, only}:
                sentence = f"an asset of driver {asset.driver} is a {only}"
                faults.append(_fault(("assets", index, "kind"), sentence, str(asset.kind)))
            try:
                _limits_of(asset)
            except Refused as refused:
                faults += [_fault(("assets", index, fault.field), fault.message, None) for fault in refused.faults]
        return faults

    def _wrong_homes(self) -> list[InitErrorDetails]:
        faults = []
        homes, appliances, meters = set(), set(), {a.id for a in self.assets if isinstance(a, SimulatedMeter)}
        free = set(self.told) - {a.id for a in self.assets if isinstance(a, SimulatedAppliance)}
        for index, home in enumerate(self.households):
            if home.id in homes:
                faults.append(_fault(("households", index, "id"), "another household has this id already", home.id))
            if home.meter is not None and home.meter not in meters:
                sentence = "there must be an asset of this id with driver simulated_meter"
                faults.append(_fault(("households", index, "meter"), sentence, home.meter))
            battery = None if home.battery is None else home.battery.asset
            if battery is not None and battery not in free:
                sentence = "there must be an asset of this id that takes targets and is no appliance or other battery"
                faults.append(_fault(("households", index, "battery", "asset"), sentence, battery))
            free -= {battery}
            homes.add(home.id)
        for index, asset in enumerate(self.assets):
            if not isinstance(asset, SimulatedAppliance):
                continue
            if asset.household not in homes:
                sentence = "there must be an entry of this id in households"
                faults.append(_fault(("assets", index, "household"), sentence, asset.household))
            if (asset.household, asset.name) in appliances:
                sentence = "another appliance of this household has this name already"
                faults.append(_fault(("assets", index, "appliance"), sentence, asset.name))
            appliances.add((asset.household, asset.name))
        return faults

    def appliances_of(self, household_id: str) -> list[SimulatedAppliance]:
        """The simulated appliances of a household."""
        return [a for a in self.assets if isinstance(a, SimulatedAppliance) and a.household == household_id]

    @property
    def home_batteries(self) -> dict[str, str]:
        """The households whose battery is an asset, by that asset."""
        batteries = ((home.id, home.battery.asset) for home in self.households if home.battery is not None)
        return {asset: household for household, asset in batteries if asset is not None}

    def storage_of(self, pcc: PccEntry) -> SimulatedStorage:
        """The storage that keeps the limits."""
        return next(asset for asset in self.assets if asset.id == pcc.storage and isinstance(asset, SimulatedStorage))

    def meter_of(self, pcc: PccEntry) -> SimulatedMeter:
        """The meter that measures the grid connection."""
        return next(asset for asset in self.assets if asset.id == pcc.meter and isinstance(asset, SimulatedMeter))

    @property
    def told(self) -> tuple[str, ...]:
        """The assets that take targets: all but meters."""
        return tuple(asset.id for asset in self.assets if kind_of(asset) is not AssetKind.METER)

    @property
    def limited(self) -> tuple[Asset, ...]:
        """The assets that may not be told just anything."""
        return tuple(asset for asset in map(_limits_of, self.assets) if asset.is_limited)

    @property
    def for_plans(self) -> Site:
        """What a plan must know of the site to become its schedule."""
        storage = None if self.pcc is None else self.pcc.storage
        return Site(assets=self.told, power_unit=self.site.power_unit, storage=storage)


def kind_of(asset: AssetEntry) -> AssetKind | None:
    """What the asset is, as it is stated or because its driver can be nothing else; None where that is not known."""
    return asset.kind or ONLY_KIND.get(asset.driver)


def _limits_of(asset: AssetEntry) -> Asset:
    return Asset(id=asset.id, kind=kind_of(asset), min_power=asset.min, max_power=asset.max, ramp=asset.ramp)


def _fault(place: tuple[str | int, ...], sentence: str, value: object) -> InitErrorDetails:
    """``value`` None: the sentence says it."""
    return InitErrorDetails(
        type=PydanticCustomError("site_file", "{sentence}", {"sentence": sentence}), loc=place, input=value
    )
