"""The JSON of forecasts: raw readings in, in any order; the same readings out, in order of time."""

from __future__ import annotations

import difflib
import json

from energy_manager.adapters.json_text import read_json
from energy_manager.application.forecasts import FORECASTS, LEAST_KW, Forecast, ForecastName
from energy_manager.application.planner_result import PlannerResult, run_planner
from energy_manager.domain.errors import Fault, Refused, shown
from energy_manager.domain.peak_shaving.problem import MOST_STEPS, utc_text
from energy_manager.domain.peak_shaving.request.alignment import Reading
from energy_manager.domain.peak_shaving.request.fields import Faults, readings


def forecast_name(name: str) -> ForecastName:
    """The name, if a forecast can have it.

    Raises:
        Refused: there is no such forecast; with the one that may be meant.
    """
    for known in FORECASTS:
        if name == known:
            return known
    near = difflib.get_close_matches(name, FORECASTS, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise Refused([Fault(field="name", message=f"{name!r} is none of {', '.join(FORECASTS)}{hint}")])


def read_forecast_document(text: bytes, name: ForecastName) -> PlannerResult[Forecast]:
    """As ``forecast_from_json``; in a worker, because the readings of a year take a while."""
    return run_planner(lambda: forecast_from_json(text, name))


def forecast_from_json(text: bytes, name: ForecastName) -> Forecast:
    """The forecast that a list ``[{"time", "value"}]`` states, or an object with such a list as its ``readings``.

    Of readings for the same time the last one counts, as in planning requests; null is nothing.

    Raises:
        NotJson: the text is no JSON.
        Refused: with every fault by its place.
    """
    document = read_json(text, exact=False)
    stated = document.get("readings") if isinstance(document, dict) else document
    if not isinstance(stated, list) or not 1 <= len(stated) <= MOST_STEPS:
        found = f"a list of {len(stated)}" if isinstance(stated, list) else shown(stated)
        message = f"must be a list of 1 to {MOST_STEPS} readings with time and value, not {found}"
        raise Refused([Fault(field="readings", message=message)])
    faults = Faults()
    read = readings(stated, "readings", faults, least=LEAST_KW[name])
    if read is None:
        raise Refused(faults.found)
    latest = {reading.time: reading for reading in read}
    kept = [latest[time] for time in sorted(latest) if latest[time].value is not None]
    if not kept:
        raise Refused([Fault(field="readings", message="has no value that is not null")])
    return Forecast(
        name=name,
        readings=json.dumps([_said(reading) for reading in kept], separators=(",", ":")),
        count=len(kept),
        start=utc_text(kept[0].time),
        end=utc_text(kept[-1].time),
    )


def _said(reading: Reading) -> dict[str, object]:
    return {"time": utc_text(reading.time), "value": reading.value}
