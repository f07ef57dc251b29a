"""The report: one file that loads nothing, with the data in it, whatever assets are called."""

import base64
import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest

from energy_manager.adapters.storage import InMemoryStore
from energy_manager.adapters.storage.in_memory import InMemoryHistory
from energy_manager.application.explanation import NothingRecorded
from energy_manager.application.explanation.energy import energy_by_day
from energy_manager.application.explanation.power_series import ReadPower
from energy_manager.application.explanation.report import MOST_CHANGES, GatherReport
from energy_manager.application.logbook import KeepLogbook
from energy_manager.application.mastership import Lease
from energy_manager.application.ports.records.history import DeviceChangeRecord, StatusOf, StatusRecord
from energy_manager.application.ports.records.report import UNNAMED, DaySavings, SiteName
from energy_manager.application.ports.records.tick import GridHold
from energy_manager.entrypoints.container.reports import html_reports, site_name
from energy_manager.entrypoints.container.store.store import start_line
from tests.support.recorded import NOON, at, tick

EVIL = '</script><script>alert("1")</script>'
HOLD = GridHold(
    storage="s", target=9, import_kw=52.5, reason="import limit", import_limit_kw=50.0, export_limit_kw=20.0
)


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, texts, and the scripts."""

    def __init__(self, document: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(document.decode())

    def handle_starttag(self, tag, attributes):
        self._inside = tag
        if tag == "script":
            self.scripts.append("")
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self._inside == "script":
            self.scripts[-1] += data
        else:
            self.texts.append(data)

    def handle_endtag(self, tag):
        self._inside = ""

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    @property
    def charts(self):
        (data,) = [script for script in self.scripts if script.startswith("{")]
        return json.loads(data)

    def series(self, chart, name, panel=0):
        return next(one for one in self.charts[chart]["panels"][panel]["series"] if one["name"] == name)

    def values(self, chart, name, panel=0):
        return self.series(chart, name, panel)["values"]

    def panels(self, chart):
        return [panel["id"] for panel in self.charts[chart]["panels"]]


def history_of(*records):
    history = InMemoryHistory()
    for record in records:
        history.record(record)
    return history


def page(*records, since=NOON, lasts_s=10, **gathering):
    gathered = GatherReport(history=history_of(*records), **gathering)(since, since + timedelta(seconds=lasts_s))
    return Page(html_reports().write(gathered))


def day():
    """Five ticks: a carries for b, and a little is left that nobody can deliver."""
    ticks = [tick({"a": 100, "b": 100}, {"a": 150, "b": 40}, number=number, lag_s=0.0005) for number in range(5)]
    status = StatusRecord(at=at(0.5), statuses={"a": StatusOf(output=149, potential=150, age_s=0.1)})
    return [*ticks, status]


def test_nothing_is_loaded_from_anywhere_and_only_what_it_carries_may_run():
    found = page(*day())
    assert not [name for _, attributes in found.elements for name in attributes if name in {"src", "href", "srcset"}]
    assert not {"link", "iframe", "img", "object"} & {tag for tag, _ in found.elements}
    (policy,) = [a["content"] for tag, a in found.elements if tag == "meta" and "http-equiv" in a]
    hashed = base64.b64encode(hashlib.sha256(found.scripts[-1].encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{hashed}'; style-src 'sha256-")
    assert "class Chart" in found.scripts[-1]
    assert "export " not in found.scripts[-1]


def test_the_data_is_inside():
    found = page(*day())
    assert found.values("asset-0", "target") == [150] * 10
    assert found.values("asset-1", "scheduled")[0] == 100
    assert found.values("asset-0", "output") == [149] * 10, "the last status stands for a while"
    assert found.values("site", "target")[0] == 190
    assert found.values("site", "greatest", panel=1)[0] == 10
    assert found.values("lag", "greatest")[0] == 0.5
    assert found.series("asset-0", "target")["from"] == "2026-03-02T12:00:00Z"


def test_all_assets_are_summed_up_tick_by_tick_and_not_from_the_means_of_a_step():
    """In each minute b is scheduled at one tick alone: no tick had more than 100."""
    ticks = [
        tick({"a": 100} if number % 30 else {"b": 100}, {"a": 900, "b": 900}, number=number) for number in range(60)
    ]
    found = page(*ticks, tick({}, {"a": 900}, number=3600), lasts_s=7300)
    assert found.series("site", "scheduled")["step_s"] == 5
    assert max(value for value in found.values("site", "scheduled") if value is not None) == pytest.approx(100)


def test_while_nothing_runs_nothing_is_drawn():
    before = [tick({"a": 5}, {"a": 9}, number=number) for number in range(10)]
    after = [tick({"a": 5}, {"a": 9}, number=number) for number in range(25, 30)]
    statuses = [StatusRecord(at=at(s), statuses={"a": StatusOf(output=5, potential=9, age_s=0.1)}) for s in (0, 10, 50)]
    found = page(*before, *after, *statuses, lasts_s=60)
    for chart, name in (("asset-0", "target"), ("asset-0", "output"), ("site", "output"), ("lag", "greatest")):
        known = [value is not None for value in found.values(chart, name)]
        assert known[:19] == [True] * 19, (chart, name)
        assert known[26:50] == [False] * 24, (chart, name)


def test_energy_is_what_the_api_tells_of_the_same_time():
    statuses = [
        StatusRecord(at=at(10 * n), statuses={"a": StatusOf(output=60 if n < 60 else -30, potential=60, age_s=0.1)})
        for n in range(120)
    ]
    ticks = [tick({"a": 60}, {"a": 60}, number=number) for number in range(601)]
    history = history_of(*ticks, *statuses)
    gathered = GatherReport(history=history)(NOON, NOON + timedelta(minutes=20))
    power = ReadPower(history=history, watts_per_step=1000, assets=("a",))
    (told,) = energy_by_day(power, [(NOON, NOON + timedelta(minutes=20))], ("a",))
    (energy,) = gathered.energy
    assert (energy.delivered_kwh, energy.taken_kwh) == (told.delivered_kwh, told.taken_kwh)
    assert (energy.delivered_kwh, energy.taken_kwh) == (pytest.approx(10), pytest.approx(5))
    assert "a 10.0000 5.0000 0" in Page(html_reports().write(gathered)).text


def test_a_report_of_days_adds_the_energy_of_each():
    hour = timedelta(hours=1)
    statuses = [
        StatusRecord(at=NOON + n * 24 * hour + after, statuses={"a": StatusOf(output=60, potential=60, age_s=0.1)})
        for n in range(3)
        for after in (timedelta(), hour / 120, hour / 60)
    ]
    history = history_of(tick({"a": 60}, {"a": 60}), *statuses)
    (energy,) = GatherReport(history=history)(NOON, NOON + 60 * hour).energy
    assert energy.delivered_kwh == pytest.approx(3)
    assert energy.unknown_min == 60 * 60 - 3


def test_the_site_and_its_zone_are_named_and_times_are_told_in_it():
    change = DeviceChangeRecord(at=at(1), asset_id="a", is_good=False, sentence="overdue")
    found = page(*day(), change, site=SiteName(name="Depot North", time_zone="Europe/Brussels"))
    assert "Depot North: what happened" in found.text
    assert "2026-03-02 13:00:00 to 2026-03-02 13:00:10. All times are those of Europe/Brussels." in found.text
    assert "2026-03-02 13:00:01 a" in found.text
    assert {chart["time_zone"] for chart in found.charts.values()} == {"Europe/Brussels"}


def test_an_hour_of_three_assets_is_small():
    names = ("a", "b", "c")
    ticks = [
        tick(dict.fromkeys(names, number % 77), dict.fromkeys(names, 100 + number % 13), number=number)
        for number in range(1800)
    ]
    statuses = [
        StatusRecord(at=at(10 * n), statuses={name: StatusOf(output=n % 7, potential=9, age_s=0.1) for name in names})
        for n in range(360)
    ]
    gathered = GatherReport(history=history_of(*ticks, *statuses))(NOON, NOON + timedelta(hours=1))
    assert len(html_reports().write(gathered)) <= 500_000


def test_the_figures_are_told_in_words():
    text = page(*day(), DeviceChangeRecord(at=at(1), asset_id="b", is_good=False, sentence="overdue")).text
    assert "ticks 5 " in text
    assert "ticks with a shortfall, 100.0 % 5 " in text
    assert "greatest shortfall 10 kW" in text
    assert "greatest tick lag 0.5 ms" in text
    assert "troubles of devices and site 1" in text
    assert "2026-03-02 12:00:01 b ▲ trouble overdue" in text


def test_a_day_without_shortfall_grid_limits_or_troubles_says_so():
    found = page(tick({"a": 5}, {"a": 9}))
    assert found.charts.keys() == {"lag", "site", "asset-0"}
    assert found.panels("site") == ["together"]
    assert "No shortfall: at every tick the assets could deliver the whole schedule among them." in found.text
    assert "None: no device failed or was late." in found.text


def test_the_grid_connection_is_drawn_between_its_limits():
    found = page(tick({"s": 0}, {"s": 9}, hold=HOLD))
    assert found.panels("site")[0] == "grid"
    assert found.values("site", "import")[0] == 52.5
    assert found.charts["site"]["panels"][0]["limits"] == [
        {"name": "import limit", "value": 50},
        {"name": "export limit", "value": -20},
    ]
    assert "greatest import, import limit 50.0 kW 52.5 kW" in found.text


def test_names_are_only_names():
    change = DeviceChangeRecord(at=at(1), asset_id=EVIL, is_good=True, sentence=EVIL)
    found = page(tick({EVIL: 5}, {EVIL: 9}), change, site=SiteName(name=EVIL))
    assert EVIL in found.text
    assert not [script for script in found.scripts[1:] if "alert" in script]
    assert [tag for tag, _ in found.elements].count("script") == 2


def test_the_newest_changes_are_told_and_the_rest_counted():
    changes = [
        DeviceChangeRecord(at=at(number / 1000), asset_id="a", is_good=False, sentence=f"number {number}")
        for number in range(MOST_CHANGES + 3)
    ]
    text = page(tick({"a": 5}, {"a": 9}), *changes).text
    assert "The newest 500; 3 older ones are left out." in text
    assert "number 502" in text
    assert "number 2 " not in text


def test_an_asset_that_is_never_told_anything_and_an_older_record_without_unit():
    found = page(tick({}, {"meter": 9}, power_unit=""))
    assert found.charts.keys() == {"lag", "asset-0"}
    assert [one["name"] for one in found.charts["asset-0"]["panels"][0]["series"]] == ["potential"]


def test_powers_are_drawn_in_kw_whatever_a_step_is():
    found = page(tick({"a": 1500}, {"a": 9000}, power_unit="W"))
    assert found.values("asset-0", "target")[0] == 1.5
    assert found.values("site", "scheduled")[0] == 1.5


def test_what_is_too_long_is_not_summed_up_and_says_so():
    found = page(tick({"a": 5}, {"a": 9}), tick({"a": 5}, {}, number=43_200 * 9), lasts_s=86_400 * 9)
    assert "This is too long for all assets to be summed up tick by tick." in found.text


@pytest.mark.no_cover
def test_many_assets_share_the_points():
    fleet = {f"a{number}": number for number in range(300)}
    found = page(tick(fleet, fleet), tick(fleet, fleet, number=1790), lasts_s=3600)
    assert found.series("asset-299", "target")["step_s"] == 60
    assert found.series("lag", "mean")["step_s"] == 3


def test_nothing_recorded_makes_no_report():
    with pytest.raises(NothingRecorded):
        page(tick({"a": 5}, {}), since=at(3600))


def test_a_store_names_its_site_by_its_newest_start_and_an_older_one_by_its_lease():
    store = InMemoryStore().repository
    assert site_name(store) == UNNAMED
    Lease(site="old").keep(store, timeout_s=1)
    assert site_name(store) == SiteName(name="old")
    book = KeepLogbook(store=store, now=lambda: NOON)
    book.write(start_line(1, site="Depot North", time_zone="Europe/Brussels"))
    assert site_name(store) == SiteName(name="Depot North", time_zone="Europe/Brussels")


def test_of_a_site_planned_for_least_cost_each_day_says_what_was_saved():
    saved = DaySavings(day=date(2026, 3, 2), hours=24.0, currency="EUR", cost=1.25, rule_cost=2.0, foresight_cost=0.75)
    seen = page(*day(), savings=lambda since, until: (saved, saved) if until > since else ())
    assert "What was saved" in seen.text
    assert "2026-03-02 24 1.25 2.00 0.75 0.75 1.25" in seen.text
    assert "all 2.50 4.00 1.50 1.50 2.50" in seen.text
    assert "What was saved" not in page(*day()).text


def test_what_is_less_than_nothing_is_earned_or_lost_and_has_no_sign():
    told = DaySavings(day=date(2026, 3, 2), hours=24.0, currency="EUR", cost=-1.0, rule_cost=-1.5, foresight_cost=-2)
    seen = page(*day(), savings=lambda since, until: (told,))
    assert "2026-03-02 24 earned 1.00 earned 1.50 earned 2.00 lost 0.50 0.50" in seen.text
    exported = replace(HOLD, import_kw=-5.0)
    found = page(tick({"s": 0}, {"s": 9}, hold=exported))
    assert "least export, import limit 50.0 kW 5.0 kW" in found.text


class Counted:
    """A history that counts how often an asset's minutes are read."""

    def __init__(self, history):
        self.history, self.minutes_read = history, 0

    def output_integrals(self, assets, window):
        self.minutes_read += window.step_s == 60
        return self.history.output_integrals(assets, window)


def test_days_of_which_nothing_is_known_are_told_without_reading_their_minutes():
    day, second = timedelta(days=1), timedelta(seconds=10)
    statuses = [
        StatusRecord(at=instant, statuses={"a": StatusOf(output=60, potential=60, age_s=0.1)})
        for begin in (NOON, NOON + 40 * day - 2 * second)
        for instant in (begin, begin + second)
    ]
    counted = Counted(history_of(*statuses))
    days = [(NOON + n * day, NOON + (n + 1) * day) for n in range(41)]
    told = energy_by_day(ReadPower(history=counted, watts_per_step=1000, assets=("a",)), days, ("a",))
    assert len(told) == 41
    assert [place for place, one in enumerate(told) if one.delivered_kwh] == [0, 39]
    assert {one.unknown_min for one in told} == {1440, 1439}
    assert sum(one.unknown_min for one in told) == 41 * 1440 - 2
    assert counted.minutes_read <= 4
