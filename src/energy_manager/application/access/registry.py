"""The tokens at hand: read from the store every now and then, and as they were last known while it is away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from energy_manager.application.access.tokens import NamedToken, TokenExpired, key_of, tokens_of
from energy_manager.application.ports.records.logbook import LogFilter, LogKind
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.application.ports.schedules.schedule_repository import StateRepository
from energy_manager.domain.access import Principal

FRESH_S = 0.25
"""A token that another process adds or revokes counts after this long."""


PATIENCE_S = 0.5


@dataclass(slots=True, kw_only=True)
class TokenRegistry:
    """Any thread may ask; ``refresh`` reads the store, so not from an event loop's thread.

    Args:
        store: where tokens are kept, and the logbook.
        now: the time of day, UTC.
        elapsed_s: monotonic seconds.
    """

    store: StateRepository
    now: Callable[[], datetime]
    elapsed_s: Callable[[], float]
    _by_key: Mapping[str, NamedToken] = field(default_factory=dict, init=False)
    _read_s: float = field(default=float("-inf"), init=False)
    _is_known: bool = field(default=False, init=False)

    @property
    def is_stale(self) -> bool:
        """Whether the store is to be asked again."""
        return self.elapsed_s() - self._read_s > FRESH_S

    @property
    def is_empty(self) -> bool:
        """Whether no token is known."""
        return not self._by_key

    @property
    def is_known(self) -> bool:
        """Whether the tokens were read at least once: before, no token is known, and there may be some."""
        return self._is_known

    def refresh(self) -> None:
        """Read the tokens; a store that is away leaves those that are known."""
        self._read_s = self.elapsed_s()
        with suppress(StoreUnavailable):
            found = {token.key: token for token in tokens_of(self.store)}
            if self._by_key and not found and not any(map(self._is_told_of, self._by_key.values())):
                # Whoever revoked the last one would have left a line: the store was begun anew, as where its file was
                # deleted. That must not open the site to everybody, whatever else its logbook tells by now.
                self.store.commit([token.change for token in self._by_key.values()], timeout_s=PATIENCE_S)
                return
            self._by_key, self._is_known = found, True

    def _is_told_of(self, token: NamedToken) -> bool:
        lines = LogFilter(kinds=frozenset({LogKind.COMMAND}), subject=token.name)
        return bool(self.store.log_page(limit=1, only=lines))

    def tokens(self) -> tuple[NamedToken, ...]:
        """Those that are known."""
        return tuple(self._by_key.values())

    def identify(self, secret: bytes) -> Principal | None:
        """Whose secret this is; None: nobody's.

        Raises:
            TokenExpired: somebody's whose time is over.
        """
        token = self._by_key.get(key_of(secret))
        if token is None or not token.is_secret(secret):
            return None
        if token.is_expired(self.now()):
            raise TokenExpired(f"the token {token.name!r} expired at {token.expires_at}: ask an admin for another one")
        return token.principal
