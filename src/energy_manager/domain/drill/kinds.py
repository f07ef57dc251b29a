"""The kinds of faults of a drill, and what is expected of a site that meets one."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from enum import StrEnum

TICK_S = 2.0
"""The bounds below are for the default periods: a target each 2 s, a status each 10 s."""

FOLLOWED_OR_NOT_S = 44.0
"""Three statuses of ten seconds that differ from the target, the round that is under way, and a tick."""

REFUSED_S = 4 * TICK_S
"""Three refused targets, and the tick that counts with it."""

STALE_S = 37.0
"""A status is believed for 25 s; the newest may be as young as a tick, and the next round is ten seconds away."""


class Port(StrEnum):
    """Where a fault comes from."""

    DEVICE = "device"
    LINK = "link"
    SCHEDULE = "schedule"
    CLOCK = "clock"
    STORE = "store"
    PRICES = "prices"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of fault and what must hold under it, beside the laws that hold always.

    Always: no target outside an asset's limits, ramp and ratings, none for a meter, no tick skipped but for the time
    that the machine itself stood still.

    Args:
        name: of the kind; ``port`` and name together are unique.
        sentence: what happens, with the asset as its subject where one is hit.
        lasts_s: how long an episode lasts.
        noticed_within_s: from the begin until it is said in the log, at a tick or by an asset's state; None = it need
            not be, since nothing goes wrong by it.
        carried_within_s: from the begin until the others deliver what the asset does not; None = not judged.
        stands_still_s: the machine stands still for this long, so ticks are skipped.
        may_deliver_more: the asset delivers what nobody can measure, so the total may lie above the schedule.
        blocks: calls come back late or never.
        by_deviation: the asset does something else than it is told; both bounds count from when that can be seen.
    """

    name: str
    port: Port
    sentence: str
    _: KW_ONLY
    lasts_s: float = 60.0
    noticed_within_s: float | None = None
    carried_within_s: float | None = None
    stands_still_s: float = 0.0
    may_deliver_more: bool = False
    blocks: bool = False
    by_deviation: bool = False

    @property
    def label(self) -> str:
        """The name with its port, as it is printed."""
        return f"{self.port}: {self.name}"


_BLOCKING = frozenset(
    {"target hangs", "target slow", "read hangs", "read hangs once", "read slow", "silent", "resets", "hangs", "slow"}
)

_DEVIATING = frozenset({"target ignored", "half delivered", "too much delivered", "output stuck"})


def _device(name: str, sentence: str, *, noticed: float | None, carried: float | None, **more: bool) -> FaultKind:
    return FaultKind(
        name,
        Port.DEVICE,
        sentence,
        lasts_s=80.0,
        noticed_within_s=noticed,
        carried_within_s=carried,
        may_deliver_more=more.get("may_deliver_more", False),
        blocks=name in _BLOCKING,
        by_deviation=name in _DEVIATING,
    )


def _link(name: str, sentence: str, *, noticed: float | None, more: bool = True) -> FaultKind:
    return FaultKind(
        name, Port.LINK, sentence, noticed_within_s=noticed, may_deliver_more=more, blocks=name in _BLOCKING
    )


def _schedule(name: str, sentence: str, *, noticed: float | None = 4.0) -> FaultKind:
    return FaultKind(name, Port.SCHEDULE, sentence, lasts_s=30.0, noticed_within_s=noticed, blocks=name in _BLOCKING)


_DEVICES = (
    _device("target refused", "refuses every target", noticed=4.0, carried=REFUSED_S),
    _device("target ignored", "accepts targets and ignores them", noticed=FOLLOWED_OR_NOT_S, carried=FOLLOWED_OR_NOT_S),
    _device("target hangs", "never comes back from a target", noticed=4.0, carried=FOLLOWED_OR_NOT_S),
    _device("target slow", "takes 0.8 s for a target", noticed=None, carried=6.0),
    _device("half delivered", "delivers half of its target", noticed=FOLLOWED_OR_NOT_S, carried=FOLLOWED_OR_NOT_S),
    _device("too much delivered", "delivers a quarter more", noticed=FOLLOWED_OR_NOT_S, carried=FOLLOWED_OR_NOT_S),
    _device("output stuck", "stands still at its output", noticed=FOLLOWED_OR_NOT_S, carried=FOLLOWED_OR_NOT_S),
    _device("potential drops", "can deliver a third of before and says so", noticed=None, carried=14.0),
    _device("potential flaps", "says another potential at each read", noticed=None, carried=None),
    _device("read fails", "fails every read", noticed=14.0, carried=STALE_S, may_deliver_more=True),
    _device("read hangs", "never comes back from a read", noticed=24.0, carried=STALE_S, may_deliver_more=True),
    _device("read hangs once", "hangs in one read and answers the next", noticed=None, carried=None),
    _device("read slow", "takes 3 s for a read", noticed=None, carried=None),
    _device("reads nothing", "answers with nothing known", noticed=None, carried=STALE_S, may_deliver_more=True),
    _device("reads NaN", "answers with NaN", noticed=STALE_S, carried=STALE_S, may_deliver_more=True),
    _device("reads text", "answers with a text", noticed=STALE_S, carried=STALE_S, may_deliver_more=True),
    _device("reads true", "answers with a truth value", noticed=STALE_S, carried=STALE_S, may_deliver_more=True),
    _device("reads a mark", "answers 4294965796", noticed=STALE_S, carried=STALE_S, may_deliver_more=True),
    _device("reads 10^400", "answers a number without end", noticed=STALE_S, carried=STALE_S, may_deliver_more=True),
    _device("gone", "cannot be reached at all", noticed=4.0, carried=STALE_S, may_deliver_more=True),
    _device("ends the program", "raises what ends a program", noticed=14.0, carried=STALE_S, may_deliver_more=True),
)

_LINKS = (
    _link("down", "the devices of a connection cannot be reached", noticed=14.0),
    _link("silent", "the devices of a connection hang", noticed=14.0),
    _link("flaps", "each second call of a connection fails", noticed=14.0, more=False),
    _link("resets", "each call of a connection fails after a second", noticed=14.0),
    _link("old answers", "a connection repeats what it said before", noticed=STALE_S),
    _link("stamps ahead", "a connection stamps its answers an hour ahead", noticed=None, more=False),
    _link("answers swapped", "two devices answer for each other", noticed=None),
)

_SCHEDULES = (
    _schedule("fails", "the schedule cannot be read"),
    _schedule("hangs", "the schedule never answers", noticed=26.0),
    _schedule("slow", "the schedule takes half a second", noticed=None),
    _schedule("no mapping", "the schedule is a text"),
    _schedule("not finite", "a scheduled power is NaN"),
    _schedule("stranger", "the schedule names an asset that is not there"),
    _schedule("absurd", "a scheduled power is a million times what can be", noticed=None),
    _schedule("empty", "the schedule names no asset", noticed=None),
    _schedule("jumps", "the schedule jumps to the other end at each tick", noticed=None),
    _schedule("its clock fails", "the schedule does not say which time it is"),
)

_CLOCKS = (
    FaultKind("years ahead", Port.CLOCK, "the wall clock is three years ahead", noticed_within_s=10.0),
    FaultKind("hour ahead", Port.CLOCK, "the wall clock is an hour ahead", noticed_within_s=10.0),
    FaultKind("hour behind", Port.CLOCK, "the wall clock is an hour behind", noticed_within_s=10.0),
    FaultKind("twitches", Port.CLOCK, "the wall clock jumps for a second, again and again"),
    FaultKind(
        "machine suspended", Port.CLOCK, "the machine stands still for 30 s", noticed_within_s=34.0, stands_still_s=30.0
    ),
    FaultKind("late wakings", Port.CLOCK, "the machine wakes the loop up to 1.5 s late"),
)

_STORES = (
    FaultKind("away", Port.STORE, "the store cannot be reached"),
    FaultKind("full", Port.STORE, "the store takes nothing any more"),
    FaultKind("hangs", Port.STORE, "the store never answers", blocks=True),
    FaultKind("another master", Port.STORE, "another process takes the lease", noticed_within_s=12.0),
    FaultKind("killed", Port.STORE, "the process is killed and started again", lasts_s=10.0),
)

_PRICES = (
    FaultKind("silent", Port.PRICES, "the price source does not answer"),
    FaultKind("nonsense", Port.PRICES, "the price source answers with nonsense"),
    FaultKind("day missing", Port.PRICES, "a day of prices is missing"),
    FaultKind("quarter hours missing", Port.PRICES, "some quarter hours are missing"),
    FaultKind("out of order", Port.PRICES, "prices come newest first and twice"),
)

_NETWORKS = (
    FaultKind("cut off", Port.NETWORK, "no device can be reached", noticed_within_s=4.0, may_deliver_more=True),
    FaultKind("slow", Port.NETWORK, "every device takes up to half a second more", blocks=True),
    FaultKind("loses a fifth", Port.NETWORK, "each fifth call is lost", noticed_within_s=20.0),
)

KINDS = (*_DEVICES, *_LINKS, *_SCHEDULES, *_CLOCKS, *_STORES, *_PRICES, *_NETWORKS)
"""Every kind of a drill, in the order in which they are printed."""
