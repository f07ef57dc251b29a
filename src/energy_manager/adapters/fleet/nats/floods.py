"""No site may take the centre's time from the others: what is left out of what it sends, and how often that is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

MOST_A_SECOND = 500
"""Messages of one kind; a site's state is due every 4 s, and 1,000 lines of its logbook fit into one."""

SAID_AGAIN_S = 10.0


@dataclass(slots=True)
class Floods:
    """All calls from one thread; ``elapsed_s`` are monotonic seconds."""

    elapsed_s: Callable[[], float]
    _counts: dict[str, int] = field(default_factory=dict, init=False)
    _second_ends_s: float = field(default=0.0, init=False)
    _said_at_s: dict[str, float] = field(default_factory=dict, init=False)

    def is_too_much(self, subject: str) -> bool:
        """Whether more messages of this subject came in this second than are taken; counts this one."""
        now_s = self.elapsed_s()
        if now_s >= self._second_ends_s:
            self._counts.clear()
            self._second_ends_s = now_s + 1.0
        count = self._counts[subject] = self._counts.get(subject, 0) + 1
        return count > MOST_A_SECOND

    def is_to_be_said(self, site: str) -> bool:
        """Whether it is time to tell once more that something of the site's is left out."""
        now_s = self.elapsed_s()
        if now_s - self._said_at_s.get(site, -SAID_AGAIN_S) < SAID_AGAIN_S:
            return False
        self._said_at_s[site] = now_s
        return True
