"""Targets set by hand: overrides, and the emergency's hold above them.

An override takes the place of what is scheduled for its asset, and the asset takes no part in the sharing: what a
person takes away nobody carries, and nobody's gap moves what a person has set. Newest first among equals, and a hold
before any override. Each ends by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from energy_manager.domain.access import LONGEST_OVERRIDE
from energy_manager.domain.errors import Fault, refuse
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.schedule.acceptance import Decider
from energy_manager.domain.schedule.sources import Source

LONGEST_REASON = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What somebody set for some assets: a target in whole power steps, or None = they are released.

    Raises:
        Refused: with every fault: it names no asset, has no time zone, no end to come or one more than 24 h away, no
            reason.
    """

    id: str
    assets: tuple[AssetId, ...]
    target: int | None
    made_at: datetime
    until: datetime
    reason: str
    who: str
    role: str
    is_hold: bool = False

    def __post_init__(self) -> None:
        refuse(self._faults())
        object.__setattr__(self, "until", self.until.astimezone(UTC))

    def _faults(self) -> Iterator[Fault]:
        if not self.assets:
            yield Fault(field="assets", message="it names no asset")
        if self.until.utcoffset() is None:
            yield Fault(field="until", message=f"{self.until.isoformat()} has no time zone")
        elif self.until <= self.made_at:
            yield Fault(field="until", message=f"{self.until.isoformat()} has passed, it is {self.made_at.isoformat()}")
        elif self.until - self.made_at > LONGEST_OVERRIDE:
            hours = LONGEST_OVERRIDE.total_seconds() / 3600
            yield Fault(field="until", message=f"{self.until.isoformat()} is more than {hours:g} h away")
        if not self.reason.strip() or len(self.reason) > LONGEST_REASON or not self.reason.isprintable():
            yield Fault(field="reason", message=f"it is not 1 to {LONGEST_REASON} printable characters")

    @property
    def label(self) -> str:
        """Whose word the target is, for records: ``override:id`` or ``hold:id``."""
        return Decider(source=Source.HOLD if self.is_hold else Source.OVERRIDE, schedule_id=self.id).label

    @property
    def because(self) -> str:
        """``maintenance of the valve, technician north-2, until 2026-03-02 11:02 UTC``."""
        return f"{self.reason}, {self.role} {self.who}, until {self.until:%Y-%m-%d %H:%M} UTC"


NOTHING: Mapping[AssetId, Override] = {}


@dataclass(slots=True)
class OverrideIndex:
    """Overrides and holds, and which of them counts for each asset at an instant; asked again, it costs nothing.

    It remembers its last answer, so one thread asks.
    """

    overrides: tuple[Override, ...] = ()
    _answer: Mapping[AssetId, Override] = field(default_factory=dict, init=False)
    _since: datetime | None = field(default=None, init=False)
    _until: datetime | None = field(default=None, init=False)

    def at(self, now: datetime) -> Mapping[AssetId, Override]:
        """By asset, the override that counts then."""
        if not self.overrides:
            return NOTHING
        if self._since is None or now < self._since or (self._until is not None and now >= self._until):
            going_on = [override for override in self.overrides if override.until > now]
            self._answer = {asset_id: override for override in weakest_first(going_on) for asset_id in override.assets}
            self._since, self._until = now, min((override.until for override in going_on), default=None)
        return self._answer


def weakest_first(overrides: Iterable[Override]) -> list[Override]:
    """In the order in which the stronger overwrite the weaker."""
    return sorted(overrides, key=lambda override: (override.is_hold, override.made_at, override.id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Overridden:
    """What is scheduled once people have had their word; ``pinned`` are the targets that nothing below safety moves."""

    scheduled: dict[AssetId, int]
    decided_by: Mapping[AssetId, str]
    pinned: dict[AssetId, int | None]
    because: dict[AssetId, str]


def overridden(
    scheduled: Mapping[AssetId, int],
    decided_by: Mapping[AssetId, str],
    in_force: Mapping[AssetId, Override],
    *,
    limited_live: AssetId | None,
) -> Overridden:
    """Lay what was set by hand over the schedule.

    Safety and grid limits stand above an override. ``limited_live`` is the storage whose grid limit is held at each
    tick: for it an override is the schedule that the limit is held against. What the plan of another storage says to
    keep the grid connection's limits stays. A hold stands above both.
    """
    targets, labels = dict(scheduled), dict(decided_by)
    pinned: dict[AssetId, int | None] = {}
    because: dict[AssetId, str] = {}
    for asset_id, override in in_force.items():
        is_live = asset_id == limited_live
        if not override.is_hold and not is_live and _keeps_grid_limit(decided_by.get(asset_id, "")):
            continue
        labels[asset_id], because[asset_id] = override.label, override.because
        if override.target is None:
            targets.pop(asset_id, None)
        else:
            targets[asset_id] = override.target
        if override.is_hold or not is_live:
            pinned[asset_id] = override.target
    return Overridden(scheduled=targets, decided_by=labels, pinned=pinned, because=because)


def _keeps_grid_limit(label: str) -> bool:
    """Whether the word is a plan's that keeps the limits of the grid connection."""
    source = label.partition(":")[0]
    return source in set(Source) and Source(source).authority > Source.OVERRIDE.authority
