"""Why an asset was told what it was told at a tick: from the record, in sentences.

Each function says one thing that went into the decision, in the order in which the tick looks at it: the schedule, the
status, the asset's own limits, those of the grid connection, the rule. What the record does not hold is not claimed.
"""

from __future__ import annotations

from collections.abc import Iterator

from energy_manager.application.explanation.balance import Balance
from energy_manager.application.explanation.wording import doing, kilowatts, listed, power, shares, speaker, to_do
from energy_manager.application.explanation.worth import of_worth
from energy_manager.application.ports.records.tick import GridHold, Tick
from energy_manager.domain.quantities import AssetId
from energy_manager.domain.site import Bounds

_HELD_BECAUSE = {
    "import limit": "to keep the import below its limit",
    "export limit": "to keep the export below its limit",
    "both limits": "the limits contradict each other, so it stands in the middle between them",
    "returning": "there is room again, and it returns to its schedule after a while and slowly",
    "band": "there is no plan, so it takes surplus and covers load",
    "held": "there was no fresh reading of meter and storage, so it kept what it was last told",
    "safe": "meter and storage were not read for long, so it follows its schedule only as far as that is safe",
}
"""By the reason that the control law gave (``domain.peak_shaving.grid_limit``)."""


def why(tick: Tick, asset_id: AssetId) -> tuple[str, ...]:
    """Why the asset was told its target; the asset is one that the record mentions."""
    if tick.failure:
        return (f"Nothing could be decided at this tick ({tick.failure}), so {_fallback(tick, asset_id)}.",)
    counts = asset_id in tick.counted
    is_holding = asset_id in tick.held
    return (
        *_of_hand(tick, asset_id),
        *_of_schedule(tick, asset_id),
        *_of_status(tick, asset_id),
        *_of_delivery(tick, asset_id),
        *_of_limits(tick, asset_id),
        *(() if asset_id in tick.pinned else _of_hold(tick, asset_id)),
        *(_of_rule(tick, asset_id) if asset_id in tick.scheduled and not is_holding and not counts else ()),
    )


def _of_hand(tick: Tick, asset_id: AssetId) -> Iterator[str]:
    """What a person set, and why."""
    because = tick.set_by_hand.get(asset_id)
    if because is None:
        return
    told = tick.pinned.get(asset_id, tick.scheduled.get(asset_id))
    what = "released" if told is None else f"told {to_do(told, tick.power_unit)}"
    yield f"It was {what} by hand: {because}."
    if asset_id in tick.pinned:
        yield "It took no part in the sharing: no asset carries what was taken from it, and it carries for none."


def _fallback(tick: Tick, asset_id: AssetId) -> str:
    if not tick.unscheduled:
        return "every device was told 0"
    fallback = tick.unscheduled.get(asset_id, 0)
    return "its fallback held: it was " + (
        "released" if fallback is None else f"told {to_do(fallback, tick.power_unit)}"
    )


def _of_schedule(tick: Tick, asset_id: AssetId) -> Iterator[str]:
    scheduled = tick.scheduled.get(asset_id)
    if scheduled is None:
        yield from _of_silence(tick, asset_id)
        if tick.unscheduled.get(asset_id) is not None:
            yield f"Its fallback held: it was told {to_do(tick.unscheduled[asset_id] or 0, tick.power_unit)}."
        return
    label = tick.decided_by.get(asset_id)
    if asset_id in tick.unreadable:
        said = f"{speaker(label)} said" if label else "was scheduled"
        yield f"What {said} for it was no finite number, which counts as {power(0, tick.power_unit)}."
    else:
        by = f", from {speaker(label)}" if label else "; from whom is not recorded"
        yield f"Its schedule was {to_do(scheduled, tick.power_unit)}{by}."
    if tick.fault:
        yield f"The site's base schedule was not known at this tick: {tick.fault}."


def _of_silence(tick: Tick, asset_id: AssetId) -> Iterator[str]:
    if tick.fault and tick.scheduled:
        yield (
            f"The site's base schedule was not known ({tick.fault}), and no stored schedule covered it: "
            "it was left out of the redistribution."
        )
    elif tick.fault:
        yield f"No schedule was known ({tick.fault}), so nothing was scheduled for any asset."
    elif tick.is_released(asset_id):
        yield "No schedule covered this asset at this tick; it was released and ran by itself."
    else:
        yield "No schedule covered this asset at this tick; it was left out of the redistribution."


def _of_status(tick: Tick, asset_id: AssetId) -> Iterator[str]:
    potential, age_s = tick.potentials.get(asset_id), tick.status_ages_s.get(asset_id)
    if asset_id in tick.untold and age_s is None:
        yield "There is no such device: it counted as able to deliver nothing."
        return
    if asset_id in tick.untold:
        yield "The device takes no targets."
    if potential is not None:
        aged = "is not recorded how old" if age_s is None else f"was {age_s:.1f} s old"
        yield f"Its status {aged} and said that it could deliver {power(potential, tick.power_unit)}."
    elif age_s is not None:
        yield f"Its last status was {age_s:.1f} s old, too old to be believed: it counted as able to deliver nothing."
    else:
        yield "There was no status of it to go by: it counted as able to deliver nothing."


def _of_delivery(tick: Tick, asset_id: AssetId) -> Iterator[str]:
    counted = tick.counted.get(asset_id)
    if counted is None or tick.is_released(asset_id):
        return
    if asset_id in tick.potentials:
        yield f"It does not do what it is told: it counted as what it measures: {doing(counted, tick.power_unit)}."
    else:
        yield f"It could not be reached, and counted as {doing(counted, tick.power_unit)}."
    if tick.policy != "follow_schedule":
        yield "It was told its schedule all the same, and the others made up for the difference."


def _of_limits(tick: Tick, asset_id: AssetId) -> Iterator[str]:
    bounds, unit = tick.bounds.get(asset_id), tick.power_unit
    if bounds is None:
        return
    allowed = list(_allowed(bounds, unit))
    if not allowed:
        return
    target = tick.targets[asset_id]
    if target is None:
        return
    is_binding = target in {bounds.lowest, bounds.highest} and target != tick.scheduled.get(asset_id, 0)
    told = f"; it was told {to_do(target, unit)}" if is_binding else ""
    yield f"Its own limits, which stand above everything, let it {listed(allowed)}{told}."


def _allowed(bounds: Bounds, unit: str) -> Iterator[str]:
    """``take at most 30 kW``, ``deliver at most 60 kW``: a range of powers in words."""
    lowest, highest = bounds.lowest, bounds.highest
    if lowest is not None:
        least = f"take at most {power(-lowest, unit)}" if lowest < 0 else f"deliver at least {power(lowest, unit)}"
        yield least if lowest else "take nothing"
    if highest is not None:
        most = f"take at least {power(-highest, unit)}" if highest < 0 else f"deliver at most {power(highest, unit)}"
        yield most if highest else "deliver nothing"


def _of_hold(tick: Tick, asset_id: AssetId) -> Iterator[str]:
    hold = tick.hold
    if hold is None:
        return
    if hold.storage != asset_id:
        if asset_id in tick.scheduled and hold.target is not None:
            yield (
                f"{hold.storage} was told {to_do(hold.target, tick.power_unit)} for the sake of the grid connection "
                "and took no part in the sharing."
            )
        return
    yield f"It keeps the grid connection within its limits, before any schedule: {_measured(hold)}."
    if hold.target is None:
        yield "The limits needed nothing of it, so it was released."
        return
    if hold.told_mode:
        yield f"It knows modes only, and was told {hold.told_mode!r}."
    if hold.plan:
        yield from of_worth(hold, tick.power_unit)
        if hold.reason not in {"band", "schedule"}:
            yield f"Its limits came first: {_HELD_BECAUSE.get(hold.reason, hold.reason)}."
        return
    scheduled = tick.scheduled.get(asset_id, 0)
    target = to_do(hold.target, tick.power_unit)
    if hold.reason != "schedule":
        yield f"It was told {target}: {_HELD_BECAUSE.get(hold.reason, hold.reason)}."
    elif hold.target == scheduled:
        yield f"The limits let it follow its schedule: it was told {target}."
    else:
        yield f"The limits let it follow its schedule, but its own power, ramp or energy did not: it was told {target}."
    if hold.shortfall_kw:
        yield f"Its own limits kept it {kilowatts(hold.shortfall_kw)} away from what the grid connection needed."


def _measured(hold: GridHold) -> str:
    if hold.import_kw is None:
        measured = "the import was not measured"
    else:
        measured = f"{kilowatts(abs(hold.import_kw))} were {'exported' if hold.import_kw < 0 else 'imported'}"
    if hold.import_limit_kw is None or hold.export_limit_kw is None:
        return measured
    limits = f"import {kilowatts(hold.import_limit_kw)}, export {kilowatts(hold.export_limit_kw)}"
    return f"{measured}, the limits are {limits}"


def _of_rule(tick: Tick, asset_id: AssetId) -> Iterator[str]:
    scheduled, target, unit = tick.scheduled[asset_id], tick.targets[asset_id] or 0, tick.power_unit
    potential = max(0, tick.potentials.get(asset_id, 0))
    if tick.policy == "follow_schedule":
        yield "The rule was follow_schedule: targets are the schedule, whatever the assets can deliver."
        if scheduled > potential:
            yield (
                f"It counted as able to deliver {power(potential, unit)}; no asset was asked to carry "
                f"the {power(scheduled - potential, unit)} that it lacked."
            )
        return
    yield _rule(tick.policy)
    balance = Balance.of(tick)
    if scheduled < 0 and target != scheduled:
        yield f"It is scheduled to charge, and was told {to_do(target, unit)}, as near to that as its limits allow."
        return
    if scheduled < 0:
        yield "It is scheduled to charge, so it keeps its schedule: it can neither fall short nor help."
        return
    if not balance.missing:
        yield "No asset fell short, so each was told what was scheduled."
        return
    if asset_id in balance.missing:
        yield (
            f"It fell short: {power(balance.missing[asset_id], unit)} of its {power(scheduled, unit)} could not be "
            f"delivered, so it was told {to_do(target, unit)}."
        )
    yield from _of_gap(balance, asset_id, unit)
    if asset_id in balance.carried:
        most = ", all it could deliver" if target == potential else ""
        yield (
            f"It took {power(balance.carried[asset_id], unit)} of the gap: it was told {to_do(target, unit)} "
            f"instead of {power(scheduled, unit)}{most}."
        )
    elif asset_id not in balance.missing:
        if potential > scheduled:
            yield "Its share of the gap came to no whole power step, so it was told its schedule."
        else:
            yield "It had no headroom to take any of it, so it was told its schedule."
    yield from _of_others(balance, asset_id, unit)


def _rule(policy: str) -> str:
    if policy == "proportional":
        return (
            "The rule was proportional: what short assets cannot deliver is carried by those with headroom, "
            "in proportion to their potentials."
        )
    return f"The rule was {policy}." if policy else "Which rule applied is not recorded."


def _of_gap(balance: Balance, asset_id: AssetId, unit: str) -> Iterator[str]:
    others = {other: missing for other, missing in balance.missing.items() if other != asset_id}
    if others:
        also = "also " if asset_id in balance.missing else ""
        yield f"Short were {also}{shares(others, unit)}; the gap was {power(balance.gap, unit)} in all."
    else:
        yield f"That was the whole gap: {power(balance.gap, unit)}."


def _of_others(balance: Balance, asset_id: AssetId, unit: str) -> Iterator[str]:
    others = {other: carried for other, carried in balance.carried.items() if other != asset_id}
    if others:
        yield f"The others took: {shares(others, unit)}."
    elif not balance.carried:
        yield "No asset had headroom to carry any of it."
    if balance.shortfall:
        yield f"No asset could deliver {power(balance.shortfall, unit)} of the schedule."
