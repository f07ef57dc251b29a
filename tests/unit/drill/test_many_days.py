"""The drill's campaign: many days on several sites, over all cores. A day that fails is named by its seed."""

import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from energy_manager.application.drill import run_drill
from energy_manager.entrypoints.container.drill.stage import DrillStage
from energy_manager.entrypoints.settings import Settings
from energy_manager.entrypoints.site_file import DEMO_SITE, read_site_file

EXAMPLES = Path(__file__).parents[3] / "examples"
SITES = (DEMO_SITE, EXAMPLES / "planned_battery.toml", EXAMPLES / "real_site.toml", EXAMPLES / "home_battery.toml")

DAYS = int(os.environ.get("DRILL_DAYS", "10000"))
"""Some seconds of CPU each."""


def complaints_of(seed):
    site = SITES[seed % len(SITES)]
    stage = DrillStage(Settings(_env_file=None), read_site_file(site))
    return [
        f"{site.name} --seed {seed}: {judged.episode.kind.label}: {complaint}"
        for judged in run_drill(stage, [seed])
        for complaint in judged.complaints
    ]


@pytest.mark.soak
def test_no_day_of_many_breaks_a_law():
    with ProcessPoolExecutor() as pool:
        found = [complaint for complaints in pool.map(complaints_of, range(DAYS)) for complaint in complaints]
    assert found == []
