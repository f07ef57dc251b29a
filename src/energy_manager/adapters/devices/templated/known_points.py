"""The points of one device as they were read last: which are due again, which are missing, how old each is."""

from __future__ import annotations

import math
from collections.abc import Mapping

from loguru import logger

from energy_manager.adapters.devices.templated.channels.decoding import PointValue
from energy_manager.adapters.devices.templates.points import STATES
from energy_manager.adapters.devices.templates.sources import ReadPoint
from energy_manager.domain.commissioning import PointReading


class KnownPoints:
    """What is known of each point; ``reads`` says how they are read. One thread at a time takes, any may look.

    ``asset`` is whose they are, for the log. ``missing_seen`` counts values that were missing or impossible.
    """

    def __init__(self, reads: Mapping[str, ReadPoint], *, asset: str) -> None:
        self._reads = reads
        self._asset = asset
        self._known: dict[str, PointValue] = {}
        self._missing: frozenset[str] = frozenset()
        self._are_anothers = False
        self.missing_seen = 0

    def due(self, now_s: float) -> dict[str, ReadPoint]:
        """What is to be read now; slow points when they are old, missing, or another device's."""
        return {name: point for name, point in self._reads.items() if self._is_due(name, point, now_s)}

    def take(self, asked: Mapping[str, ReadPoint], found: Mapping[str, PointValue], *, are_ours: bool) -> None:
        """What was found of what was asked for; the points of another device count until the next read only."""
        kept = {name: value for name, value in self._known.items() if name not in asked}
        self._known, self._are_anothers = {**kept, **found}, not are_ours

    def note_missing(self, now_s: float) -> None:
        """Count what is missing, and say it once a change."""
        missing = frozenset(name for name, value in self.numbers(now_s).items() if value is None)
        self.missing_seen += len(missing)
        if missing != self._missing:
            if missing:
                logger.warning("{}: no value for {}", self._asset, ", ".join(sorted(missing)))
            else:
                logger.info("{}: all values are there again", self._asset)
            self._missing = missing

    def numbers(self, now_s: float) -> dict[str, float | None]:
        """The points' values, None where they are missing or too old."""
        numbers: dict[str, float | None] = {}
        for name, found in self._known.items():
            max_age_s = self._reads[name].max_age_s
            is_old = max_age_s is not None and name not in STATES and now_s - found.taken_at_s > max_age_s
            numbers[name] = None if is_old else found.value
        return numbers

    def taken_at_s(self, name: str) -> float:
        """When the point was true; minus infinity for one that was never heard."""
        found = self._known.get(name)
        return -math.inf if found is None else found.taken_at_s

    def readings(self, now_s: float) -> tuple[PointReading, ...]:
        """All with their ages, in the template's order, whichever was read last.

        None where a value is missing or too old, and where its age is not known.
        """
        numbers, known = self.numbers(now_s), self._known
        ages_s = {name: now_s - found.taken_at_s for name, found in known.items()}
        return tuple(
            PointReading(
                name=name,
                value=numbers[name],
                age_s=ages_s[name] if numbers[name] is not None and math.isfinite(ages_s[name]) else None,
            )
            for name in self._reads
            if name in numbers and name in ages_s
        )

    def _is_due(self, name: str, point: ReadPoint, now_s: float) -> bool:
        last = self._known.get(name)
        if point.every_s is None or self._are_anothers or last is None or last.value is None:
            return True
        return now_s - last.taken_at_s >= point.every_s
