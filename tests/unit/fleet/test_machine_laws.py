"""The laws of the order machine, against portfolios of sites that answer, refuse, are silent, late, gone or lie."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from energy_manager.domain.fleet import (
    FOLLOWING,
    Answered,
    Direction,
    FleetActivation,
    Measured,
    OrderState,
    Portfolio,
    SiteOffer,
    Unreachable,
    Written,
    heard,
    next_moves,
    without_needless,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ENDS_S = 120
BEHAVIOURS = ["good", "refuses", "silent", "late", "gone", "lies", "weak", "twice"]


@dataclass
class World:
    """Sites that behave, and the centre's loop around the machine, in steps of half a second."""

    sites: dict
    portfolio: Portfolio
    second: float = 0.0
    facts: list = field(default_factory=list)
    carried: dict = field(default_factory=dict)
    due: list = field(default_factory=list)

    @property
    def now(self):
        return NOON + timedelta(seconds=self.second)

    def step(self):
        arrived = [fact for when, fact in self.due if when <= self.second]
        self.due = [(when, fact) for when, fact in self.due if when > self.second]
        before = self.portfolio
        after = heard(before, [*arrived, *self.telemetry()])
        moves = next_moves(after, self.now)
        after = after.with_records(moves.records)
        for record in moves.records:
            if record.state is OrderState.CANCELLED:
                self.carried.pop(record.id, None)
        self.check_history(before, after)
        if moves.order_kw:
            after = self.order(after, moves.order_kw)
        self.portfolio = after
        self.second += 0.5

    def order(self, portfolio, order_kw):
        taken = portfolio.unavailable_sites()
        left = [
            SiteOffer(site=site, volume_kw=kw, cost_cents=kw * 7 % 11)
            for site, (kw, behaviour) in self.sites.items()
            if site not in taken and (behaviour != "gone" or not portfolio.records)
        ]
        chosen, sum_kw = [], 0
        for offer in left:
            if sum_kw < order_kw:
                chosen.append(offer)
                sum_kw += offer.volume_kw
        new = portfolio.placed(without_needless(chosen, order_kw), epoch=1, now=self.now, because={})
        for record in new:
            self.send(record, batch=len(new))
        return portfolio.with_records(new)

    def send(self, record, *, batch):
        kw, behaviour = self.sites[record.order.site]
        written = Written(order=record.id, at=self.now, batch=batch)
        self.due.append((self.second, written))
        answer = lambda is_accepted, after: (  # noqa: E731
            self.second + after,
            Answered(order=record.id, site=record.order.site, is_accepted=is_accepted, at=self.now),
        )
        if behaviour == "gone":
            self.due.append((self.second, Unreachable(order=record.id, at=self.now)))
        elif behaviour == "refuses":
            self.due.append(answer(False, 0.5))
        elif behaviour == "late":
            self.due.append(answer(True, 3.5))
        elif behaviour != "silent":
            self.due.append(answer(True, 0.5))
            if behaviour == "twice":
                self.due.append(answer(True, 6.0))
        if behaviour not in {"gone", "refuses", "lies"}:
            self.carried[record.id] = kw // 2 if behaviour == "weak" else kw

    def telemetry(self):
        for site, (_, behaviour) in self.sites.items():
            if behaviour != "gone" and self.second % 4 == 0:
                kw = sum(kw for order, kw in self.carried.items() if self.portfolio.records[order].order.site == site)
                yield Measured(site=site, deliver_kw=kw, at=self.now)

    def check_history(self, before, after):
        for order_id, record in after.records.items():
            was = before.records.get(order_id)
            if was is not None and was.state is not record.state:
                assert was.state is OrderState.SENT or record.state in reachable(was.state)


def reachable(state):
    """What may be reached in one step: facts and time may bring several moves."""
    found, new = set(), {state}
    while new:
        following = {after for before in new for after in FOLLOWING[before]}
        new, found = following - found, found | following
    return found


sites = st.lists(st.tuples(st.integers(1, 40), st.sampled_from(BEHAVIOURS)), min_size=1, max_size=25)


def world(found, need_kw):
    activation = FleetActivation(
        id="a", direction=Direction.UP, volume_kw=need_kw, start=NOON, until=NOON + timedelta(seconds=ENDS_S),
        placed_at=NOON,
    )  # fmt: skip
    named = {f"s{number}": site for number, site in enumerate(found)}
    return World(sites=named, portfolio=Portfolio(activation=activation))


@settings(max_examples=40, deadline=None)
@given(sites, st.integers(1, 300))
def test_at_no_time_is_one_kw_ordered_twice(found, need_kw):
    """A site has one live order at most; what may be delivered is the need, a tenth, and one site's volume at most."""
    run = world(found, need_kw)
    largest_kw = max(kw for kw, _ in found)
    while run.second < 60:
        run.step()
        live = [record.order.site for record in run.portfolio.records.values() if record.is_live]
        assert len(live) == len(set(live))
        assert run.portfolio.exposed_kw <= 1.1 * need_kw + largest_kw


@settings(max_examples=40, deadline=None)
@given(sites, st.integers(1, 150))
def test_in_the_end_the_need_is_delivered_wherever_honest_sites_have_it_and_by_one_site_too_much_at_most(
    found, need_kw
):
    run = world(found, need_kw)
    honest_kw = sum(kw for kw, behaviour in found if behaviour in {"good", "twice"})
    while run.second < 90:
        run.step()
    seen_kw = run.portfolio.seen_kw(run.now)
    if honest_kw >= need_kw:
        assert seen_kw >= need_kw * 0.95
    assert seen_kw <= need_kw + max(kw for kw, _ in found)


@settings(max_examples=25, deadline=None)
@given(sites, st.integers(1, 150))
def test_everything_has_ended_after_until_and_stays_so(found, need_kw):
    run = world(found, need_kw)
    while run.second <= ENDS_S + 10:
        run.step()
    assert not any(record.is_live for record in run.portfolio.records.values())
    assert next_moves(run.portfolio, run.now).order_kw == 0
