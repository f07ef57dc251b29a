"""The order machine: what is heard moves orders, time moves orders, and what is missing is ordered elsewhere.

The idea: each order is in one state; facts and time lead to the next one by the table ``FOLLOWING``. What all orders
together are counted on for is compared with the need after every step. Three laws hold at all times: a site has at most
one live order of an activation; what may be delivered at most stays within the need and a tenth, and one site's volume
(sites are taken whole); a final state is final.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from energy_manager.domain.fleet.facts import GRACE, Answered, Fact, Measured, Unreachable, Written
from energy_manager.domain.fleet.orders import CONFIRMED, FOLLOWING, LIVE, OrderRecord, OrderState
from energy_manager.domain.fleet.portfolio import Portfolio

PATIENCE = timedelta(seconds=1)
"""An answer is waited for this long from the socket write on."""

PATIENCE_AN_ORDER = timedelta(microseconds=100)
"""And this much longer for each order of the same batch: the centre reads answers one by one, in half of it."""

QUIET = timedelta(milliseconds=500)
"""While answers keep coming, the others are only slow: silence begins when none has come for this long."""

LONGEST_PATIENCE = 5
"""But it begins at the latest when so many times the patience have passed; and after as long again a silent order is
given up where others are needed in its place. When most of a portfolio is silent it is the machine that is slow."""

TOLERANCE = 0.05
"""So much less than ordered still counts as delivered: meters and whole steps."""

ROUNDING_KW = 0.001
"""A watt is no reason to order another kW."""

OUT_OF_TIME = "its time passed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """What follows: records in their next state, and how much is to be ordered elsewhere at once, kW."""

    records: tuple[OrderRecord, ...] = ()
    order_kw: int = 0


def heard(portfolio: Portfolio, facts: Iterable[Fact]) -> Portfolio:
    """The portfolio after what was heard, in that order; facts about other orders and sites change nothing."""
    records, facts = dict(portfolio.records), tuple(facts)
    by_site: dict[str, list[str]] = {fact.site: [] for fact in facts if isinstance(fact, Measured)}
    if by_site:
        for order_id, record in records.items():
            if record.order.site in by_site:
                by_site[record.order.site].append(order_id)
    for fact in facts:
        if isinstance(fact, Measured):
            for order_id in by_site[fact.site]:
                records[order_id] = _measured(records[order_id], fact)
        elif fact.order in records:
            records[fact.order] = _told(records[fact.order], fact)
    return replace(portfolio, records=records)


def _told(record: OrderRecord, fact: Written | Unreachable | Answered) -> OrderRecord:
    match fact:
        case Written():
            if record.state not in {OrderState.OPEN, OrderState.SILENT}:
                return record
            patience = PATIENCE + fact.batch * PATIENCE_AN_ORDER
            return record.moved(OrderState.SENT, at=fact.at, due_at=fact.at + patience)
        case Unreachable():
            return _if_allowed(record, OrderState.UNREACHABLE, at=fact.at, note="the site is not connected")
        case Answered():
            return record if fact.site != record.order.site else _answered(record, fact)


def _answered(record: OrderRecord, fact: Answered) -> OrderRecord:
    if not fact.is_accepted:
        return _if_allowed(record, OrderState.REFUSED, at=fact.at, note=fact.reason)
    if record.state in CONFIRMED or OrderState.ACCEPTED not in FOLLOWING[record.state]:
        return record
    is_late = record.is_late or record.state is OrderState.SILENT
    note = "the answer came late" if is_late else ""
    return record.moved(OrderState.ACCEPTED, at=fact.at, note=note, accepted_at=fact.at, is_late=is_late)


def _if_allowed(record: OrderRecord, to: OrderState, *, at: datetime, note: str) -> OrderRecord:
    return record.moved(to, at=at, note=note) if to in FOLLOWING[record.state] else record


def _measured(record: OrderRecord, fact: Measured) -> OrderRecord:
    if not record.is_live:
        return record
    measured_kw = fact.deliver_kw * record.order.direction.sign
    is_shown = measured_kw >= record.order.volume_kw * (1 - TOLERANCE)
    shown_at = fact.at if is_shown else record.shown_at
    judged_from = record.judged_from and min(record.judged_from, fact.at)
    return replace(record, measured_kw=measured_kw, measured_at=fact.at, shown_at=shown_at, judged_from=judged_from)


def next_moves(portfolio: Portfolio, now: datetime, *, hears: bool = True) -> Moves:
    """What time brings, what is surplus, and what is missing; nothing is changed.

    ``order_kw`` is to be ordered from sites that are not ``unavailable_sites``; what they offer may be less. While the
    centre ``hears`` nobody, that nothing is heard of a site says nothing about it.
    """
    activation = portfolio.activation
    moved = {record.id: record for record in _moved_by_time(portfolio, now, hears=hears)}
    after = portfolio.with_records(moved.values())
    if activation.is_over(now):
        return Moves(records=tuple(moved.values()))
    surplus = _surplus(after, now)
    after = after.with_records(surplus)
    missing_kw, room_kw = after.missing_kw, after.most_kw - after.exposed_kw
    given_up = tuple(_given_up(after, now, missing_kw - room_kw)) if hears and missing_kw > room_kw else ()
    room_kw += sum(record.order.volume_kw for record in given_up)
    changed = {**moved, **{record.id: record for record in (*surplus, *given_up)}}
    return Moves(records=tuple(changed.values()), order_kw=max(0, math.ceil(min(missing_kw, room_kw) - ROUNDING_KW)))


def _moved_by_time(portfolio: Portfolio, now: datetime, *, hears: bool) -> Iterator[OrderRecord]:
    ended_at = portfolio.activation.ended_at
    is_quiet, is_graced_after = _is_quiet(portfolio, now), now - GRACE
    for record in portfolio.records.values():
        if record.state not in LIVE:
            continue
        if now >= record.order.until:
            yield record.moved(OrderState.OVER, at=now, note="" if record.state in CONFIRMED else OUT_OF_TIME)
        elif ended_at is not None:
            yield record.moved(OrderState.CANCELLED, at=now, note="the activation was called off")
        elif not hears:
            continue
        elif record.state is OrderState.DELIVERING and (record.shown_at or is_graced_after) > is_graced_after:
            continue  # as most of thousands are most of the time
        else:
            following = _in_time(record, now, is_quiet=is_quiet)
            if following is not None:
                yield following


def _is_quiet(portfolio: Portfolio, now: datetime) -> bool:
    """Whether no answer has come for a while."""
    lately = now - QUIET
    return not any(
        (record.accepted_at or record.since) > lately
        for record in portfolio.records.values()
        if record.accepted_at is not None or record.state is OrderState.REFUSED
    )


def _in_time(record: OrderRecord, now: datetime, *, is_quiet: bool) -> OrderRecord | None:
    if record.state is OrderState.SENT:
        is_silent = _is_silent(record, now, is_quiet=is_quiet)
        return record.moved(OrderState.SILENT, at=now, note="no answer in time") if is_silent else None
    if record.state not in CONFIRMED or record.accepted_at is None:
        return None
    begins = max(record.accepted_at, record.order.start)
    return _judged(record, begins, now) if now >= begins else None


def _is_silent(record: OrderRecord, now: datetime, *, is_quiet: bool) -> bool:
    if record.due_at is None or now < record.due_at:
        return False
    patience = record.due_at - record.since
    return is_quiet or now >= record.since + LONGEST_PATIENCE * patience


def _judged(record: OrderRecord, begins: datetime, now: datetime) -> OrderRecord | None:
    """Whether it is delivered, by what was last measured; None: as before."""
    shown_at, measured_at = record.shown_at, record.measured_at
    is_early = now - max(begins, record.judged_from or begins) < GRACE
    is_telling = measured_at is not None and now - measured_at < GRACE
    is_shown = shown_at is not None and shown_at >= begins and now - shown_at < GRACE
    if record.state is OrderState.SHORT:
        if is_shown and shown_at == measured_at:
            return record.moved(OrderState.DELIVERING, at=now, fell_short=False)
        is_lost = not is_telling and not is_early and record.measured_kw > 0.0
        return replace(record, measured_kw=0.0, note="nothing is heard of the site") if is_lost else None
    if is_shown:
        return record.moved(OrderState.DELIVERING, at=now) if record.state is OrderState.ACCEPTED else None
    if is_early:
        return None
    note = "less is measured" if is_telling else "nothing is heard of the site"
    measured_kw = record.measured_kw if is_telling else 0.0
    return record.moved(OrderState.SHORT, at=now, note=note, measured_kw=measured_kw, fell_short=True)


def _surplus(portfolio: Portfolio, now: datetime) -> tuple[OrderRecord, ...]:
    """Confirmed orders without which the others still suffice: late answers first, then the dearest."""
    spare_kw = portfolio.confirmed_kw - portfolio.activation.volume_kw
    if spare_kw < 0:
        return ()
    withdrawn: list[OrderRecord] = []
    small_enough = (
        record
        for record in portfolio.records.values()
        if record.state in CONFIRMED and record.expected_kw <= spare_kw  # what is spare only shrinks
    )
    for record in sorted(small_enough, key=_least_wanted_first):
        if record.expected_kw <= spare_kw:
            spare_kw -= record.expected_kw
            withdrawn.append(record.moved(OrderState.CANCELLED, at=now, note="others deliver it"))
    return tuple(withdrawn)


def _least_wanted_first(record: OrderRecord) -> tuple[bool, bool, float]:
    return (record.state is not OrderState.SHORT, not record.is_late, -record.cost_cents / record.order.volume_kw)


def _given_up(portfolio: Portfolio, now: datetime, wanted_kw: float) -> Iterator[OrderRecord]:
    """Silent orders in whose place others are needed, once they have been silent for long."""
    for record in portfolio.records.values():
        if wanted_kw <= 0:
            return
        if record.state is OrderState.SILENT and now - record.since >= LONGEST_PATIENCE * PATIENCE:
            wanted_kw -= record.order.volume_kw
            yield record.moved(OrderState.CANCELLED, at=now, note="silent, and others were ordered in its place")


def next_look(portfolio: Portfolio, now: datetime) -> datetime | None:
    """When time alone may bring the next move; None: never."""
    times: set[datetime] = set()
    is_graced_after = now - GRACE
    graced = None  # the earliest instant whose grace is not over yet: the only one of thousands that counts
    for record in portfolio.records.values():
        state = record.state
        if state not in LIVE:
            continue
        times.add(record.order.until)
        if state is OrderState.SENT and record.due_at is not None:
            times.add(record.due_at if record.due_at > now else now + QUIET)
        elif state is OrderState.SILENT:
            times.add(record.since + LONGEST_PATIENCE * PATIENCE)
        elif state in CONFIRMED and record.accepted_at is not None:
            accepted_at = record.accepted_at
            seen = max(
                accepted_at, record.order.start, record.shown_at or accepted_at, record.judged_from or accepted_at
            )
            if seen > is_graced_after and (graced is None or seen < graced):
                graced = seen
    if graced is not None:
        times.add(graced + GRACE)
    return min((instant for instant in times if instant > now), default=None)
