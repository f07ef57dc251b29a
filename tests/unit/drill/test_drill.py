"""The drill on the product's own wiring."""

import json

import pytest
from typer.testing import CliRunner

from energy_manager.domain.drill import day_of, judge
from energy_manager.entrypoints.commands import app
from energy_manager.entrypoints.container.drill.stage import DrillStage
from energy_manager.entrypoints.settings import Settings
from energy_manager.entrypoints.site_file import DEMO_SITE, read_site_file


@pytest.fixture(scope="module")
def stage():
    return DrillStage(Settings(_env_file=None), read_site_file(DEMO_SITE))


def of_kind(stage, label):
    return next(episode for episode in day_of(3, stage.site) if episode.kind.label == label)


@pytest.mark.no_cover
def test_the_demo_site_stands_every_kind_of_fault_and_the_command_prints_a_line_of_each():
    result = CliRunner().invoke(app, ["drill", "--seed", "3", "--json"])
    rows = json.loads(result.stdout[result.stdout.index("[") :])
    assert [row for row in rows if not row["passed"]] == []
    assert len(rows) >= 40
    assert sum(row["unsafe_targets"] for row in rows) == 0
    assert {row["port"] for row in rows} == {"device", "link", "schedule", "clock", "store", "prices", "network"}
    assert result.exit_code == 0


def test_an_episode_is_the_same_each_time(stage):
    episode = of_kind(stage, "device: read hangs")
    assert stage.play(episode) == stage.play(episode)


def test_a_site_that_carries_nothing_for_others_is_found_out(stage):
    """The judge is no stamp: with a policy that only repeats the schedule, power is missing."""
    settings = Settings(_env_file=None)
    follows = settings.model_copy(
        update={"dispatch": settings.dispatch.model_copy(update={"policy": "follow_schedule"})}
    )
    lazy = DrillStage(follows, read_site_file(DEMO_SITE))
    episode = of_kind(stage, "device: potential drops")
    judged = judge(episode, stage.site, lazy.play(episode))
    assert any("not delivered, though there was room" in complaint for complaint in judged.complaints)
