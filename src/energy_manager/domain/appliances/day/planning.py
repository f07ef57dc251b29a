"""``plan_day``: the document in, the answer out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from energy_manager.domain.appliances.day.advice import tested
from energy_manager.domain.appliances.day.answer import answer_of
from energy_manager.domain.appliances.day.document import Day
from energy_manager.domain.appliances.day.replay import replayed
from energy_manager.domain.appliances.request import read_day


def plan_day(document: object) -> dict[str, Any]:
    """Plan the day that a parsed JSON document describes.

    Raises:
        Refused: bad input, every fault by its path.
    """
    return replay_day(read_day(document))


def replay_day(day: Day) -> dict[str, Any]:
    """The answer of the day replayed in request order, each request decided with what is known by then."""
    replay = replayed(day)
    runs = [replay.table.runs[request.run_id] for request in day.requests]
    decisions = {
        run_id: replace(decision, would_do=tested(day, int(run_id), decision.would_do))
        for run_id, decision in replay.decisions.items()
    }
    return answer_of(day, runs, decisions, replay.battery, replay.alerts)
