"""Questions to one site: detail stays there, and is asked for through the link."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from uuid import uuid4

from energy_manager.application.ports.fleet.fleet_bus import CentreBus, Question, Reply
from energy_manager.application.ports.schedules.durability import JsonObject
from energy_manager.domain.errors import EnergyManagerError, OutOfTime

PATIENCE_S = 5.0


class SiteRefuses(EnergyManagerError):
    """The site's own word on why it does not answer."""

    code = "site_refuses"


@dataclass(slots=True, kw_only=True)
class SiteQuestions:
    """``ask`` from any thread, which waits; ``replied`` from the centre's."""

    bus: CentreBus
    _waiting: dict[str, SimpleQueue[Reply]] = field(default_factory=dict, init=False)
    _numbers: itertools.count[int] = field(default_factory=itertools.count, init=False)
    _prefix: str = field(default_factory=lambda: uuid4().hex, init=False)

    def ask(self, site: str, about: str, arguments: JsonObject, *, timeout_s: float = PATIENCE_S) -> JsonObject:
        """What the site says.

        Raises:
            OutOfTime: nothing was heard in time.
            SiteRefuses: it says why it does not answer.
        """
        number = f"{self._prefix}-{next(self._numbers)}"
        replies = self._waiting[number] = SimpleQueue()
        try:
            self.bus.send([Question(site=site, id=number, about=about, arguments=arguments)])
            reply = replies.get(timeout=timeout_s)
        except Empty:
            raise OutOfTime(f"site {site!r} has not answered within {timeout_s:g} s") from None
        finally:
            del self._waiting[number]
        if reply.error:
            raise SiteRefuses(f"site {site!r}: {reply.error}")
        return reply.body

    def replied(self, reply: Reply) -> None:
        """Hand the reply to who waits for it; what nobody waits for any more is left out."""
        replies = self._waiting.get(reply.id)
        if replies is not None:
            replies.put(reply)
