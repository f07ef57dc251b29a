"""``status`` in lines: what is abnormal first, each power with its direction, nothing claimed that is not known."""

import pytest

from energy_manager.entrypoints.commands.status import drawn
from energy_manager.entrypoints.status.screen import power, screen


def asset(asset_id, **known):
    nothing = dict.fromkeys(("kind", "target", "output_w", "status_age_s", "trouble", "decided_by"))
    return {"id": asset_id, "released": False, "state": "ok", "reason": "", **nothing, **known}


def site(*assets, **known):
    tick = {"number": 7, "at": "2026-03-02T11:00:05Z", "lag_ms": 0.12, "skipped": 0}
    return {
        "site": "demo", "power_unit": "kW", "time_zone": "Europe/Brussels", "tick": tick, "assets": assets,
        "shortfall": 0, "schedule_fault": "", "failure": "", "notices": [], "pcc": None, **known,
    }  # fmt: skip


def alarm(**known):
    return {
        "priority": "high", "subject": "roof", "what": "does not answer", "consequence": "The others carry its share.",
        "since": "2026-03-02T10:59:00Z", "acknowledged_at": None, "acknowledged_by": "", **known,
    }  # fmt: skip


def test_the_heading_has_the_sites_own_clock_and_how_late_the_tick_was():
    assert screen(site(), [], width=None)[0] == "demo: tick 7 at Mon 2 Mar 12:00:05 CET, 0.1 ms late"
    late = {"number": 7, "at": "2026-03-02T11:00:05Z", "lag_ms": 80, "skipped": 2}
    assert screen(site(tick=late, time_zone="Nowhere"), [], width=None)[0].endswith("80.0 ms late, 2 skipped")
    assert screen(site(tick=None), [], width=None)[0] == "demo: no tick yet"


def test_what_is_abnormal_stands_first_in_the_table():
    lines = screen(
        site(
            asset("sun", kind="producer", target=2, output_w=1990.0, status_age_s=1.2, decided_by="base"),
            asset("roof", state="absent", trouble="no route to host"),
            asset("car", kind="storage", released=True, output_w=0.0, status_age_s=0.4, decided_by="grid_limit"),
        ),
        [],
        width=None,
    )
    assert lines[-4:] == [
        "asset  kind      is told        measures          age  state   why",
        "roof   -         -              -                 -    absent  no route to host",
        "sun    producer  delivers 2 kW  delivers 1.99 kW  1 s  ok      base",
        "car    storage   released       0 W               0 s  ok      grid limit",
    ]


@pytest.mark.parametrize(("output_w", "said"), [(-46_800.0, "imports 46.8 kW"), (3_200.0, "exports 3.2 kW")])
def test_a_meter_imports_and_exports_as_on_the_page(output_w, said):
    lines = screen(site(asset("grid_meter", kind="meter", output_w=output_w, status_age_s=1.0)), [], width=None)
    assert f"meter  -        {said}" in lines[-1]


def test_the_grid_connection_says_its_direction_and_its_limits():
    pcc = {"import_kw": -3.21, "import_limit_kw": 17.0, "export_limit_kw": 10.0}
    assert "grid: 3.21 kW export; import at most 17 kW, export at most 10 kW" in screen(site(pcc=pcc), [], width=None)
    unknown = screen(site(pcc=pcc | {"import_kw": None}), [], width=None)
    assert "grid: not measured; import at most 17 kW, export at most 10 kW" in unknown


def test_troubles_and_alarms_have_their_consequence_and_since_when():
    lines = screen(site(shortfall=40, failure="no plan", notices=["the clock is doubtful"]), [alarm()], width=None)
    assert "shortfall: 40 kW of the schedule is delivered by nobody" in lines
    assert {"! no plan", "! the clock is doubtful"} < set(lines)
    assert "! high: roof: does not answer. The others carry its share. (since Mon 2 Mar 11:59:00)" in lines
    seen = screen(site(), [alarm(acknowledged_at="2026-03-02T11:00:00Z", acknowledged_by="anna")], width=None)
    assert seen[1].endswith("(since Mon 2 Mar 11:59:00, acknowledged by anna)")


def test_no_alarm_is_said_only_where_alarms_may_be_seen():
    assert "alarms: none" in screen(site(), [], width=None)
    assert "alarms: not shown to this token" in screen(site(), None, width=None)


def test_lines_keep_the_width_and_names_cannot_steer_the_terminal():
    lines = screen(site(asset("\x1b[2Jroof"), notices=["word " * 40]), [], width=60)
    assert all(len(line) <= 60 for line in lines)
    assert not any("\x1b" in line for line in lines)


@pytest.mark.parametrize(
    ("watts", "words"),
    [(0, "0 W"), (-0.4, "0 W"), (1250, "delivers 1.25 kW"), (-60_360, "takes 60.4 kW"), (2.5e6, "delivers 2.5 MW")],
)
def test_a_power_has_three_digits_and_a_direction(watts, words):
    assert power(watts) == words


def test_what_does_not_fit_on_the_screen_is_counted():
    assert drawn(["a", "b", "c"], rows=3) == "\x1b[Ha\x1b[K\r\nb\x1b[K\r\nc\x1b[K\x1b[J"
    assert "… 2 more lines: make the terminal higher" in drawn(["a", "b", "c"], rows=2)
