"""What all routes that change something have in common: who asks, whether they may, and the line in the logbook."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic as now_s
from typing import Any, TypeVar

from fastapi.requests import HTTPConnection

from energy_manager.application.logbook import KeepLogbook
from energy_manager.application.ports.records.logbook import Actor, LogEntry
from energy_manager.domain.access import Principal
from energy_manager.domain.errors import EnergyManagerError
from energy_manager.entrypoints.api.http.answering import in_thread
from energy_manager.entrypoints.api.security.guard import Guard

Answer = TypeVar("Answer")

REFUSAL_S = 60.0
"""The same refusal of the same person is written down once in this time."""

MOST_REFUSALS = 1_000


class NotMaster(EnergyManagerError):
    """This process commands the site no more; another one does."""

    code = "not_master"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commands:
    """Writes down what is commanded by way of the API; ``lost`` says why this process may command nothing, or not."""

    guard: Guard
    logbook: KeepLogbook
    lost: Callable[[], str] = lambda: ""
    _refusals: dict[tuple[str, str], float] = field(default_factory=dict, init=False)

    async def actor(self, connection: HTTPConnection) -> Actor:
        """Who asks, as the logbook has it."""
        return self._actor(connection, await self.guard.principal(connection))

    def _actor(self, connection: HTTPConnection, principal: Principal) -> Actor:
        return Actor(who=principal.name, role=str(principal.role), origin=self.guard.client_of(connection))

    async def line(self, connection: HTTPConnection, action: str, subject: str, **said: Any) -> LogEntry:  # noqa: ANN401 - as ``KeepLogbook.command``
        """The line of a command."""
        return self.logbook.command(await self.actor(connection), action, subject, **said)

    async def done(self, connection: HTTPConnection, action: str, subject: str, **said: Any) -> None:  # noqa: ANN401 - as ``KeepLogbook.command``
        """Write down what was done; durable before it is acknowledged, unless the store is away."""
        entry = await self.line(connection, action, subject, **said)
        await in_thread(self.logbook.write, entry)

    async def refused(self, connection: HTTPConnection, principal: Principal, why: str) -> None:
        """Write down that somebody may not do what they asked for; once a minute, whoever knocks how often."""
        key, at_s = (principal.name, why), now_s()
        if at_s - self._refusals.get(key, float("-inf")) < REFUSAL_S:
            return
        if len(self._refusals) >= MOST_REFUSALS:
            self._refusals.clear()
        self._refusals[key] = at_s
        request = f"{connection.scope.get('method', 'GET')} {connection.url.path}"
        actor = self._actor(connection, principal)
        entry = self.logbook.command(actor, "refused", request, outcome=f"refused: {why}")
        await in_thread(self.logbook.write, entry)

    async def want_mastership(self, _: HTTPConnection) -> None:
        """A dependency of routes that would promise what only the site's master can keep.

        Raises:
            NotMaster: another process commands the site.
        """
        if why := self.lost():
            raise NotMaster(why)
