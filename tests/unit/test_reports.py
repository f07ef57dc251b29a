"""The report: one file that loads nothing, with the data in it, whatever assets are called."""

import json
from datetime import timedelta
from html.parser import HTMLParser

import pytest

from energy_manager.adapters.reports import HtmlReports
from energy_manager.adapters.storage.in_memory import InMemoryHistory
from energy_manager.application.explanation import NothingRecorded
from energy_manager.application.explanation.report import MOST_CHANGES, GatherReport
from energy_manager.application.ports.history import DeviceChangeRecord, StatusOf, StatusRecord
from energy_manager.application.ports.tick import GridHold
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
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        (self.scripts if self._inside == "script" else self.texts).append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    @property
    def charts(self):
        data = next(script for script in self.scripts if script.startswith('[{"id"'))
        return {chart["id"]: chart for chart in json.loads(data)}

    def values(self, chart, kind):
        return next(line["values"] for line in self.charts[chart]["lines"] if line["kind"] == kind)


def page(*records, since=NOON, lasts_s=10):
    history = InMemoryHistory()
    for record in records:
        history.record(record)
    gathered = GatherReport(history=history)(since, since + timedelta(seconds=lasts_s))
    return Page(HtmlReports().write(gathered))


def day():
    """Five ticks: a carries for b, and a little is left that nobody can deliver."""
    ticks = [tick({"a": 100, "b": 100}, {"a": 150, "b": 40}, number=number, lag_s=0.0005) for number in range(5)]
    status = StatusRecord(at=at(0.5), statuses={"a": StatusOf(output=149, potential=150, age_s=0.1)})
    return [*ticks, status]


def test_nothing_is_loaded_from_anywhere():
    found = page(*day())
    assert not [name for _, attributes in found.elements for name in attributes if name in {"src", "href", "srcset"}]
    assert not {"link", "iframe", "img", "object"} & {tag for tag, _ in found.elements}
    (policy,) = [a["content"] for tag, a in found.elements if tag == "meta" and "http-equiv" in a]
    assert policy.startswith("default-src 'none';")
    assert any(len(script) > 1_000_000 for script in found.scripts), "Plotly is inside"


def test_the_data_is_inside():
    found = page(*day())
    assert found.values("asset-0", "target") == [150, None, 150, None, 150, None, 150, None, 150, None]
    assert found.values("asset-1", "scheduled")[0] == 100
    assert found.values("asset-0", "output") == [149] * 10, "the last status stands for a while"
    assert found.values("total", "target")[0] == 190
    assert found.values("shortfall", "shortfall")[0] == 10
    assert found.values("lag", "lag max")[0] == 0.5
    assert found.charts["asset-0"]["start_ms"] == 1000 * NOON.timestamp()


def test_the_figures_are_told_in_words():
    text = page(*day(), DeviceChangeRecord(at=at(1), asset_id="b", is_good=False, sentence="overdue")).text
    assert "5 ticks" in text
    assert "5 ticks with a shortfall, 100.0 %" in text
    assert "10 kW greatest shortfall" in text
    assert "0.5 ms greatest tick lag" in text
    assert "1 troubles of devices and site" in text
    assert "2026-03-02 12:00:01 b trouble overdue" in text


def test_a_day_without_shortfall_grid_limits_or_troubles_says_so():
    found = page(tick({"a": 5}, {"a": 9}))
    assert found.charts.keys() == {"lag", "total", "asset-0"}
    assert "None: at every tick the assets could deliver the whole schedule among them." in found.text
    assert "None: no device failed or was late." in found.text


def test_the_grid_connection_is_drawn_between_its_limits():
    found = page(tick({"s": 0}, {"s": 9}, hold=HOLD))
    assert found.values("pcc", "import")[0] == 52.5
    assert found.values("pcc", "limit import")[0] == 50
    assert found.values("pcc", "limit export")[0] == -20
    assert "52.5 kW greatest import, limit 50.0 kW" in found.text


def test_names_are_only_names():
    change = DeviceChangeRecord(at=at(1), asset_id=EVIL, is_good=True, sentence=EVIL)
    found = page(tick({EVIL: 5}, {EVIL: 9}), change)
    assert EVIL in found.text
    assert not [script for script in found.scripts if "alert" in script and len(script) < 1000]
    assert [tag for tag, _ in found.elements].count("script") == 3


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
    assert "powers in power steps" in found.text


def test_many_assets_share_the_points():
    fleet = {f"a{number}": number for number in range(300)}
    found = page(tick(fleet, fleet), tick(fleet, fleet, number=1790), lasts_s=3600)
    assert found.charts["asset-299"]["step_ms"] == 60_000
    assert found.charts["lag"]["step_ms"] == 3_000


def test_nothing_recorded_makes_no_report():
    with pytest.raises(NothingRecorded):
        page(tick({"a": 5}, {}), since=at(3600))
