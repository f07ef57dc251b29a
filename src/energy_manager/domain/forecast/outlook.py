"""What a planner works with: what is expected of the steps ahead, and other ways it may go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Another way the load and the production may go: the forecast with the errors of an earlier day laid over it."""

    load_kw: tuple[float, ...]
    production_kw: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The means of what is expected in each step, at least 0.

    ``load_kw`` is what the site takes beside its assets, ``production_kw`` what its producers could deliver: without
    any curtailment. ``scenarios`` are empty while no errors are known. ``is_tried``: it is known how far such forecasts
    are off, by the errors of enough days or because they come true; what energy is worth by any other leads nothing.
    ``remarks`` are sentences on what is assumed.
    """

    load_kw: tuple[float, ...]
    production_kw: tuple[float, ...]
    scenarios: tuple[Scenario, ...] = ()
    is_tried: bool = False
    remarks: tuple[str, ...] = ()
