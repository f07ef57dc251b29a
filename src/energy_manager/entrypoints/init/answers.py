"""The answers of whoever begins."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from zoneinfo import available_timezones

from energy_manager.domain.errors import Fault, Refused

LONGEST_NAME = 80
MOST_KW = 1e6


class Template(StrEnum):
    """What the site is like."""

    HOME = "home"
    SITE = "site"
    PLANTS = "plants"


class Reach(StrEnum):
    """Who may reach API and page."""

    LOCAL = "local"
    NETWORK = "network"


class Start(StrEnum):
    """What starts the product."""

    HAND = "hand"
    SYSTEMD = "systemd"
    COMPOSE = "compose"


IMPORT_LIMIT_KW = {Template.HOME: 17.0, Template.SITE: 50.0, Template.PLANTS: 0.0}
"""What is proposed; plants have no grid connection of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """One to each question.

    Raises:
        Refused: an answer is not acceptable.
    """

    template: Template
    name: str
    time_zone: str
    import_limit_kw: float
    reach: Reach
    start: Start

    def __post_init__(self) -> None:
        faults = []
        if not self.name.strip() or len(self.name) > LONGEST_NAME or not self.name.isprintable():
            faults.append(Fault(field="--name", message=f"must be 1 to {LONGEST_NAME} printable characters"))
        if self.time_zone not in available_timezones():
            message = f"{self.time_zone!r} is no time zone, such as Europe/Brussels"
            faults.append(Fault(field="--time-zone", message=message))
        if not 0 <= self.import_limit_kw <= MOST_KW:
            message = f"{self.import_limit_kw:g} must be a power from 0 to {MOST_KW:g} kW"
            faults.append(Fault(field="--import-limit-kw", message=message))
        if faults:
            raise Refused(faults)


def zone_here() -> str:
    """The time zone of this machine; UTC where it does not say one by its name."""
    stated = os.environ.get("TZ", "").lstrip(":")
    zone = stated or str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
    return zone if zone in available_timezones() else "UTC"
