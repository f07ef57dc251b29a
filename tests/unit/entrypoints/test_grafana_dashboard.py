"""The dashboard for Grafana asks for figures that the product shows."""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"
SUFFIXES = ("_bucket", "_count", "_sum")


@pytest.fixture(scope="module")
def dashboard():
    return json.loads((DOCS / "grafana.json").read_text())


@pytest.fixture(scope="module")
def known():
    return set(re.findall(r"^\| `(energy_manager_\w+)`", (DOCS / "reference" / "metrics.md").read_text(), re.MULTILINE))


def expressions(dashboard):
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", [])]


def test_each_figure_that_it_asks_for_is_one_of_the_product(dashboard, known):
    asked = {name for text in expressions(dashboard) for name in re.findall(r"energy_manager_\w+", text)}
    asked |= {
        name for choice in dashboard["templating"]["list"] for name in re.findall(r"energy_manager_\w+", str(choice))
    }
    plain = {next((name.removesuffix(end) for end in SUFFIXES if name.endswith(end)), name) for name in asked}
    assert len(plain) > 20
    assert plain - known == set()


def test_each_panel_says_what_it_shows_of_the_site_that_was_chosen(dashboard):
    for panel in dashboard["panels"]:
        assert panel["title"]
        if panel["type"] != "row":
            assert panel["description"].endswith("."), panel["title"]
            assert panel["fieldConfig"]["defaults"]["unit"]
    assert all('job="$job"' in text for text in expressions(dashboard))


def test_no_panel_lies_on_another(dashboard):
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
