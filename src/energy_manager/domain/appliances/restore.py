"""A timetable from what a store keeps, homes that join, and runs that nobody needs to know any more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from energy_manager.domain.appliances.admission.preference import Policy
from energy_manager.domain.appliances.household import Household
from energy_manager.domain.appliances.ledger.charging import with_charging_planned
from energy_manager.domain.appliances.ledger.home import Home
from energy_manager.domain.appliances.run import Run
from energy_manager.domain.appliances.run_request import Segment
from energy_manager.domain.appliances.timetable import Timetable
from energy_manager.domain.errors import Fault, Refused


def rebuilt(
    households: Iterable[Household],
    runs: Iterable[Run],
    *,
    now_us: int,
    policy: Policy | None = None,
    policies: Mapping[str, Policy] | None = None,
    recharges: Mapping[str, Segment] | None = None,
) -> Timetable:
    """The timetable at ``now_us`` in which the runs are booked as their segments say.

    A battery's ``stored_wh`` is what it holds at ``now_us``. After a time without the process, take the last instant
    it was up and let ``Timetable.restart`` bring the timetable to the present.

    Args:
        households: all homes.
        runs: every run that still matters, in the order of decision.
        now_us: the instant.
        policy: what decisions go by.
        policies: the policies of households that have their own.
        recharges: when which battery is to be filled.
    """
    table = Timetable.of(households, now_us=now_us, policy=policy).with_runs(runs)
    for name, own in (policies or {}).items():
        table = table.under_policy(own, household=name)
    for name, home in table.homes.items():
        booked = replace(home, recharge=(recharges or {}).get(name))
        for run in table.open_runs(name):
            booked = booked.booked(run)
        table = table.with_home(with_charging_planned(booked))
    return table


def joined(table: Timetable, household: Household) -> Timetable:
    """The timetable with one more home.

    Raises:
        Refused: there is a household of that id.
    """
    if household.household_id in table.homes:
        raise Refused([Fault(field="household_id", message=f"{household.household_id!r} is there already")])
    bigger = table.with_home(Home.empty(household, now_us=table.now_us)).under_policy(table.policy)
    for name, policy in table.policies.items():
        bigger = bigger.under_policy(policy, household=name)
    return bigger


def forgotten(table: Timetable, *, before_us: int) -> Timetable:
    """The timetable without the runs that were over before ``before_us``."""
    kept = {
        run_id: run
        for run_id, run in table.runs.items()
        if run.is_alive(table.now_us) or max(run.end_us, run.request.requested_us) >= before_us
    }
    return replace(table, runs=kept)
