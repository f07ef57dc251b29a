"""What a change would do, before it is made: in sentences, as a series, with a version of what was looked at."""

from datetime import UTC, datetime, timedelta

from energy_manager.application.overrides.preview import effect_of, effect_of_schedule
from energy_manager.domain.schedule import AcceptedSchedule, Override, Schedule, TimeBlock

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def schedule(name, *blocks, source="manual"):
    made = tuple(TimeBlock(start=at(start), end=at(end), targets=targets) for start, end, targets in blocks)
    return Schedule(id=name, source=source, blocks=made)


def accepted(name, number, *blocks, source="manual"):
    return AcceptedSchedule(schedule=schedule(name, *blocks, source=source), number=number, accepted_at=NOON)


def override(target, *, assets=("a",), minutes=60, **more):
    words = {"id": "x", "reason": "valve", "who": "ann", "role": "operator"} | more
    return Override(assets=assets, target=target, made_at=NOON, until=at(minutes), **words)


def effect(change, *schedules, in_force=(), base=None, limited_live=None):
    return effect_of(
        change, accepted=schedules, in_force=in_force, base=base or {}, unit="kW", limited_live=limited_live
    )


def spans(found):
    """By asset: from and to in minutes, before and after."""
    return [
        (span.asset_id, (span.start - NOON).seconds // 60, (span.end - NOON).seconds // 60, span.before, span.after)
        for span in found.series
    ]


def test_an_override_stands_above_a_schedule_for_as_long_as_it_lasts():
    found = effect(override(0), accepted("day", 1, (0, 30, {"a": 10}), (30, 90, {"a": 20})))
    assert spans(found) == [("a", 0, 30, 10, 0), ("a", 30, 60, 20, 0)]
    assert found.sentences[0] == (
        "a is told 0 kW from the next tick until 2026-03-02 13:00 UTC; now it is scheduled to deliver 10 kW."
    )
    assert found.sentences[-1] == "Then it follows its schedules again: day."
    assert not any("stand above an override" in sentence for sentence in found.sentences)


def test_without_a_schedule_it_changes_what_the_site_says_or_nothing_that_is_known():
    found = effect(override(None, assets=("a", "b")), base={"a": 7})
    assert spans(found) == [("a", 0, 60, 7, None), ("b", 0, 60, None, None)]
    assert "a is released: it runs by itself" in found.sentences[0]
    assert found.sentences[1].endswith("now nothing is scheduled for it.")
    assert not any("Then they follow" in sentence for sentence in found.sentences)


def test_a_plan_that_keeps_the_grid_limit_stands_above_an_override_and_below_a_hold():
    keeps_limit = accepted("peak", 1, (0, 30, {"a": -5}), source="peak_shaving")
    found = effect(override(0), keeps_limit)
    assert spans(found) == [("a", 0, 30, -5, -5), ("a", 30, 60, None, 0)]
    assert any("stand above an override" in sentence for sentence in found.sentences)
    held = effect(override(0, is_hold=True), keeps_limit)
    assert spans(held) == [("a", 0, 30, -5, 0), ("a", 30, 60, None, 0)]


def test_where_the_loop_holds_the_limit_itself_the_plan_gives_way_and_that_is_said():
    keeps_limit = accepted("peak", 1, (0, 30, {"a": -5}), source="peak_shaving")
    found = effect(override(0), keeps_limit, limited_live="a")
    assert spans(found)[0] == ("a", 0, 30, -5, 0)
    assert any("where they need it a leaves it" in sentence for sentence in found.sentences)


def test_what_is_set_already_is_what_holds_before_and_a_hold_outlasts_an_override():
    earlier = override(5, id="earlier", minutes=20)
    hold = override(0, id="hold", assets=("b",), minutes=90, is_hold=True)
    elsewhere = override(1, id="elsewhere", assets=("c",))
    found = effect(override(3, assets=("a", "b")), in_force=(earlier, hold, elsewhere))
    assert spans(found) == [
        ("a", 0, 20, 5, 3),
        ("a", 20, 60, None, 3),
        ("b", 0, 20, 0, 0),
        ("b", 20, 60, 0, 0),
    ]


def test_the_version_changes_with_what_speaks_for_the_assets_and_with_nothing_else():
    day, other = accepted("day", 1, (0, 60, {"a": 10})), accepted("other", 2, (0, 60, {"b": 1}))
    version = effect(override(0), day).version
    assert effect(override(0), day, other).version == version
    assert effect(override(0), accepted("day", 3, (0, 60, {"a": 10}))).version != version
    assert effect(override(0), day, in_force=(override(1, id="y"),)).version != version


def of_schedule(name, put, *schedules, in_force=()):
    return effect_of_schedule(name, put, accepted=schedules, in_force=in_force, now=NOON, unit="kW")


def test_a_schedule_that_is_put_changes_where_it_is_the_newest():
    day = accepted("day", 1, (0, 60, {"a": 10}))
    found = of_schedule("noon", schedule("noon", (30, 45, {"a": 4})), day, in_force=(override(0, minutes=10),))
    assert spans(found) == [("a", 30, 45, 10, 4)]
    assert found.sentences == (
        "The schedule 'noon' is put.",
        "a: from 2026-03-02 12:30 UTC delivering 4 kW instead of delivering 10 kW.",
        "Until 2026-03-02 12:10 UTC a: set by hand, valve, operator ann, until 2026-03-02 12:10 UTC.",
    )


def test_a_schedule_that_is_replaced_or_deleted_leaves_what_the_others_say():
    day, noon = accepted("day", 1, (0, 30, {"a": 10})), accepted("noon", 2, (0, 60, {"a": 4}))
    replaced = of_schedule("noon", schedule("noon", (0, 60, {"a": 5})), day, noon)
    assert replaced.sentences[0] == "The schedule 'noon' is replaced."
    assert {(before, after) for *_, before, after in spans(replaced)} == {(4, 5)}
    deleted = of_schedule("noon", None, day, noon)
    assert spans(deleted) == [("a", 0, 30, 4, 10), ("a", 30, 60, 4, None)]
    assert deleted.sentences == (
        "The schedule 'noon' ends; its assets get what the other schedules say.",
        "a: from 2026-03-02 12:00 UTC delivering 10 kW instead of delivering 4 kW.",
    )
    ends = of_schedule("noon", None, noon)
    assert (
        ends.sentences[1]
        == "a: from 2026-03-02 12:00 UTC what the site's own schedule says instead of delivering 4 kW."
    )


def test_a_schedule_that_says_what_holds_anyhow_or_that_is_not_there_changes_nothing():
    day = accepted("day", 1, (0, 60, {"a": 10}))
    for found in (of_schedule("same", schedule("same", (0, 60, {"a": 10})), day), of_schedule("gone", None, day)):
        assert spans(found) == []
        assert "Nothing changes: stronger or equal words hold at all times." in found.sentences
