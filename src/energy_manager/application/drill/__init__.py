"""The drill: a site is put through every kind of fault before it is trusted with hardware."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from energy_manager.application.ports.devices.drill_stage import DrillStage
from energy_manager.domain.drill import Judged, day_of, judge


def run_drill(stage: DrillStage, seeds: Iterable[int]) -> Iterator[Judged]:
    """Every episode of the days with these seeds, as they are judged."""
    for seed in seeds:
        for episode in day_of(seed, stage.site):
            yield judge(episode, stage.site, stage.play(episode))
