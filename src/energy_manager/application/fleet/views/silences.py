"""Who at the centre has seen that a site is late or lost: it is late or lost all the same.

A site's alarms are acknowledged where they live, at the site. That nothing is heard of it is the centre's own finding,
and kept in the centre's store, so that the other centre knows it too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from energy_manager.application.fleet.at_centre.presence import SiteSeen, Standing
from energy_manager.application.ports.schedules.document_bodies import body_of, of_body
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository

KIND = "fleet_silence"

SILENT = frozenset({Standing.LATE, Standing.LOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceSeen:
    """Who has seen it, and when."""

    at: datetime
    who: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSilences:
    """From any thread; every method raises ``StoreUnavailable`` where the store cannot be reached.

    Args:
        now: the time of day, UTC.
    """

    documents: DocumentRepository
    now: Callable[[], datetime]

    def acknowledge(self, site: str, who: str) -> None:
        """Somebody has seen that nothing is heard of the site; it counts until the site is heard again."""
        self.documents.put_document(KIND, site, body_of(SilenceSeen(at=self.now(), who=who)))

    def all(self) -> Mapping[str, SilenceSeen]:
        """By site; also of those that were heard since."""
        return {entry.id: of_body(SilenceSeen, entry.body) for entry in self.documents.documents(KIND)}

    def noted(self, seen: SiteSeen, by_site: Mapping[str, SilenceSeen]) -> SiteSeen:
        """The site with who has seen its silence; as it was where nobody has since it was last heard."""
        silence = by_site.get(seen.site)
        if silence is None or seen.standing not in SILENT:
            return seen
        if seen.age_s is not None and self.now() - timedelta(seconds=seen.age_s) > silence.at:
            return seen
        return replace(seen, acknowledged_at=silence.at, acknowledged_by=silence.who)
