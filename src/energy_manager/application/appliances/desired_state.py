"""What the site file says of homes is desired state: a change there is applied, one made while the site ran is named.

The idea: beside what the store knows stands what the site file said when it was last read. What differs between the two
readings was changed in the file, what differs between the file and the store was changed in the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from energy_manager.application.appliances.building import Building, InstalledAppliance
from energy_manager.application.ports.records.logbook import Actor, LogEntry, LogKind
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.appliances import Household, Profile
from energy_manager.domain.appliances.units import US_PER_MINUTE, plain_number

KIND = "site_home"

Stated = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteHome:
    """A household that the site file tells of, as ``PUT`` would say it, and its appliances by name."""

    household: str
    document: dict[str, Any]
    appliances: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A value of a household, or of one of its appliances, that is not what the site file says.

    ``is_new`` says that the file has said something else before, so that it is applied at the start.
    """

    household: str
    appliance: str | None
    key: str
    stated: object
    present: object
    is_new: bool

    def sentence(self) -> str:
        """Both values, and what becomes of them."""
        what = self.key if self.appliance is None else f"{self.key} of {self.appliance}"
        if self.is_new:
            return f"{self.household}: {what} {self.present} -> {self.stated}, as the site file says now"
        return (
            f"{self.household}: {what} is {self.present}, which was set while the site ran and holds; "
            f"the site file says {self.stated}"
        )


SITE_FILE = Actor(who="the site file", role="admin", origin="this machine")


def line_of(difference: Difference, *, at: datetime, outcome: str) -> LogEntry:
    """The line of the logbook of a value that the file says anew."""
    what = difference.household if difference.appliance is None else f"{difference.household}/{difference.appliance}"
    return LogEntry(
        at=at,
        kind=LogKind.COMMAND,
        actor=SITE_FILE,
        action="household changed" if difference.appliance is None else "appliance changed",
        subject=what[:200],
        before={difference.key: difference.present},
        after={difference.key: difference.stated},
        reason="as the site file says now",
        outcome=outcome,
    )


def stated_before(documents: DocumentRepository, household: str) -> SiteHome | None:
    """What the site file said of the household when the site last started; None if that was not kept.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    kept = documents.document(KIND, household)
    if kept is None:
        return None
    return SiteHome(household=household, document=kept.body["document"], appliances=kept.body["appliances"])


def keep_stated(documents: DocumentRepository, home: SiteHome) -> None:
    """Keep what the site file says now.

    Raises:
        StoreUnavailable: the store cannot be written.
    """
    documents.put_document(KIND, home.household, {"document": home.document, "appliances": home.appliances})


def differences(home: SiteHome, before: SiteHome | None, building: Building) -> Iterator[Difference]:
    """Every value that is not as stated, of a household that the store knows and of the appliances it knows.

    What is not stated is not compared, unless the file has ceased to state it.
    """
    own = building.table.policies.get(home.household)
    strategy = None if own is None else own.strategy
    present: dict[str | None, Stated] = {
        None: {**settings_of(building.household(home.household)), "strategy": strategy}
    }
    for name in home.appliances:
        entry = building.installed.get((home.household, name))
        if entry is not None:
            present[name] = _settings_of_appliance(entry)
    known = {} if before is None else _statements(before)
    for appliance, stated in _statements(home).items():
        for key, value in stated.items():
            former = known.get(appliance, {}).get(key)
            found = present.get(appliance, {}).get(key, value)
            if (value is None and former is None) or _says(value, found):
                continue
            yield Difference(
                household=home.household,
                appliance=appliance,
                key=key,
                stated=_shown(value),
                present=_shown(found),
                is_new=before is not None and former != value,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """An appliance that the site file has stated before and does not state any more.

    ``document`` takes its asset away from it, as ``PUT`` would; None where it has another one than the file said.
    """

    household: str
    appliance: str
    document: dict[str, Any] | None

    def sentence(self) -> str:
        """What becomes of it."""
        then = "it stays registered" + ("" if self.document is None else " and is no longer switched")
        return f"{self.household}: {self.appliance} is no longer in the site file: {then}"


def left_out(home: SiteHome, before: SiteHome | None, building: Building) -> Iterator[LeftOut]:
    """The appliances that the file does not state any more; the next one of its asset may have another name."""
    for name, document in ({} if before is None else before.appliances).items():
        entry = building.installed.get((home.household, name))
        if name in home.appliances or entry is None:
            continue
        is_its_own = entry.asset is not None and entry.asset == document["asset"]
        without = {**_settings_of_appliance(entry), "asset": None}
        yield LeftOut(household=home.household, appliance=name, document=without if is_its_own else None)


def households_left_out(homes: Iterable[SiteHome], documents: DocumentRepository) -> Iterator[str]:
    """A sentence for each household that the site file has stated before and does not state any more.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    stated = {home.household for home in homes}
    for kept in documents.documents(KIND):
        if kept.id not in stated:
            yield f"household {kept.id} is no longer in the site file: what is registered of it stays"


def _statements(home: SiteHome) -> dict[str | None, Stated]:
    """What is stated of the household (None) and of its appliances by name."""
    stated: dict[str | None, Stated] = {None: home.document}
    stated.update(home.appliances)
    return stated


def _says(stated: object, present: object) -> bool:
    """Whether the present value is the stated one, as far as something is stated; a battery's energy is no setting."""
    if isinstance(stated, Mapping) and isinstance(present, Mapping):
        return all(
            value is None or key not in present or _says(value, present[key])
            for key, value in stated.items()
            if key != "stored_wh"
        )
    return stated == present


def _shown(value: object) -> object:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(entry)}" for key, entry in value.items() if entry is not None)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def settings_of(household: Household) -> dict[str, Any]:
    """A household as its site file would state it; what its battery holds is no setting."""
    battery = household.battery
    return {
        "threshold_w": plain_number(household.threshold_w),
        "time_zone": household.time_zone,
        "follows_aggregator": household.follows_building_peak,
        "battery": None
        if battery is None
        else {
            "capacity_wh": plain_number(battery.capacity_wh),
            "power_w": plain_number(battery.power_w),
            "depth_of_discharge": plain_number(battery.depth_of_discharge),
            "asset": battery.asset,
        },
    }


def _settings_of_appliance(entry: InstalledAppliance) -> Stated:
    own, delay_us = entry.own, entry.appliance.max_delay_us
    present: dict[str, Any] = {
        "asset": entry.asset,
        "max_delay_min": None if delay_us is None else plain_number(delay_us) / US_PER_MINUTE,
    }
    if own is not None:
        present |= {
            **_drawn(own),
            "interruptible": own.is_interruptible,
            "priority": own.priority_class,
        }
    return present


def _drawn(own: Profile) -> Stated:
    course = own.course
    if course is not None:
        values = [plain_number(watts) for watts in course.values_w]
        return {"profile_w": {"resolution_min": course.slot_us / US_PER_MINUTE, "values": values}}
    duration_min = None if own.duration_us is None else own.duration_us / US_PER_MINUTE
    return {"power_w": plain_number(own.rated_power_w), "duration_min": duration_min}
