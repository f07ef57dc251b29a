"""What may stand in a table of ``[[assets]]``: what every asset is, and beside it the keys of its driver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    StrictInt,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails

from energy_manager.adapters.devices.driver import ANY_KIND, AnyDriverType
from energy_manager.adapters.devices.registry import Registry
from energy_manager.adapters.options import Options
from energy_manager.domain.appliances.power_course import MOST_SLOTS
from energy_manager.domain.appliances.units import LONGEST_NAME, MOST_MINUTES, MOST_WATTS
from energy_manager.domain.errors import Refused
from energy_manager.domain.site import Asset, AssetKind, Bounds, Ratings, Safe
from energy_manager.entrypoints.site_file.faults import fault, faults_of, found_again, raise_if_any
from energy_manager.entrypoints.site_file.names import Name
from energy_manager.entrypoints.site_file.options import options_from, registry_of

_OTHER_UNITS: Mapping[str, tuple[str, float]] = {
    "capacity_wh": ("capacity_kwh", 1000),
    "min_wh": ("min_kwh", 1000),
    "max_charge_w": ("max_charge_kw", 1000),
    "max_discharge_w": ("max_discharge_kw", 1000),
    "rated_w": ("rated_power_w", 1),
}
"""The ratings that may be said otherwise: under which key, and how many of the unit one of that is."""


class Rated(Options):
    """What the asset is built for: in W and Wh, or in kW and kWh. ``min_wh`` is the reserve that a storage keeps."""

    capacity_wh: float | None = Field(None, gt=0, description="what a storage holds")
    capacity_kwh: float | None = Field(None, gt=0, description="in place of `capacity_wh`, in kWh")
    min_wh: float | None = Field(None, ge=0, description="the reserve that a storage keeps")
    min_kwh: float | None = Field(None, ge=0, description="in place of `min_wh`, in kWh")
    max_charge_w: float | None = Field(None, ge=0, description="the most that a storage takes")
    max_charge_kw: float | None = Field(None, ge=0, description="in place of `max_charge_w`, in kW")
    max_discharge_w: float | None = Field(None, ge=0, description="the most that a storage delivers")
    max_discharge_kw: float | None = Field(None, ge=0, description="in place of `max_discharge_w`, in kW")
    rated_w: float | None = Field(None, gt=0, description="what a producer can deliver or a load draws")
    rated_power_w: float | None = Field(None, gt=0, description="in place of `rated_w`, its former name")

    @cached_property
    def ratings(self) -> Ratings:
        """The ratings in W and Wh.

        Raises:
            Refused: they contradict one another.
        """
        return Ratings(**{name: self._rating(name) for name in _OTHER_UNITS})

    def _rating(self, name: str) -> float | None:
        other, factor = _OTHER_UNITS[name]
        said: float | None = getattr(self, name)
        said_otherwise: float | None = getattr(self, other)
        if said is None and said_otherwise is not None:
            return float(f"{said_otherwise * factor:.12g}")
        return said

    def said_twice(self) -> Iterator[InitErrorDetails]:
        """Ratings that are said in both units."""
        for name, (other, _) in _OTHER_UNITS.items():
            if getattr(self, name) is not None and getattr(self, other) is not None:
                yield fault((other,), f"{name} says it already")


class _Identified(Options):
    id: Name


class PowerProfile(Options):
    """What an appliance draws from the beginning of a run on, W: one power a slot."""

    resolution_min: float = Field(gt=0, le=MOST_MINUTES)
    values: list[Annotated[float, Field(ge=0, le=MOST_WATTS)]] = Field(min_length=1, max_length=MOST_SLOTS)

    @field_validator("values")
    @classmethod
    def _draws_something(cls, values: list[float]) -> list[float]:
        if not any(values):
            raise ValueError("all are 0 W")
        return values


class HouseholdAppliance(_Identified):
    """What makes an asset an appliance of a household: its runs are asked for and planned.

    ``duration_min`` left out: a run lasts until it is ended. ``max_delay_min`` left out: it may wait for ever.
    ``asked_every_s`` makes a simulated resident ask for a run this often; left out: no run is asked for.
    """

    household: str | None = Field(None, min_length=1, max_length=LONGEST_NAME, description="whose appliance it is")
    appliance: str = Field("", max_length=LONGEST_NAME, description="what the household calls it; else its id")
    duration_min: float | None = Field(None, gt=0, le=MOST_MINUTES)
    profile_w: PowerProfile | None = Field(
        None, description="what it draws over the time of a run, at most its rating; in the place of duration_min"
    )
    max_delay_min: float | None = Field(None, ge=0, le=MOST_MINUTES)
    interruptible: bool = False
    priority: Literal["urgent", "normal", "low"] = "normal"
    asked_every_s: float | None = Field(None, gt=0)
    asked_after_s: float = Field(0.0, ge=0)

    @property
    def name(self) -> str:
        """What its household calls it."""
        return self.appliance or self.id

    def without_a_household(self) -> Iterator[InitErrorDetails]:
        """What is said of runs, of an asset that is no appliance of a household."""
        if self.household is None:
            for name in HouseholdAppliance.model_fields.keys() - _Identified.model_fields.keys():
                if name in self.model_fields_set:
                    yield fault((name,), "only valid together with household")
        elif len(self.name) > LONGEST_NAME:
            yield fault(("id",), f"an appliance of a household has a name of at most {LONGEST_NAME} characters")

    def wrong_profile(self, rated_w: float | None) -> Iterator[InitErrorDetails]:
        """What its profile says that cannot be."""
        if self.profile_w is None:
            return
        if self.duration_min is not None:
            yield fault(("duration_min",), "profile_w says it already", self.duration_min)
        if self.interruptible:
            yield fault(("interruptible",), "a run with profile_w is never paused", self.interruptible)
        peak_w = max(self.profile_w.values)
        if rated_w is not None and peak_w > rated_w:
            yield fault(("profile_w", "values"), f"is above its rating of {rated_w:g} W", peak_w)


class AssetEntry(Rated, HouseholdAppliance):
    """An asset: what it is, its limits in power steps, and how it is reached.

    ``ramp`` is from one tick to the next. ``unscheduled`` is what it does where no schedule covers it: ``release`` (it
    runs by itself) or ``zero`` (it is told 0); left out: as its driver has it, and ``zero`` for an appliance of a
    household, which draws nothing between its runs. ``fallback`` is the same, or a power in steps, for when its target
    cannot be decided; left out: as ``unscheduled``, and for an appliance as its driver has it. Beyond its ``tolerance``
    it counts as what it measures, and readings outside what is ``plausible`` are missing. All other keys are the
    driver's.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    driver: str = Field(min_length=1)
    kind: AssetKind | None = Field(None, description="left out: what its driver can only be")
    min: StrictInt | None = Field(None, description="the least that it is ever told, power steps")
    max: StrictInt | None = Field(None, description="the most that it is ever told, power steps")
    ramp: StrictInt | None = Field(None, description="the most that its target changes from tick to tick, power steps")
    unscheduled: Safe | None = Field(None, description="where no schedule covers it")
    fallback: Safe | StrictInt | None = Field(None, description="when its target cannot be decided")
    tolerance: StrictInt | None = Field(
        None, description="by how much it may differ from its target, power steps; left out: 5 %, at least 1"
    )
    unreachable: Literal["zero", "last"] | StrictInt = Field(
        "zero", description="what it is assumed to deliver while it cannot be reached: or a power, in power steps"
    )
    plausible: tuple[StrictInt, StrictInt] | None = Field(
        None, description="the powers that it can measure, in power steps; left out: 1.25 times its ratings"
    )
    connection: str | None = Field(None, min_length=1, description="the id of a connection that it shares")
    isolated: bool = Field(
        False,  # noqa: FBT003 - pydantic's default
        description="its driver runs in a process of its own: what ends or holds that costs this asset only",
    )
    options: BaseModel = Field(Options(), exclude=True)
    driver_type: AnyDriverType = Field(cast("AnyDriverType", None), exclude=True)

    @model_validator(mode="wrap")
    @classmethod
    def _of_table(cls, table: Any, handler: ModelWrapValidatorHandler[AssetEntry], info: ValidationInfo) -> AssetEntry:  # noqa: ANN401 - whatever the file says
        """Split the table into what every asset has and the options of its driver, and check both."""
        if not isinstance(table, dict):
            return handler(table)
        own = {key: value for key, value in table.items() if key in ENVELOPE}
        others = {key: value for key, value in table.items() if key not in ENVELOPE}
        faults: list[InitErrorDetails] = []
        driver_type = _driver_type(table.get("driver"), registry_of(info), faults)
        options = None if driver_type is None else options_from(driver_type.options, others, faults, info=info)
        try:
            entry = handler(own)
        except ValidationError as error:
            faults += found_again(error, table)
        else:
            if driver_type is not None and options is not None:
                entry = entry.model_copy(update={"options": options, "driver_type": driver_type})
                faults += entry._contradictions()  # noqa: SLF001 - its own
        raise_if_any(faults)
        return entry

    def _contradictions(self) -> Iterator[InitErrorDetails]:
        twice = [*self.said_twice(), *self.without_a_household()]
        if twice:
            yield from twice
            return
        yield from self._wrong_kind()
        try:
            ratings = self.ratings
        except Refused as refused:
            yield from faults_of(refused)
            return
        yield from self.wrong_profile(ratings.rated_w)
        for name in sorted(self.driver_type.ratings - ratings.given):
            yield fault((name,), "is missing")
        try:
            _ = self.asset
        except Refused as refused:
            yield from faults_of(refused)

    def _wrong_kind(self) -> Iterator[InitErrorDetails]:
        kinds = self.driver_type.kinds
        if self.kind is None and len(kinds) > 1 and kinds != ANY_KIND:
            yield fault(("kind",), f"is missing: {' or '.join(sorted(kinds))}")
        if self.kind is not None and self.kind not in kinds:
            sentence = f"an asset of driver {self.driver} is a {' or '.join(sorted(kinds))}"
            yield fault(("kind",), sentence, str(self.kind))

    @cached_property
    def asset(self) -> Asset:
        """The asset as every job knows it.

        Raises:
            Refused: its limits contradict one another or its kind.
        """
        kinds = self.driver_type.kinds
        by_driver, is_appliance = self.driver_type.unscheduled, self.household is not None
        return Asset(
            id=self.id,
            kind=self.kind or (AssetKind(next(iter(kinds))) if len(kinds) == 1 else None),
            ratings=self.ratings,
            min_power=self.min,
            max_power=self.max,
            ramp=self.ramp,
            unscheduled=self.unscheduled or ("zero" if is_appliance else by_driver),
            fallback=by_driver if self.fallback is None and is_appliance else self.fallback,
            tolerance=self.tolerance,
            unreachable=self.unreachable,
            plausible=Bounds()
            if self.plausible is None
            else Bounds(lowest=self.plausible[0], highest=self.plausible[1]),
        )


ENVELOPE = frozenset(AssetEntry.model_fields) - {"options", "driver_type"}
"""The keys that may stand in every asset's table, whatever its driver."""


def _driver_type(name: object, registry: Registry, faults: list[InitErrorDetails]) -> AnyDriverType | None:
    if not isinstance(name, str) or not name:
        return None
    try:
        found = registry.driver(name)
    except Refused as refused:
        faults.append(fault(("driver",), refused.faults[0].message))
        return None
    if found is None:
        available = ", ".join(driver.name for driver in registry.drivers())
        faults.append(fault(("driver",), f"unknown driver {name!r}; available: {available}"))
        return None
    taken = sorted(ENVELOPE & found.options.model_fields.keys())
    if taken:
        sentence = f"the driver {name!r} cannot be used: its options take keys that every asset has: {', '.join(taken)}"
        faults.append(fault(("driver",), sentence))
        return None
    return found
