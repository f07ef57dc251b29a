"""What every store promises about schedules, activations and documents, whatever stands behind it."""

import functools
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from energy_manager.adapters.storage import InMemoryStore, validation
from energy_manager.application.clock import ClockRecord, keep_clock
from energy_manager.application.ports.records.logbook import Actor, LogEntry, LogFilter, LogKind
from energy_manager.application.ports.schedules.durability import (
    Activation,
    AppendLog,
    DeleteDocument,
    DeleteSchedule,
    PutActivation,
    PutDocument,
    PutSchedule,
    VersionConflict,
)
from energy_manager.domain.clock_trust import ClockMark
from energy_manager.domain.errors import Refused
from energy_manager.domain.schedule import Schedule, TimeBlock
from tests.support.changes import made

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def repository(store):
    return store.repository


def at(minutes: int) -> datetime:
    return NOON + timedelta(minutes=minutes)


def plan(name: str, *blocks: tuple[int, int, dict[str, int]], source: str = "manual") -> Schedule:
    made = tuple(TimeBlock(start=at(start), end=at(end), targets=targets) for start, end, targets in blocks)
    return Schedule(id=name, source=source, blocks=made)


HOUR = ((0, 60, {"b": 2, "a": 1}),)


def test_a_schedule_reads_back_as_it_was_put(repository):
    put = plan("day ahead – Süd", (0, 15, {"b": -(2**63) + 1, "a": 2**63 - 1}), (30, 45, {}), source="production")
    accepted = repository.put(put)
    assert accepted.schedule == put
    found = repository.get(put.id)
    assert found == accepted
    assert list(found.schedule.blocks[0].targets) == ["b", "a"]


def test_a_schedule_without_blocks_is_kept_too(repository):
    repository.put(plan("empty"))
    assert repository.get("empty").schedule.blocks == ()
    assert repository.unfinished_at(at(0)) == ()


def test_what_was_never_put_is_not_there(repository):
    assert repository.get("x") is None
    assert made(repository, DeleteSchedule(id="x")) is False
    assert repository.all() == ()
    assert repository.activation("x") is None
    assert repository.document("run", "x") is None


def test_schedules_are_listed_oldest_acceptance_first_and_a_replaced_one_is_new_again(repository):
    for name in "abc":
        repository.put(plan(name, *HOUR))
    repository.put(plan("a", (0, 15, {"a": 9})))
    assert [entry.schedule.id for entry in repository.all()] == ["b", "c", "a"]
    numbers = [entry.number for entry in repository.all()]
    assert numbers == sorted(set(numbers))
    assert repository.get("a").schedule == plan("a", (0, 15, {"a": 9}))


def test_a_deleted_schedule_is_gone(repository):
    repository.put(plan("a", *HOUR))
    assert made(repository, DeleteSchedule(id="a")) is True
    assert repository.get("a") is None
    assert repository.all() == ()


def test_those_active_cover_the_instant_and_those_unfinished_end_after_it(repository):
    repository.put(plan("past", (-60, 0, {"a": 1})))
    repository.put(plan("gap", (-60, -30, {"a": 1}), (30, 60, {"a": 1})))
    repository.put(plan("now", *HOUR))
    repository.put(plan("later", (60, 90, {"a": 1})))
    assert [entry.schedule.id for entry in repository.active_at(at(0))] == ["now"]
    assert [entry.schedule.id for entry in repository.active_at(at(-1))] == ["past"]
    assert [entry.schedule.id for entry in repository.unfinished_at(at(0))] == ["gap", "now", "later"]
    assert repository.unfinished_at(at(0))[0].schedule.blocks == repository.get("gap").schedule.blocks


def test_the_revision_changes_with_schedules_and_not_with_documents(repository):
    seen = [repository.revision()]
    for change in (PutSchedule(schedule=plan("a", *HOUR)), DeleteSchedule(id="a")):
        repository.commit([change])
        seen.append(repository.revision())
    assert len(set(seen)) == 3
    repository.put_document("run", "x", {})
    assert repository.revision() == seen[-1]


def test_an_activation_comes_with_its_schedule_and_goes_with_it(repository):
    promise = Activation(schedule=plan("act", *HOUR, source="flexibility"), terms={"volume_kw": 3, "price": 1.5})
    accepted = made(repository, PutActivation(activation=promise))
    assert repository.get("act") == accepted.accepted
    assert repository.activation("act") == accepted
    assert repository.activations() == (accepted,)
    assert accepted.terms == {"volume_kw": 3, "price": 1.5}
    made(repository, DeleteSchedule(id="act"))
    assert repository.activations() == ()


def test_an_activation_can_be_replaced_and_a_plain_schedule_takes_its_place_alone(repository):
    made(repository, PutActivation(activation=Activation(schedule=plan("act", *HOUR), terms={"n": 1})))
    made(repository, PutActivation(activation=Activation(schedule=plan("act", *HOUR), terms={"n": 2})))
    assert [entry.terms for entry in repository.activations()] == [{"n": 2}]
    repository.put(plan("act", *HOUR))
    assert repository.activations() == ()
    assert repository.get("act") is not None


def test_a_document_counts_its_versions_and_reads_back_as_it_was(repository):
    body = {"b": [1, 2.5, None, True, "ü\u0000"], "a": {"z": "", "y": 10**30}}
    assert repository.put_document("run", "x", body).version == 1
    assert repository.put_document("run", "x", body).version == 2
    found = repository.document("run", "x")
    assert (found.version, found.body, list(found.body)) == (2, body, ["b", "a"])


def test_documents_of_a_kind_are_listed_in_order_of_id(repository):
    for name in ("b", "a", "B", "10", "9"):
        repository.put_document("run", name, {})
    repository.put_document("household", "a", {})
    assert [document.id for document in repository.documents("run")] == ["10", "9", "B", "a", "b"]


def test_a_document_that_somebody_else_has_changed_is_not_overwritten(repository):
    repository.put_document("run", "x", {"n": 1}, expected=0)
    repository.put_document("run", "x", {"n": 2}, expected=1)
    with pytest.raises(VersionConflict) as conflict:
        repository.put_document("run", "x", {"n": 3}, expected=1)
    assert conflict.value.details == {"kind": "run", "id": "x", "expected": 1, "found": 2}
    with pytest.raises(VersionConflict):
        repository.put_document("run", "x", {"n": 3}, expected=0)
    with pytest.raises(VersionConflict):
        repository.commit([DeleteDocument(kind="run", id="x", expected=1)])
    assert repository.document("run", "x").body == {"n": 2}
    assert repository.commit([DeleteDocument(kind="run", id="x", expected=2)]) == (True,)
    assert repository.document("run", "x") is None


def test_a_commit_is_kept_wholly_and_in_order(repository):
    done = repository.commit(
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
    assert [entry.schedule.id for entry in repository.all()] == ["b"]


def test_a_commit_with_a_conflict_leaves_no_trace(repository):
    repository.put(plan("a", *HOUR))
    before = repository.all(), repository.revision()
    with pytest.raises(VersionConflict):
        repository.commit([DeleteSchedule(id="a"), PutDocument(kind="run", id="x", body={}, expected=7)])
    assert (repository.all(), repository.revision()) == before
    assert repository.document("run", "x") is None


@pytest.mark.parametrize("body", [{"a": float("nan")}, {"a": {1, 2}}, {1: "a"}, {"a": (1,)}, [1]], ids=repr)
def test_a_body_that_is_no_json_object_is_refused(repository, body):
    with pytest.raises(Refused) as refusal:
        repository.put_document("run", "x", body)
    assert refusal.value.faults[0].field == "body"


def test_every_fault_of_a_commit_is_told_by_its_place(repository):
    with pytest.raises(Refused) as refusal:
        repository.commit(
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
    assert repository.all() == ()


def test_what_a_caller_does_with_a_body_afterwards_does_not_reach_the_store(repository):
    body = {"list": [1]}
    repository.put_document("run", "x", body)
    body["list"].append(2)
    assert repository.document("run", "x").body == {"list": [1]}


def test_many_at_once_are_all_kept_and_no_update_is_lost(repository):
    repository.put_document("count", "x", {"n": 0})

    def add_one() -> None:
        for _ in range(5):
            while True:
                there = repository.document("count", "x")
                try:
                    repository.put_document("count", "x", {"n": there.body["n"] + 1}, expected=there.version)
                    break
                except VersionConflict:
                    continue

    threads = [threading.Thread(target=add_one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert repository.document("count", "x").body == {"n": 20}


def test_asset_names_are_1_to_200_printable_characters(repository):
    good = {"ü – 1": 3, "x" * 200: 5}
    repository.put(plan("good", (0, 60, good)))
    assert repository.get("good").schedule.blocks[0].targets == good
    for bad in ("", "a\u0000b", "\ud800", "\x1b[2J", "x" * 201):
        with pytest.raises(Refused, match=r"targets: .* is not 1 to 200 printable characters"):
            repository.put(plan("bad", (0, 60, {"a": 1}), (60, 90, {bad: 1})))
    assert repository.get("bad") is None


def test_schedules_are_listed_a_page_at_a_time(repository):
    for name in "abcde":
        repository.put(plan(name, *HOUR))
    listed, after = [], 0
    while page := repository.page(after=after, limit=2):
        assert len(page) <= 2
        assert all(entry.schedule == plan(entry.schedule.id, *HOUR) for entry in page)
        listed += [entry.schedule.id for entry in page]
        after = page[-1].number
    assert listed == list("abcde")


def test_those_that_are_known_need_not_be_read_again(repository):
    known = {entry.number: entry for entry in (repository.put(plan(name, *HOUR)) for name in "abc")}
    made(repository, DeleteSchedule(id="b"))
    repository.put(plan("a", (0, 90, {"a": 9})))
    repository.put(plan("over", (-60, 0, {"a": 9})))
    unfinished = repository.unfinished_at(at(0), known=known)
    assert unfinished == repository.unfinished_at(at(0))
    assert [entry.schedule.id for entry in unfinished] == ["c", "a"]


def far(name: str, **how: str) -> Schedule:
    """A schedule that has not ended, whenever this is run."""
    block = TimeBlock(start=NOON, end=NOON.replace(year=9000), targets={"a": 1})
    return Schedule(id=name, blocks=(block,), **{"source": "manual", **how})


@pytest.fixture
def in_memory():
    """A store whose limits are cheap to fill as they are."""
    store = InMemoryStore()
    assert store.open().trouble == ""
    yield store.repository
    store.close()


def is_filled_with_schedules(repository, most: int) -> None:
    long_over = plan("over", (-600_000, -599_000, {"a": 1}))
    filled = [PutSchedule(schedule=long_over), *(PutSchedule(schedule=far(str(n))) for n in range(most - 1))]
    repository.commit(filled, timeout_s=60)
    repository.put(far("one more"))
    assert repository.get("over") is None
    with pytest.raises(Refused, match=f"{most} schedules are kept already and none of them has ended"):
        repository.put(far("one too many"))
    assert repository.put(far("5")).schedule.id == "5", "a schedule may be replaced"
    assert repository.put(far("run", source="appliances")).schedule.id == "run", "runs are counted by themselves"
    made(repository, DeleteSchedule(id="7"))
    repository.put(far("now there is room"))
    assert len(repository.all()) == most + 1


def test_only_so_many_schedules_are_kept_and_one_that_has_ended_makes_room(repository, monkeypatch):
    monkeypatch.setattr(validation, "MOST_SCHEDULES", 20)
    is_filled_with_schedules(repository, 20)


def test_a_thousand_schedules_are_kept(in_memory):
    is_filled_with_schedules(in_memory, 1_000)


@functools.cache
def many_blocks(blocks: int, day: int) -> tuple[TimeBlock, ...]:
    begin = NOON + timedelta(days=day)
    targets = {f"{number}{'🔋' * 199}": 1 for number in range(8)}  # each 🔋 takes twelve octets
    instants = [begin + timedelta(seconds=number) for number in range(blocks + 1)]
    return tuple(TimeBlock(start=own, end=after, targets=targets) for own, after in pairwise(instants))


def is_filled_with_large_schedules(repository, *, blocks: int, told: str) -> None:
    """Each block has 19,000 octets; three schedules fit."""

    def put_large(name: str, day: int = 1_000_000) -> None:
        large = Schedule(id=name, source="manual", blocks=many_blocks(blocks, day))
        repository.commit([PutSchedule(schedule=large)], timeout_s=60)

    put_large("over", -600)
    put_large("a")
    put_large("b")
    put_large("c")
    assert repository.get("over") is None
    with pytest.raises(Refused, match=told):
        put_large("d")
    assert repository.put(far("small")).schedule.id == "small", "an ordinary schedule always has its place"
    put_large("b")


def test_large_schedules_have_a_size_in_all_and_those_that_have_ended_make_room(repository, monkeypatch):
    monkeypatch.setattr(validation, "MOST_OCTETS", 1_280_000)
    told = r"it takes 0\.4 MB, and of the 1\.28 MB for all schedules too little is left"
    is_filled_with_large_schedules(repository, blocks=20, told=told)


def test_large_schedules_have_64_mb_in_all(in_memory):
    told = r"it takes \d\d\.\d MB, and of the 64 MB for all schedules too little is left"
    is_filled_with_large_schedules(in_memory, blocks=1_000, told=told)


def test_a_clock_that_is_ahead_makes_no_room(repository, monkeypatch):
    monkeypatch.setattr(validation, "MOST_SCHEDULES", 10)
    long_over = plan("over", (-600_000, -599_000, {"a": 1}))
    repository.commit([PutSchedule(schedule=long_over), *(PutSchedule(schedule=far(str(n))) for n in range(9))])
    # Time has certainly passed only until before the end of the first, whatever the clock of this machine shows.
    lived_until = NOON - timedelta(minutes=599_500)
    mark = ClockMark(at=lived_until, machine="", uptime_s=0.0)
    keep_clock(repository, ClockRecord(mark=mark, lived_until=lived_until))
    with pytest.raises(Refused, match="10 schedules are kept already and none of them has ended"):
        repository.put(far("one more"))
    assert repository.get("over") is not None


def line(action: str, minute: int = 0, kind: LogKind = LogKind.COMMAND, who: str = "ann") -> AppendLog:
    actor = Actor(who=who, role="operator", origin="192.0.2.7")
    return AppendLog(
        entry=LogEntry(
            at=at(minute), kind=kind, actor=actor, action=action, subject="night", before={"a": [1, None]}, reason="why"
        )
    )


def test_a_line_of_the_logbook_is_kept_with_the_change_that_it_tells_of(repository):
    put = PutSchedule(schedule=plan("night", *HOUR))
    _, written = repository.commit([put, line("schedule put")])
    assert repository.log_page() == (written,)
    assert written.entry == line("schedule put").entry
    with pytest.raises(VersionConflict):
        repository.commit([line("lost"), PutDocument(kind="k", id="i", body={}, expected=7)])
    assert repository.log_page() == (written,)


def test_the_logbook_is_read_newest_first_a_page_at_a_time_and_by_what_is_wanted(repository):
    for minute in range(6):
        kind = LogKind.ALARM if minute % 2 else LogKind.COMMAND
        repository.commit([line(f"number {minute}", minute, kind, who=f"person {minute}")])
    page = repository.log_page(limit=2)
    assert [record.entry.action for record in page] == ["number 5", "number 4"]
    following = repository.log_page(before=page[-1].number, limit=2)
    assert [record.entry.action for record in following] == ["number 3", "number 2"]

    def found(**only):
        return [record.entry.action for record in repository.log_page(only=LogFilter(**only))]

    assert found(kinds=frozenset({LogKind.ALARM})) == ["number 5", "number 3", "number 1"]
    assert found(who="person 4") == ["number 4"]
    assert found(since=at(2), until=at(4)) == ["number 3", "number 2"]
    assert found(subject="day") == []
