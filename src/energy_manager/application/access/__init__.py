"""Named tokens: who may do what at a site, kept in the store as salted hashes."""

from energy_manager.application.access.registry import TokenRegistry
from energy_manager.application.access.tokens import NamedToken, TokenExpired, issue, revocation, tokens_of

__all__ = ["NamedToken", "TokenExpired", "TokenRegistry", "issue", "revocation", "tokens_of"]
