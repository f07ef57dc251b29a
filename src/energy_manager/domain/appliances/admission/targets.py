"""What peak a home keeps, and what its battery is spent for: the policy's mark on its ledger."""

from __future__ import annotations

from dataclasses import replace

from energy_manager.domain.appliances.admission.preference import Policy
from energy_manager.domain.appliances.ledger.home import Home

# The part of the threshold below which a peak is worth no waiting and no discharge.
_WORTH_AN_EFFORT = 3


def with_policy(home: Home, policy: Policy, *, is_alone: bool) -> Home:
    """The home with the target that it keeps or, but for ``target_peak``, that only its battery keeps.

    What the sun puts into a battery is worth giving back; what the grid puts in is kept for runs that need it, unless
    the battery serves a building. Where the target rises, no battery is spent for less than a third of its home's
    threshold, and nobody waits for it.
    """
    household = home.household
    is_shaving = policy.strategy in ("earliest", "flat") and (
        max(household.pv_w.values) > 0 or (household.follows_building_peak and not is_alone)
    )
    target_w = policy.target_peak_w if policy.strategy == "target_peak" else None
    does_rise = target_w is None and (
        policy.strategy == "target_peak" or (is_shaving and household.battery is not None)
    )
    if does_rise:
        target_w = 0 if household.battery is None else household.threshold_w // _WORTH_AN_EFFORT
    limit_w = policy.building_limit_w
    return replace(
        home,
        limit_w=limit_w,
        target_w=target_w,
        does_target_rise=does_rise,
        # Where money counts, filling a battery at any price for no run costs for nothing.
        is_filled_daily=policy.strategy != "cost",
        level_w=None,
        prices=policy.prices if policy.strategy == "cost" else None,
    )
