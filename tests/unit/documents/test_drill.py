"""What the drill prints, for a person who runs it first and for programs."""

from dataclasses import replace

from energy_manager.domain.drill import KINDS, Episode, Judged, results_by_kind
from energy_manager.entrypoints.documents.drill import DrilledSite, drill_document, drill_lines

SITE = DrilledSite(name="home", power_unit="W", assets=3, option="--site site.toml ")


def judged(name, port="device", **more):
    kind = next(kind for kind in KINDS if (kind.port, kind.name) == (port, name))
    episode = Episode(kind=kind, day=7, number=0, hour=12.0, hit=("asset_3",), levels=({"asset_3": 50},), seed=7)
    well = Judged(
        episode=episode,
        complaints=(),
        ticks=80,
        skipped=0,
        unsafe=0,
        noticed_after_s=0.94,
        undelivered_steps_h=1.2345,
    )
    return replace(well, **more)


FAILED = judged("target ignored", complaints=("it was said after 47.9 s",), noticed_after_s=47.9)
RESULTS = results_by_kind([judged("silent", "prices", noticed_after_s=None), FAILED, judged("target refused")])


def test_kinds_stand_in_the_order_of_their_ports_whenever_they_came():
    assert [result.kind.label for result in RESULTS] == [
        "device: target refused",
        "device: target ignored",
        "prices: silent",
    ]


def test_a_person_reads_what_was_tried_and_what_each_column_means():
    lines = drill_lines(RESULTS, SITE, seed=7, days=1)
    assert lines[0] == (
        "drill of the site 'home' with 3 assets, seed 7: simulated devices, virtual time, nothing real is touched"
    )
    assert " ".join(lines[1].split()) == "kind of fault ticks skipped unsafe noticed s missing"
    assert " ".join(lines[2].split()) == "pass device: target refused 80 0 0 0.9 1.23"
    assert " ".join(lines[5].split()) == "pass prices: silent 80 0 0 - 1.23"
    assert lines[6] == "2 of 3 kinds of faults passed, 1 failed"
    assert [line.split(":")[0].strip() for line in lines[7:]] == ["skipped", "unsafe", "noticed", "missing"]
    assert drill_lines(RESULTS[:1], SITE, seed=7, days=3)[0].count("seeds 7 to 9") == 1
    assert "1 of 1 kinds of faults passed" in drill_lines(RESULTS[:1], SITE, seed=7, days=3)


def test_what_failed_is_said_with_the_command_that_plays_it_again():
    lines = drill_lines(RESULTS, SITE, seed=7, days=1)
    assert lines[3].startswith("FAIL  device: target ignored")
    assert lines[4] == (
        "      it was said after 47.9 s (asset_3); again: energy-manager drill --site site.toml --seed 7 --days 1"
    )


def test_programs_read_the_same():
    refused, ignored, silent = drill_document(RESULTS)
    assert (refused["port"], refused["kind"], refused["passed"], refused["ticks"]) == (
        "device",
        "target refused",
        True,
        80,
    )
    assert (silent["seconds_to_notice"], silent["undelivered_steps_h"]) == (None, 1.234)
    assert ignored["complaints"] == [{"seed": 7, "hit": ("asset_3",), "what": "it was said after 47.9 s"}]
