"""The answers of whoever begins."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import available_timezones

LONGEST_NAME = 80
MOST_KW = 1e6

Word = TypeVar("Word", bound=StrEnum)


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
    """One to each question."""

    template: Template
    name: str
    time_zone: str
    import_limit_kw: float
    reach: Reach
    start: Start


def to_name(text: str) -> str:
    """What a site is called; like the others here it raises ``ValueError`` with what is wrong."""
    if not text.strip() or len(text) > LONGEST_NAME or not text.isprintable():
        raise ValueError(f"must be 1 to {LONGEST_NAME} printable characters")
    return text


def to_time_zone(text: str) -> str:
    """A time zone by its name."""
    zones = available_timezones()
    if text not in zones:
        near = get_close_matches(text, zones, n=1)
        hint = f"did you mean {near[0]}?" if near else "one is called Europe/Brussels"
        raise ValueError(f"{text!r} is no time zone; {hint}")
    return text


def to_limit_kw(text: str) -> float:
    """A power that may be drawn from the grid."""
    try:
        power_kw = float(text)
    except ValueError:
        power_kw = math.nan
    if not 0 <= power_kw <= MOST_KW:
        raise ValueError(f"{text!r} must be a number of kW from 0 to {MOST_KW:,.0f}")
    return power_kw


def to_word(kind: type[Word]) -> Callable[[str], Word]:
    """One of a few words."""

    def read(text: str) -> Word:
        try:
            return kind(text.strip().lower())
        except ValueError:
            raise ValueError(f"{text!r} is none of {', '.join(kind)}") from None

    return read


READERS: Mapping[str, Callable[[str], Any]] = {
    "template": to_word(Template),
    "name": to_name,
    "time_zone": to_time_zone,
    "import_limit_kw": to_limit_kw,
    "reach": to_word(Reach),
    "start": to_word(Start),
}
"""How each answer is read from words."""


def zone_here() -> str:
    """The time zone of this machine; UTC where it does not say one by its name."""
    stated = os.environ.get("TZ", "").lstrip(":")
    zone = stated or str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2]
    return zone if zone in available_timezones() else "UTC"
