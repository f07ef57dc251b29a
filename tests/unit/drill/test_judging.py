"""What a site is blamed for, and what not."""

from dataclasses import replace

from energy_manager.domain.drill import KINDS, DrillSite, Episode, Happening, Moment, Observation, judge

SITE = DrillSite(most={"a": 100, "b": 100}, told=("a", "b"), ramps={}, connections={"a": "a", "b": "b"})
REFUSED = next(kind for kind in KINDS if kind.name == "target refused")
LATE = next(kind for kind in KINDS if kind.name == "machine suspended")
IGNORED = next(kind for kind in KINDS if kind.name == "target ignored")
SAID = (Happening(at_s=22.0, sentence="it fails", asset="a"),)


def episode_of(kind):
    return Episode(kind=kind, day=1, number=0, hour=12.0, hit=("a",), levels=({"a": 50, "b": 50},), seed=7)


def moments(outputs, *, until_s=160.0, targets=None):
    return tuple(
        Moment(
            at_s=at_s,
            scheduled={"a": 50, "b": 50},
            targets=targets or {"a": 50, "b": 50},
            outputs=outputs(at_s),
            capable={"a": 100.0, "b": 100.0},
        )
        for at_s in range(1, int(until_s), 2)
    )


def complaints(kind, **seen):
    observation = Observation(**{"moments": moments(lambda _: {"a": 50.0, "b": 50.0}), "happenings": SAID} | seen)
    return judge(episode_of(kind), SITE, observation).complaints


def test_a_site_that_keeps_its_total_and_says_what_is_wrong_has_stood_it():
    assert complaints(REFUSED) == ()


def test_what_the_others_do_not_carry_in_time_is_blamed_with_both_numbers():
    (complaint,) = complaints(REFUSED, moments=moments(lambda at_s: {"a": 50.0 if at_s < 21 else 0.0, "b": 50.0}))
    assert "50 of the 100 scheduled are not delivered" in complaint


def test_what_nobody_could_deliver_is_nobodys_fault():
    full = tuple(
        replace(moment, capable={"a": 100.0, "b": 50.0})
        for moment in moments(lambda at_s: {"a": 0.0 if 21 < at_s < 101 else 50.0, "b": 50.0})
    )
    assert complaints(REFUSED, moments=full) == ()


def test_more_than_is_scheduled_is_blamed_but_for_what_the_hit_one_does_alone():
    (complaint,) = complaints(REFUSED, moments=moments(lambda _: {"a": 90.0, "b": 50.0}))
    assert "40 more than the 100 scheduled" in complaint
    assert (
        complaints(
            REFUSED,
            moments=moments(lambda at_s: {"a": 120.0 if at_s < 101 else 50.0, "b": 0.0 if at_s < 101 else 50.0}),
        )
        == ()
    )


def test_silence_is_blamed():
    (complaint,) = complaints(REFUSED, happenings=())
    assert complaint == "nothing was said of it; it should be within 4 s"


def test_what_is_said_of_another_asset_does_not_count():
    assert complaints(REFUSED, happenings=(Happening(at_s=22.0, sentence="it fails", asset="b"),))


def test_ticks_may_be_skipped_only_while_the_machine_stands_still():
    assert complaints(REFUSED, skipped=1) == ("1 ticks were skipped, 0 at most may be",)
    assert complaints(LATE, skipped=15, happenings=(Happening(at_s=50.0, sentence="15 ticks skipped"),)) == ()


def test_an_unsafe_target_is_blamed_whatever_else_happens():
    assert complaints(REFUSED, unsafe=("'a' is told 400, outside 0 to 100",)) == ("'a' is told 400, outside 0 to 100",)


def test_a_device_that_happens_to_do_what_it_is_told_need_not_be_noticed():
    assert complaints(IGNORED, happenings=()) == ()


def test_a_device_that_does_clearly_something_else_must_be_noticed():
    seen = moments(lambda at_s: {"a": 10.0, "b": 90.0} if 21 < at_s < 101 else {"a": 50.0, "b": 50.0})
    assert any("nothing was said" in complaint for complaint in complaints(IGNORED, happenings=(), moments=seen))


def test_a_limit_of_the_grid_that_could_be_kept_is_blamed_after_four_ticks():
    site = replace(SITE, held=frozenset({"meter", "battery"}), import_limit_kw=10.0, export_limit_kw=10.0)
    beyond = tuple(
        replace(moment, import_kw=12.0, can_help=moment.at_s > 40)
        for moment in moments(lambda _: {"a": 50.0, "b": 50.0})
    )
    judged = judge(episode_of(REFUSED), site, Observation(moments=beyond, happenings=SAID))
    assert judged.complaints == ("30 s after its begin the limit of the grid connection is crossed by 2.0 kW",)


def test_a_limit_is_not_blamed_where_nobody_could_help_or_the_machine_stood_still():
    site = replace(SITE, held=frozenset({"meter", "battery"}), import_limit_kw=10.0, export_limit_kw=10.0)
    beyond = tuple(replace(moment, import_kw=-15.0) for moment in moments(lambda _: {"a": 50.0, "b": 50.0}))
    assert judge(episode_of(REFUSED), site, Observation(moments=beyond, happenings=SAID)).complaints == ()
    unmeasured = tuple(replace(moment, import_kw=None, can_help=True) for moment in beyond)
    assert judge(episode_of(REFUSED), site, Observation(moments=unmeasured, happenings=SAID)).complaints == ()
    skipping = (Happening(at_s=50.0, sentence="15 ticks skipped"),)
    helped = tuple(replace(moment, can_help=True) for moment in beyond)
    assert judge(episode_of(LATE), site, Observation(moments=helped, happenings=skipping)).complaints == ()


def test_what_is_noticed_too_late_is_blamed_with_both_times():
    (complaint,) = complaints(REFUSED, happenings=(Happening(at_s=40.0, sentence="it fails", asset="a"),))
    assert complaint == "it was said after 19.0 s; it should be within 4 s"


def test_a_site_where_nobody_carries_for_another_is_not_blamed_for_what_is_missing():
    lone = replace(SITE, carries=False)
    missing = moments(lambda at_s: {"a": 50.0 if at_s < 21 else 0.0, "b": 50.0})
    assert judge(episode_of(REFUSED), lone, Observation(moments=missing, happenings=SAID)).complaints == ()


def test_what_is_still_missing_long_after_the_fault_is_blamed_by_the_time_since_its_end():
    seen = moments(lambda at_s: {"a": 50.0 if at_s < 120 else 0.0, "b": 50.0}, until_s=400.0)
    (complaint,) = complaints(REFUSED, moments=seen)
    assert "s after its end" in complaint
    assert "50 of the 100 scheduled are not delivered" in complaint


def test_where_only_the_import_is_limited_an_export_crosses_nothing():
    site = replace(SITE, held=frozenset({"meter", "battery"}), import_limit_kw=10.0)
    exporting = tuple(
        replace(moment, import_kw=-99.0, can_help=True) for moment in moments(lambda _: {"a": 50.0, "b": 50.0})
    )
    assert judge(episode_of(REFUSED), site, Observation(moments=exporting, happenings=SAID)).complaints == ()
