"""What a driver is: one file with its options, its kinds and ``open``, and one line in the registry.

A driver speaks W and Wh with one sign, + = delivers and − = takes; the site's power steps are the gateway's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from energy_manager.adapters.devices.shared_links import SharedLinks
from energy_manager.domain.errors import EnergyManagerError, Fault
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import AssetKind, Ratings, Safe

OptionsT = TypeVar("OptionsT", bound=BaseModel)

ANY_KIND = frozenset(AssetKind)
"""The kinds of a driver that serves whatever its devices are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a device said about itself, not yet believed; None = not known, which is not 0.

    ``power_w`` is what it delivers now (+) or takes (−); ``lowest_w`` and ``highest_w`` are the range of power that it
    could be told now, ``stored_wh`` is what a storage holds. ``taken_at_s`` is when this was measured, on the context's
    clock, where the device knows that better than the begin of the read. ``follows`` is whether the device does what it
    was told, by a driver that judges that itself; None = the product judges by power and range.
    """

    power_w: float | None = None
    lowest_w: float | None = None
    highest_w: float | None = None
    stored_wh: float | None = None
    taken_at_s: float | None = None
    follows: bool | None = None


class ImplausibleReading(EnergyManagerError):
    """What a device said cannot be so; the reading is missing as a whole."""

    code = "implausible_reading"


class DeviceAbsent(EnergyManagerError):
    """The device is not there, and that is known: it has said so, or what carries its words is away.

    A call that ends so is no failure of the device: it is ``absent`` until it is there again.
    """

    code = "device_absent"


class Driver(Protocol):
    """Blocking calls to one device; they may take for ever, raise anything and return nonsense.

    Writes never overlap; a write and a read may, and a read may begin while earlier ones hang that were given up. A
    driver may have an attribute ``link``, an object that it shares with the other devices behind its link: then calls
    of a kind to all of them come one after the other, on one thread. Each must end within seconds then, for the others
    wait. Where that link says ``never_waits = True`` writes and reads take turns on one thread, writes first. Where it
    says ``goes_in_steps = True``, its drivers have ``telling`` and ``reading`` that are called in place of ``write``
    and ``read``: the same in steps (``adapters.lanes.steps``), which one thread makes for all links.

    A driver of devices that know no powers, only modes, has a method ``lead(mode)``: called before each ``write``, it
    says what the set-point means (``normal``, ``hold``, ``charge``, ``feed``; empty: what comes nearest).
    """

    def write(self, setpoint_w: float | None) -> None:
        """Tell the device the power it is to deliver (+) or take (−), in W; None releases it: it runs by itself.

        On a site in whole power steps the set-point is an int, exact whatever its size. A meter ignores it.
        """
        ...

    def read(self) -> Measurement:
        """Ask the device how it is."""
        ...

    def close(self) -> None:
        """Let go of the device; the driver is not called again."""
        ...


class DriverMemory(Protocol):
    """What the driver of one asset keeps over restarts: a small JSON object, the newest wins."""

    def recall(self) -> Mapping[str, Any] | None:
        """What was kept last; None when there is nothing. It may take a moment, for the store is asked."""
        ...

    def remember(self, state: Mapping[str, Any]) -> None:
        """Keep this in place of what was kept; returns at once, and it is durable a moment later."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """An entry of ``[[connections]]``: its id, the name of its type, and the options of that type."""

    id: str
    driver: str
    options: BaseModel


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverContext:
    """What a driver may know of its asset and its site.

    ``watts_per_step`` is the site's power step in W; ``now_s`` is the monotonic clock of the dispatch loop, in seconds.
    ``link`` shares what devices behind one connection have in common; ``connection`` is the one that the asset names.
    ``memory`` outlives the process; ``period_s`` is how often a device is told a target: what waits longer is old.
    """

    asset_id: AssetId
    kind: AssetKind | None
    ratings: Ratings
    watts_per_step: int
    now_s: Callable[[], float]
    link: SharedLinks
    connection: Connection | None = None
    memory: DriverMemory | None = None
    period_s: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverType(Generic[OptionsT]):
    """A driver as the registry knows it; ``name`` is what an asset's ``driver`` says.

    ``options`` are the driver's own keys in the asset's table; ``kinds`` what its assets may be (one: they are that,
    said or not). ``ratings`` names those that the asset must have. ``open`` is called in a lane: it may hang or raise,
    the asset is then absent and tried again. ``unscheduled`` is what assets of this driver do where nobody speaks for
    them, unless their table says otherwise. ``load`` imports what its devices need, before a thousand of them are
    opened at once and wait for that, a thread each. ``describe`` says the options in a few words, for ``check``.
    ``least_w`` is the least power, in W, with which an asset of these options runs at all: below it is 0.
    ``knows_modes_only`` says whether an asset of these options is told modes instead of powers. ``faults`` says what of
    them does not go with the asset's kind and connection, by key of the asset's table, so that a site file is refused
    instead of an asset that never answers.
    """

    name: str
    options: type[OptionsT]
    kinds: frozenset[str]
    open: Callable[[OptionsT, DriverContext], Driver]
    ratings: frozenset[str] = frozenset()
    unscheduled: Safe = "zero"
    describe: Callable[[OptionsT], str] | None = None
    load: Callable[[OptionsT], None] | None = None
    least_w: Callable[[OptionsT], float] | None = None
    knows_modes_only: Callable[[OptionsT], bool] | None = None
    faults: Callable[[OptionsT, AssetKind | None, Connection | None], Iterable[Fault]] | None = None

    def words(self, options: OptionsT) -> str:
        """The options in a few words; without ``describe``, those that were said; secrets stay masked."""
        if self.describe is not None:
            return self.describe(options)
        return ", ".join(f"{name} {getattr(options, name)}" for name in sorted(options.model_fields_set))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionType(Generic[OptionsT]):
    """A type of connection as the registry knows it; ``options`` are its own keys in a table of ``[[connections]]``.

    ``describe`` says in a sentence what ``check`` should tell of one; without it nothing is said.
    """

    name: str
    options: type[OptionsT]
    describe: Callable[[OptionsT], str] | None = None


AnyDriverType = DriverType[Any]
AnyConnectionType = ConnectionType[Any]
