"""A ledger at a later instant."""

from __future__ import annotations

from dataclasses import replace

from energy_manager.domain.appliances.ledger.battery import stored_at
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.units import Watts


def brought_to(home: Home, now_us: int, peak_w: Watts) -> Home:
    """The home at ``now_us``: the past is forgotten, the battery holds what it then holds, a recharge may be over.

    ``peak_w`` is the greatest net load meanwhile, for a target that rises with it.
    """
    battery, recharge = home.household.battery, home.recharge
    stored = home.stored_wus if battery is None else stored_at(home, now_us)
    if recharge is not None and battery is not None:
        is_full = recharge.start_us <= now_us and stored >= battery.capacity_wus
        recharge = None if is_full or now_us >= recharge.end_us else recharge
    target_w = home.target_w
    if target_w is not None and home.does_target_rise:
        target_w = max(target_w, peak_w)
    return replace(
        home,
        now_us=now_us,
        load_w=home.load_w.since(now_us),
        room_w=home.room_w.since(now_us),
        charge_w=home.charge_w.since(now_us),
        neighbours_w=home.neighbours_w.since(now_us),
        level_w=None if home.level_w is None else home.level_w.since(now_us),
        stored_wus=stored,
        recharge=recharge,
        target_w=target_w,
    )
