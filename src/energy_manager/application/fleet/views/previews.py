"""What a person is shown before an order to the portfolio, and whether it still holds when they confirm it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from energy_manager.domain.fleet import FleetActivation, SiteOffer

MOST_SHOWN = 100
MOST_NAMED = 5

SLACK = 0.01
"""The room of every site changes every few seconds: as long as the sites that were shown lack no more than this share,
which others fill up, and it is no more than this dearer or larger, it is what was looked at."""

MOMENT = timedelta(minutes=1)
"""Between looking and confirming "in 30min" means another end; so far apart it is the same command all the same."""


@dataclass(frozen=True, kw_only=True)
class ActivationPreview:
    """Which sites would be ordered what, if it were done now."""

    activation: FleetActivation
    chosen: tuple[SiteOffer, ...]

    @cached_property
    def volume_kw(self) -> int:
        """What would be ordered."""
        return sum(offer.volume_kw for offer in self.chosen)

    @cached_property
    def cost_cents(self) -> int:
        """What that costs by the offers."""
        return sum(offer.cost_cents for offer in self.chosen)

    @cached_property
    def sites(self) -> frozenset[str]:
        """The sites that would be ordered."""
        return frozenset(offer.site for offer in self.chosen)

    @cached_property
    def version(self) -> str:
        """Another one for another answer."""
        wanted = self.activation
        words = [f"{wanted.direction} {wanted.volume_kw} {wanted.start} {wanted.until}"]
        words += sorted(f"{offer.site} {offer.volume_kw} {offer.cost_cents}" for offer in self.chosen)
        return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]

    def sentences(self) -> tuple[str, ...]:
        """The effect in words."""
        return tuple(self._sentences())

    def _sentences(self) -> Iterator[str]:
        wanted, count = self.activation, len(self.chosen)
        spare_kw = self.volume_kw - wanted.volume_kw
        if not self.chosen:
            yield f"no site has anything to give: {-spare_kw} kW of the {wanted.volume_kw} kW would be missing"
            return
        yield (
            f"{count} {'site' if count == 1 else 'sites'} would be ordered {self.volume_kw} kW {wanted.direction} "
            f"from {_moment(wanted.start)} until {_moment(wanted.until)}, for {_euros(self.cost_cents)}"
        )
        if spare_kw > 0:
            yield f"each site is taken whole: that is {spare_kw} kW more than asked for"
        elif spare_kw < 0:
            yield f"that is all there is: {-spare_kw} kW of the {wanted.volume_kw} kW would be missing"
        largest = sorted(self.chosen, key=lambda offer: -offer.volume_kw)[:MOST_NAMED]
        named = ", ".join(f"{offer.site} {offer.volume_kw} kW for {_euros(offer.cost_cents)}" for offer in largest)
        yield named + (f" and {count - MOST_NAMED} more" if count > MOST_NAMED else "")

    def is_as_shown(self, shown: ActivationPreview) -> bool:
        """Whether it is what a person was shown, but for what the clock and small changes of room bring."""
        wanted, then = self.activation, shown.activation
        is_same_command = (wanted.direction, wanted.volume_kw) == (then.direction, then.volume_kw) and (
            abs(wanted.until - then.until) <= MOMENT and abs(wanted.start - then.start) <= MOMENT
        )
        from_others_kw = sum(offer.volume_kw for offer in self.chosen if offer.site not in shown.sites)
        more_kw = self.volume_kw - shown.volume_kw
        less_kw = min(wanted.volume_kw, shown.volume_kw) - self.volume_kw
        is_as_cheap = self.cost_cents <= shown.cost_cents * (1 + SLACK)
        return is_same_command and is_as_cheap and max(from_others_kw, more_kw, less_kw) <= SLACK * shown.volume_kw


@dataclass(slots=True, kw_only=True)
class ShownPreviews:
    """The newest ones; from any thread."""

    most: int = MOST_SHOWN
    _shown: dict[str, ActivationPreview] = field(default_factory=dict, init=False)

    def add(self, preview: ActivationPreview) -> None:
        """It was shown to a person."""
        self._shown[preview.version] = preview
        while len(self._shown) > self.most:
            self._shown.pop(next(iter(self._shown.copy())), None)

    def shown(self, version: str) -> ActivationPreview | None:
        """What was shown under a version; None: nothing, or it is long ago."""
        return self._shown.get(version)


def _moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"


def _euros(cents: int) -> str:
    return f"{cents / 100:,.2f} EUR"
