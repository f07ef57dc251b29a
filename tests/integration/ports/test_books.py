"""What every store promises about schedules, activations and documents, whatever stands behind it."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.application.ports.durability import (
    Activation,
    DeleteDocument,
    DeleteSchedule,
    PutActivation,
    PutDocument,
    PutSchedule,
    VersionConflict,
)
from energy_manager.domain.errors import Refused
from energy_manager.domain.schedule import Schedule, TimeBlock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def books(store):
    return store.books


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def plan(name: str, *blocks: tuple[int, int, dict[str, int]], source: str = "manual") -> Schedule:
    made = tuple(TimeBlock(start=at(start), end=at(end), targets=targets) for start, end, targets in blocks)
    return Schedule(id=name, source=source, blocks=made)


HOUR = ((0, 60, {"b": 2, "a": 1}),)


def test_a_schedule_reads_back_as_it_was_put(books):
    put = plan("day ahead – Süd", (0, 15, {"b": -(2**63) + 1, "a": 2**63 - 1}), (30, 45, {}), source="production")
    accepted = books.put(put)
    assert accepted.schedule == put
    found = books.get(put.id)
    assert found == accepted
    assert list(found.schedule.blocks[0].targets) == ["b", "a"]


def test_a_schedule_without_blocks_is_kept_too(books):
    books.put(plan("empty"))
    assert books.get("empty").schedule.blocks == ()
    assert books.unfinished_at(at(0)) == ()


def test_what_was_never_put_is_not_there(books):
    assert books.get("x") is None
    assert books.delete("x") is False
    assert books.all() == ()
    assert books.activation("x") is None
    assert books.document("run", "x") is None


def test_schedules_are_listed_oldest_acceptance_first_and_a_replaced_one_is_new_again(books):
    for name in "abc":
        books.put(plan(name, *HOUR))
    books.put(plan("a", (0, 15, {"a": 9})))
    assert [entry.schedule.id for entry in books.all()] == ["b", "c", "a"]
    numbers = [entry.number for entry in books.all()]
    assert numbers == sorted(set(numbers))
    assert books.get("a").schedule == plan("a", (0, 15, {"a": 9}))


def test_a_deleted_schedule_is_gone(books):
    books.put(plan("a", *HOUR))
    assert books.delete("a") is True
    assert books.get("a") is None
    assert books.all() == ()


def test_those_active_cover_the_instant_and_those_unfinished_end_after_it(books):
    books.put(plan("past", (-60, 0, {"a": 1})))
    books.put(plan("gap", (-60, -30, {"a": 1}), (30, 60, {"a": 1})))
    books.put(plan("now", *HOUR))
    books.put(plan("later", (60, 90, {"a": 1})))
    assert [entry.schedule.id for entry in books.active_at(at(0))] == ["now"]
    assert [entry.schedule.id for entry in books.active_at(at(-1))] == ["past"]
    assert [entry.schedule.id for entry in books.unfinished_at(at(0))] == ["gap", "now", "later"]
    assert books.unfinished_at(at(0))[0].schedule.blocks == books.get("gap").schedule.blocks


def test_the_revision_changes_with_schedules_and_not_with_documents(books):
    seen = [books.revision()]
    for change in (PutSchedule(schedule=plan("a", *HOUR)), DeleteSchedule(id="a")):
        books.commit([change])
        seen.append(books.revision())
    assert len(set(seen)) == 3
    books.put_document("run", "x", {})
    assert books.revision() == seen[-1]


def test_an_activation_comes_with_its_schedule_and_goes_with_it(books):
    promise = Activation(schedule=plan("act", *HOUR, source="flexibility"), terms={"volume_kw": 3, "price": 1.5})
    accepted = books.activate(promise)
    assert books.get("act") == accepted.accepted
    assert books.activation("act") == accepted
    assert books.activations() == (accepted,)
    assert accepted.terms == {"volume_kw": 3, "price": 1.5}
    books.delete("act")
    assert books.activations() == ()


def test_an_activation_can_be_replaced_and_a_plain_schedule_takes_its_place_alone(books):
    books.activate(Activation(schedule=plan("act", *HOUR), terms={"n": 1}))
    books.activate(Activation(schedule=plan("act", *HOUR), terms={"n": 2}))
    assert [entry.terms for entry in books.activations()] == [{"n": 2}]
    books.put(plan("act", *HOUR))
    assert books.activations() == ()
    assert books.get("act") is not None


def test_a_document_counts_its_versions_and_reads_back_as_it_was(books):
    body = {"b": [1, 2.5, None, True, "ü\u0000"], "a": {"z": "", "y": 10**30}}
    assert books.put_document("run", "x", body).version == 1
    assert books.put_document("run", "x", body).version == 2
    found = books.document("run", "x")
    assert (found.version, found.body, list(found.body)) == (2, body, ["b", "a"])


def test_documents_of_a_kind_are_listed_in_order_of_id(books):
    for name in ("b", "a", "B", "10", "9"):
        books.put_document("run", name, {})
    books.put_document("household", "a", {})
    assert [document.id for document in books.documents("run")] == ["10", "9", "B", "a", "b"]


def test_a_document_that_somebody_else_has_changed_is_not_overwritten(books):
    books.put_document("run", "x", {"n": 1}, expected=0)
    books.put_document("run", "x", {"n": 2}, expected=1)
    with pytest.raises(VersionConflict) as conflict:
        books.put_document("run", "x", {"n": 3}, expected=1)
    assert conflict.value.details == {"kind": "run", "id": "x", "expected": 1, "found": 2}
    with pytest.raises(VersionConflict):
        books.put_document("run", "x", {"n": 3}, expected=0)
    with pytest.raises(VersionConflict):
        books.commit([DeleteDocument(kind="run", id="x", expected=1)])
    assert books.document("run", "x").body == {"n": 2}
    assert books.commit([DeleteDocument(kind="run", id="x", expected=2)]) == (True,)
    assert books.document("run", "x") is None


def test_a_commit_is_kept_wholly_and_in_order(books):
    done = books.commit(
        [
            PutSchedule(schedule=plan("a", *HOUR)),
            PutActivation(activation=Activation(schedule=plan("b", *HOUR), terms={})),
            PutDocument(kind="run", id="x", body={"n": 1}),
            PutDocument(kind="run", id="x", body={"n": 2}, expected=1),
            DeleteSchedule(id="a"),
        ]
    )
    assert done[3].version == 2
    assert done[4] is True
    assert [entry.schedule.id for entry in books.all()] == ["b"]


def test_a_commit_with_a_conflict_leaves_no_trace(books):
    books.put(plan("a", *HOUR))
    before = books.all(), books.revision()
    with pytest.raises(VersionConflict):
        books.commit([DeleteSchedule(id="a"), PutDocument(kind="run", id="x", body={}, expected=7)])
    assert (books.all(), books.revision()) == before
    assert books.document("run", "x") is None


@pytest.mark.parametrize("body", [{"a": float("nan")}, {"a": {1, 2}}, {1: "a"}, {"a": (1,)}, [1]], ids=repr)
def test_a_body_that_is_no_json_object_is_refused(books, body):
    with pytest.raises(Refused) as refusal:
        books.put_document("run", "x", body)
    assert refusal.value.faults[0].field == "body"


def test_every_fault_of_a_commit_is_told_by_its_place(books):
    with pytest.raises(Refused) as refusal:
        books.commit(
            [
                PutDocument(kind="", id="a\n", body={}),
                PutSchedule(schedule=plan("a", (0, 60, {"a": 2**63}))),
                PutActivation(activation=Activation(schedule=plan("a"), terms={"n": float("inf")})),
            ]
        )
    assert [fault.field for fault in refusal.value.faults] == [
        "changes[0].kind",
        "changes[0].id",
        "changes[1].blocks[0].targets.a",
        "changes[2].terms",
    ]
    assert books.all() == ()


def test_what_a_caller_does_with_a_body_afterwards_does_not_reach_the_store(books):
    body = {"list": [1]}
    books.put_document("run", "x", body)
    body["list"].append(2)
    assert books.document("run", "x").body == {"list": [1]}


def test_many_at_once_are_all_kept_and_no_update_is_lost(books):
    books.put_document("count", "x", {"n": 0})

    def add_one() -> None:
        for _ in range(5):
            while True:
                there = books.document("count", "x")
                try:
                    books.put_document("count", "x", {"n": there.body["n"] + 1}, expected=there.version)
                    break
                except VersionConflict:
                    continue

    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert books.document("count", "x").body == {"n": 20}


def test_asset_names_may_be_any_text(books):
    odd = {"": 1, "a\u0000b": 2, "ü": 3, "\ud800": 4, "x" * 5000: 5}
    books.put(plan("odd", (0, 60, odd)))
    assert books.get("odd").schedule.blocks[0].targets == odd
