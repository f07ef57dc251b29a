"""Where the episodes of a drill are played."""

from __future__ import annotations

from typing import Protocol

from energy_manager.domain.drill import DrillSite, Episode, Observation


class DrillStage(Protocol):
    """A site on virtual time; each episode begins anew."""

    @property
    def site(self) -> DrillSite:
        """The site as the drill sees it."""
        ...

    def play(self, episode: Episode) -> Observation:
        """Let the site run through the episode; the same one gives the same observation."""
        ...
