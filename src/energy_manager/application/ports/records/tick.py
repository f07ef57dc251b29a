"""One tick of the loop: the value that is logged, stored, recorded, shown, explained and replayed.

A new field is one line of ``Tick`` (see ``kept_fields``); a new kind of field also needs a line in the tables of the
store (``adapters/storage/sql/history/codecs/fields.py``) and of JSON (``adapters/records/record_json.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from energy_manager.application.ports.records.kept_fields import shown
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class GridHold:
    """What a storage was told for the sake of the grid limits, in place of its schedule, and why.

    ``target`` in power steps, positive = discharging; None = released, because no schedule covers it and the limits
    need nothing of it. ``import_kw`` at the PCC, None = not measured. ``shortfall_kw`` is how far the storage's own
    limits kept it from what those of the PCC demanded. Older records lack the limits.

    Where it follows what its energy is worth (least cost), ``plan`` says by which plan, ``mode`` which way it moves,
    ``band_lo_kw`` and ``band_hi_kw`` between which exchange it rests (None = without end on that side), and the rest
    why: what a kWh costs (``buy_per_kwh``) and earns, what its next and last stored kWh are worth (None = full, empty;
    both None: it goes by the self-consumption rule until its forecasts are tried), in ``currency``, and when it is
    filled again (``refill``, a phrase). ``plan`` empty: it followed its schedule, or without one (``reason`` band) that
    rule.
    ``told_mode`` is what a storage was told that knows only modes; empty: it was told the power.
    """

    storage: AssetId
    target: int | None
    import_kw: float | None
    reason: str
    import_limit_kw: float | None = None
    export_limit_kw: float | None = None
    shortfall_kw: float = 0.0
    plan: str = ""
    mode: str = ""
    buy_per_kwh: float | None = None
    sell_per_kwh: float | None = None
    next_value_per_kwh: float | None = None
    last_value_per_kwh: float | None = None
    band_lo_kw: float | None = None
    band_hi_kw: float | None = None
    currency: str = ""
    refill: str = ""
    told_mode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """What was scheduled, which potentials were believed, what every device was told.

    A target of None is an asset that was released: it runs by itself. ``unscheduled`` is what held for assets that
    nothing was scheduled for, where it was not 0.

    ``at`` is the grid point (UTC, to the millisecond), ``lag_s`` how much later the tick began. ``scheduled`` is in
    schedule order, which decides ties. ``targets`` are what the devices were told, in the order of the site, then what
    was decided for scheduled assets without a device. ``decided_by`` holds the labels of deciders
    (``domain.schedule.Decider``). ``fault`` says why the schedule was not known, or is empty. ``policy`` is the rule's
    name. ``hold`` is what was told for the sake of the grid limit, where there is one: the policy then decided over the
    others. ``bounds`` are those of limited assets at this tick, under which the policy decided
    (``domain.dispatch.decide``).

    ``pinned`` are the targets that people set by hand and that nobody's gap moved; ``set_by_hand`` says for what
    reason, by whom and until when: also of the storage of a grid limit, whose schedule that then is.

    ``status_ages_s`` says how old (s, kept to the millisecond) each device's last good status was, believed or not;
    ``untold`` names scheduled assets without a device to tell, ``unreadable`` those whose scheduled value was no number
    and counted as 0. ``failure`` says why nothing could be decided and all were told 0, or is empty. ``power_unit`` is
    what a power step was, ``kW`` or ``W``. ``counted`` says what assets were taken to deliver that do not do what they
    are told (``potentials`` knows them then) or cannot be reached, and ``lowest`` how low the others could be brought
    at such a tick, where that is not 0, and ``least`` with how much they take power at all. Older records lack these.
    """

    number: int
    at: datetime
    lag_s: float
    power_unit: str = field(default="", metadata=shown("power_unit"))
    scheduled: Mapping[AssetId, int] = field(
        metadata=shown("scheduled", "null: no schedule spoke for it", in_log=True),
    )
    decided_by: Mapping[AssetId, str] = field(
        default_factory=dict, metadata=shown("decided_by", "whose word the schedule was: source:id")
    )
    potentials: Mapping[AssetId, int] = field(
        metadata=shown("potential", "null: no status that may be believed"),
    )
    status_ages_s: Mapping[AssetId, float] = field(default_factory=dict, metadata=shown("status_age_s"))
    targets: Mapping[AssetId, int | None] = field(
        metadata=shown("target", "null: it was released, or told nothing", in_log=True),
    )
    policy: str = field(default="", metadata=shown("policy"))
    shortfall: int = field(metadata=shown("shortfall", "what no asset could deliver", in_log=True))
    fault: str = ""
    failure: str = ""
    hold: GridHold | None = None
    bounds: Mapping[AssetId, Bounds] = field(default_factory=dict)
    unscheduled: Mapping[AssetId, int | None] = field(default_factory=dict)
    counted: Mapping[AssetId, int] = field(
        default_factory=dict,
        metadata=shown("counts_as", "what it is taken to deliver, whatever it is told", on_page=True, if_said=True),
    )
    lowest: Mapping[AssetId, int] = field(default_factory=dict)
    least: Mapping[AssetId, int] = field(default_factory=dict)
    untold: tuple[AssetId, ...] = ()
    unreadable: tuple[AssetId, ...] = ()
    pinned: Mapping[AssetId, int | None] = field(default_factory=dict)
    set_by_hand: Mapping[AssetId, str] = field(
        default_factory=dict,
        metadata=shown("set_by_hand", "for what reason, by whom and until when; null: it was not", on_page=True),
    )

    @property
    def held(self) -> dict[AssetId, int | None]:
        """The targets that the policy did not decide: of the grid limit's storage, and those set by hand."""
        return ({} if self.hold is None else {self.hold.storage: self.hold.target}) | dict(self.pinned)

    def told(self, asset_id: AssetId) -> int | None:
        """The target that the asset's device was told; None = none."""
        return None if asset_id in self.untold else self.targets.get(asset_id)

    def is_released(self, asset_id: AssetId) -> bool:
        """Whether the asset ran by itself."""
        return asset_id in self.targets and self.targets[asset_id] is None
