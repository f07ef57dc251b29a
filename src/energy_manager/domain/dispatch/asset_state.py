"""How an asset stands, in one word."""

from __future__ import annotations

from enum import StrEnum

from energy_manager.domain.dispatch.asset_status import AssetStatus


class AssetState(StrEnum):
    """The first of these that is true of an asset, causes before effects; ``OK`` when none is.

    ``LATE``: a call has not come back in nine tenths of its period. ``FAILED``: of the targets or of the status
    reads, the last call that came back failed. ``ABSENT``: there was never a good status, or there is no such device;
    one that is known to be away is absent before its calls have failed.
    ``STALE``: the last good status is older than may be believed, so the asset counts as able to deliver nothing.
    ``DISOBEYS``: its calls end well, but it does not do what it is told, so it counts as what it measures.
    """

    LATE = "late"
    FAILED = "failed"
    ABSENT = "absent"
    STALE = "stale"
    DISOBEYS = "disobeys"
    OK = "ok"


def asset_state(
    status: AssetStatus | None,
    *,
    is_overdue: bool,
    is_failing: bool,
    now_s: float,
    max_age_s: float,
    disobeys: bool = False,
    is_away: bool = False,
) -> AssetState:
    """The state at ``now_s`` of an asset whose last good status is ``status``."""
    if is_overdue:
        return AssetState.LATE
    if is_away:
        return AssetState.ABSENT
    if is_failing:
        return AssetState.FAILED
    if status is None:
        return AssetState.ABSENT
    if status.age_s(now_s) > max_age_s:
        return AssetState.STALE
    return AssetState.DISOBEYS if disobeys else AssetState.OK
