"""The building as documents and schedules: what a change of it changes in the store, and how it is read back.

One document stands for the building as a whole. Every change writes it anew on top of the version that was read, so
of two writers that decide at the same time one is told to read again: nobody's update is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from energy_manager.application.appliances.building import Building, SwitchableAssets
from energy_manager.application.appliances.documents import (
    Body,
    home_to_document,
    household_from_document,
    household_to_document,
    installed_from_document,
    policy_from_document,
    prices_to_document,
    recharge_from_document,
    rejection_from_document,
    request_from_document,
    request_to_document,
    run_from_document,
    run_to_document,
    with_prices_from_document,
)
from energy_manager.application.appliances.schedules import battery_schedule_id, schedule_id, schedule_of
from energy_manager.application.ports.schedules.document_bodies import body_of, of_body
from energy_manager.application.ports.schedules.durability import (
    Change,
    DeleteDocument,
    DeleteSchedule,
    Document,
    PutDocument,
    PutSchedule,
)
from energy_manager.application.ports.schedules.schedule_repository import StateRepository
from energy_manager.domain.appliances import Alert, Policy, Run
from energy_manager.domain.appliances.restore import rebuilt
from energy_manager.domain.schedule import Schedule

BUILDING, HOUSEHOLD, RUN, PRICES = "appliance_building", "household", "appliance_run", "appliance_prices"
"""The kinds of documents."""

BUILDING_ID, SITE_ID = "building", "site"


def diff(before: Building, after: Building, *, version: int) -> list[Change]:
    """What must be committed so that the store says ``after``; ``version`` is the building's document's before."""
    changes: list[Change] = [
        PutDocument(kind=BUILDING, id=BUILDING_ID, body=_building_body(after), expected=version),
    ]
    prices = prices_to_document(after.table.policy)
    if prices is not None and before.table.policy != after.table.policy:
        changes.append(PutDocument(kind=PRICES, id=SITE_ID, body=prices))
    changes += _changed_households(before, after)
    changes += _changed_runs(before, after)
    changes += _changed_schedules(before, after)
    changes += _changed_battery_schedules(before, after)
    return changes


def load(store: StateRepository, policy: Policy) -> tuple[Building, int] | None:
    """The building at the instant of its last change, and its version; None when nothing was ever kept.

    Raises:
        StoreUnavailable: it cannot be read now.
    """
    while True:
        whole = store.document(BUILDING, BUILDING_ID)
        if whole is None:
            return None
        households, runs = store.documents(HOUSEHOLD), store.documents(RUN)
        prices = store.document(PRICES, SITE_ID)
        priced = policy if prices is None else with_prices_from_document(policy, dict(prices.body))
        batteries = _battery_schedules(store, households)
        again = store.document(BUILDING, BUILDING_ID)
        # Somebody may have changed something between these reads; what belongs together has one version.
        if again is not None and again.version == whole.version:
            return replace(_building(whole, households, runs, priced), batteries=batteries), whole.version


def version_of(store: StateRepository) -> int:
    """The version that the building is at; 0 when nothing was ever kept."""
    document = store.document(BUILDING, BUILDING_ID)
    return 0 if document is None else document.version


def _battery_schedules(store: StateRepository, households: Iterable[Document]) -> dict[str, Schedule]:
    names = [document.id for document in households if (document.body["battery"] or {}).get("asset") is not None]
    accepted = {name: store.get(battery_schedule_id(name)) for name in names}
    return {name: entry.schedule for name, entry in accepted.items() if entry is not None}


def _building(
    whole: Document, households: tuple[Document, ...], runs: tuple[Document, ...], policy: Policy
) -> Building:
    body, homes = whole.body, whole.body["homes"]
    in_order = sorted(runs, key=lambda document: int(document.id))
    decided = [document for document in in_order if "segments" in document.body]
    waiting = [document for document in in_order if "segments" not in document.body]
    own_policies = {document.id: policy_from_document(dict(document.body)) for document in households}
    recharges = {name: recharge_from_document(home) for name, home in homes.items()}
    table = rebuilt(
        [household_from_document(document.id, dict(document.body), homes[document.id]) for document in households],
        [run_from_document(document.id, dict(document.body)) for document in decided],
        now_us=body["at_us"],
        policy=policy,
        policies={name: own for name, own in own_policies.items() if own is not None},
        recharges={name: recharge for name, recharge in recharges.items() if recharge is not None},
    )
    rejections = {document.id: rejection_from_document(document.id, dict(document.body)) for document in decided}
    return Building(
        table=replace(table, queue=tuple(request_from_document(entry.id, entry.body["request"]) for entry in waiting)),
        installed={
            key: entry
            for document in households
            for key, entry in installed_from_document(document.id, dict(document.body)).items()
        },
        rejections={run_id: rejection for run_id, rejection in rejections.items() if rejection is not None},
        recharged_on={name: date.fromisoformat(day) for name, day in body["recharged_on"].items()},
        alerts=tuple(of_body(Alert, alert) for alert in body["alerts"]),
        next_number=body["next_number"],
        up_us=body["up_us"],
        unattended_us=body["unattended_us"],
        site=SwitchableAssets(
            assets=frozenset(body["site"]["assets"]),
            watts_per_step=body["site"]["watts_per_step"],
            # Stores that were written before homes knew the site's tariff do not say it.
            has_tariff=body["site"].get("has_tariff", False),
        ),
    )


def _building_body(building: Building) -> Body:
    return {
        "at_us": building.now_us,
        "up_us": building.up_us,
        "unattended_us": building.unattended_us,
        "next_number": building.next_number,
        "homes": {name: home_to_document(home) for name, home in building.table.homes.items()},
        "recharged_on": {name: day.isoformat() for name, day in building.recharged_on.items()},
        "alerts": [body_of(alert) for alert in building.alerts],
        "site": {
            "assets": sorted(building.site.assets),
            "watts_per_step": building.site.watts_per_step,
            "has_tariff": building.site.has_tariff,
        },
    }


def _changed_households(before: Building, after: Building) -> Iterator[Change]:
    for name in after.table.homes:
        is_known = name in before.table.homes
        if is_known and _is_as_before(before, after, name):
            continue
        body = _household_to_document(after, name)
        if not is_known or body != _household_to_document(before, name):
            yield PutDocument(kind=HOUSEHOLD, id=name, body=body, expected=None if is_known else 0)


def _is_as_before(before: Building, after: Building, name: str) -> bool:
    return (
        before.table.homes[name].household is after.table.homes[name].household
        and before.table.policies.get(name) is after.table.policies.get(name)
        and before.installed is after.installed
    )


def _household_to_document(building: Building, name: str) -> Body:
    installed = {entry.appliance.name: entry for (owner, _), entry in building.installed.items() if owner == name}
    return household_to_document(building.table.homes[name].household, building.table.policies.get(name), installed)


def _changed_runs(before: Building, after: Building) -> Iterator[Change]:
    known = before.table.runs
    for run_id, run in after.table.runs.items():
        if known.get(run_id) is not run:
            body = run_to_document(run, after.rejections.get(run_id))
            if run_id not in known or body != run_to_document(known[run_id], before.rejections.get(run_id)):
                yield PutDocument(kind=RUN, id=run_id, body=body)
    were_waiting = {request.run_id for request in before.table.queue}
    for request in after.table.queue:
        if request.run_id not in were_waiting:
            yield PutDocument(kind=RUN, id=request.run_id, body={"request": request_to_document(request)})
    are_waiting = {request.run_id for request in after.table.queue}
    for run_id in [*known, *were_waiting]:
        if run_id not in after.table.runs and run_id not in are_waiting:
            yield DeleteDocument(kind=RUN, id=run_id)


def _changed_schedules(before: Building, after: Building) -> Iterator[Change]:
    """An appliance's schedule is put when its plan changed, and deleted when nothing is planned any more."""
    for household, appliance in _appliances_touched(before, after):
        schedule = schedule_of(after, household, appliance)
        if schedule is None:
            yield DeleteSchedule(id=schedule_id(household, appliance))
        else:
            yield PutSchedule(schedule=schedule)


def _changed_battery_schedules(before: Building, after: Building) -> Iterator[Change]:
    for name, schedule in after.batteries.items():
        if schedule != before.batteries.get(name):
            yield PutSchedule(schedule=schedule)
    for name in before.batteries:
        if name not in after.batteries:
            yield DeleteSchedule(id=battery_schedule_id(name))


def _appliances_touched(before: Building, after: Building) -> list[tuple[str, str]]:
    known = before.table.runs
    touched = {
        (run.request.household, run.request.appliance)
        for run_id, run in after.table.runs.items()
        if _has_another_plan(known.get(run_id), run) or before.now_us < run.end_us <= after.now_us
    }
    return sorted((touched | _appliances_rewired(before, after)) & after.installed.keys())


def _appliances_rewired(before: Building, after: Building) -> set[tuple[str, str]]:
    """Those with another device behind them, or another site around them."""
    if before.site != after.site:
        return set(after.installed)
    if before.installed is after.installed:
        return set()
    return {key for key, entry in after.installed.items() if before.installed.get(key, entry) != entry}


def _has_another_plan(before: Run | None, after: Run) -> bool:
    if before is None:
        return bool(after.segments)
    return before is not after and (before.segments != after.segments or before.closed_as != after.closed_as)
