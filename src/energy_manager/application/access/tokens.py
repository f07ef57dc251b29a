"""A token as it is kept: its name, its role and a salted hash of its secret, which is told once.

The secret is 256 random bits, so one round of SHA-256 is enough: nobody can guess it from the hash, as one could a
password. Its first part names the token, so that one hash is worked out for a request and not one for each token.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from energy_manager.application.ports.schedules.document_bodies import body_of, of_body
from energy_manager.application.ports.schedules.durability import DeleteDocument, PutDocument
from energy_manager.application.ports.schedules.schedule_repository import DocumentRepository
from energy_manager.domain.access import Principal, Role
from energy_manager.domain.errors import EnergyManagerError, Fault, Refused

KIND = "token"
PREFIX = "em"
LONGEST_NAME = 60
MOST_TOKENS = 1_000


class TokenExpired(EnergyManagerError):
    """The token is right, and its time is over."""

    code = "token_expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedToken:
    """``key`` is the public part of the secret, ``digest`` the salted hash of all of it; both and the salt in hex."""

    name: str
    role: Role
    household: str | None
    key: str
    salt: str
    digest: str
    created_at: datetime
    created_by: str
    expires_at: datetime | None

    @property
    def principal(self) -> Principal:
        """Who brings it."""
        return Principal(name=self.name, role=self.role, household=self.household)

    def is_secret(self, secret: bytes) -> bool:
        """Whether this is the token's secret; takes the same time either way."""
        return hmac.compare_digest(_digest(bytes.fromhex(self.salt), secret), self.digest)

    def is_expired(self, now: datetime) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and now >= self.expires_at

    @property
    def public(self) -> dict[str, Any]:
        """What may be shown of it."""
        return body_of(self, without={"key", "salt", "digest"})

    @property
    def change(self) -> PutDocument:
        """Keep it; refused where there is one of this name."""
        body = {**self.public, "key": self.key, "salt": self.salt, "digest": self.digest}
        return PutDocument(kind=KIND, id=self.name, body=body, expected=0)


def issue(
    *,
    name: str,
    role: str,
    household: str | None,
    expires_at: datetime | None,
    by: str,
    now: datetime,
    existing: Iterable[NamedToken] = (),
) -> tuple[NamedToken, str]:
    """A new token, and its secret, which is nowhere else.

    Raises:
        Refused: with every fault: the name is taken or no name, there is no such role, a resident without a home, an
            end that has passed.
    """
    existing = tuple(existing)
    faults = []
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or name != name.strip():
        faults.append(Fault(field="name", message=f"{name[:LONGEST_NAME]!r} is not 1 to {LONGEST_NAME} characters"))
    if any(token.name == name for token in existing):
        faults.append(Fault(field="name", message=f"there is a token {name!r} already: revoke it first"))
    if role not in set(Role):
        faults.append(Fault(field="role", message=f"{role!r} is none of {', '.join(Role)}"))
    if role == Role.RESIDENT and not household:
        faults.append(Fault(field="household", message="is missing: a resident has one home"))
    if role != Role.RESIDENT and household:
        faults.append(Fault(field="household", message=f"only a resident has one, not a {role}"))
    if expires_at is not None and expires_at.utcoffset() is None:
        faults.append(Fault(field="expires", message=f"{expires_at.isoformat()} has no time zone"))
    elif expires_at is not None and expires_at <= now:
        faults.append(Fault(field="expires", message=f"{expires_at.isoformat()} has passed, it is {now.isoformat()}"))
    if len(existing) >= MOST_TOKENS:
        faults.append(Fault(field="name", message=f"there are {MOST_TOKENS} tokens already: revoke some first"))
    if faults:
        raise Refused(faults)
    key, salt = secrets.token_hex(6), secrets.token_bytes(16)
    secret = f"{PREFIX}_{key}_{secrets.token_urlsafe(32)}"
    token = NamedToken(
        name=name,
        role=Role(role),
        household=household or None,
        key=key,
        salt=salt.hex(),
        digest=_digest(salt, secret.encode()),
        created_at=now,
        created_by=by,
        expires_at=None if expires_at is None else expires_at.astimezone(UTC),
    )
    return token, secret


def revocation(name: str) -> DeleteDocument:
    """The change that forgets a token."""
    return DeleteDocument(kind=KIND, id=name)


def tokens_of(documents: DocumentRepository) -> tuple[NamedToken, ...]:
    """Every token, in order of name.

    Raises:
        StoreUnavailable: the store cannot be read.
    """
    return tuple(of_body(NamedToken, document.body) for document in documents.documents(KIND))


def key_of(secret: bytes) -> str:
    """The public part of a secret; empty where it has none."""
    parts = secret.split(b"_", 2)
    is_ours = len(parts) == 3 and parts[0] == PREFIX.encode()
    return parts[1].decode("ascii", "replace") if is_ours else ""


def _digest(salt: bytes, secret: bytes) -> str:
    return hashlib.sha256(salt + secret).hexdigest()
