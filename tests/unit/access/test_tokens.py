"""Named tokens: a secret is told once, kept as a salted hash, and counts until it expires or is revoked."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from energy_manager.adapters.storage import InMemoryStore
from energy_manager.application.access import TokenExpired, TokenRegistry, issue, revocation, tokens_of
from energy_manager.application.ports.records.logbook import THE_PRODUCT, Actor, LogEntry, LogKind
from energy_manager.application.ports.schedules.durability import AppendLog, StoreUnavailable
from energy_manager.domain.errors import Refused

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def wanted(**more):
    return {
        "name": "north-2",
        "role": "technician",
        "household": None,
        "expires_at": None,
        "by": "ann",
        "now": NOON,
    } | more


@pytest.fixture
def repository():
    return InMemoryStore().repository


class Registry:
    def __init__(self, repository):
        self.at, self.elapsed_s = NOON, 0.0
        self.registry = TokenRegistry(store=repository, now=lambda: self.at, elapsed_s=lambda: self.elapsed_s)
        self.registry.refresh()


def test_a_secret_is_found_by_its_hash_and_stands_nowhere_in_the_store(repository):
    token, secret = issue(**wanted())
    repository.commit([token.change])
    (kept,) = repository.documents("token")
    assert secret not in json.dumps(kept.body)
    assert secret[-20:] not in json.dumps(kept.body)
    principal = Registry(repository).registry.identify(secret.encode())
    assert (principal.name, principal.role) == ("north-2", "technician")
    assert tokens_of(repository) == (token,)


def test_two_tokens_with_the_same_words_have_other_secrets_salts_and_hashes():
    (one, first), (other, second) = issue(**wanted()), issue(**wanted())
    assert len({first, second, one.salt, other.salt, one.digest, other.digest}) == 6


@pytest.mark.parametrize("wrong", [b"", b"em", b"em__", b"em_00_11", "em_ü_x".encode(), b"x" * 10_000])
def test_what_is_nobodys_secret_is_nobody(repository, wrong):
    token, secret = issue(**wanted())
    repository.commit([token.change])
    registry = Registry(repository).registry
    assert registry.identify(wrong) is None
    assert registry.identify(secret.encode()[:-1]) is None
    assert registry.identify(secret.encode() + b"x") is None


def test_a_token_counts_up_to_its_end_and_says_so_afterwards(repository):
    token, secret = issue(**wanted(expires_at=NOON + timedelta(hours=1)))
    repository.commit([token.change])
    clock = Registry(repository)
    clock.at = NOON + timedelta(minutes=59)
    assert clock.registry.identify(secret.encode()) is not None
    clock.at = NOON + timedelta(hours=1)
    with pytest.raises(TokenExpired, match="'north-2' expired at 2026-03-02 13:00:00"):
        clock.registry.identify(secret.encode())


def test_what_another_process_adds_and_revokes_counts_at_the_next_look(repository):
    clock = Registry(repository)
    assert clock.registry.is_empty
    token, secret = issue(**wanted())
    repository.commit([token.change])
    clock.elapsed_s = 0.3
    assert clock.registry.is_stale
    clock.registry.refresh()
    assert clock.registry.identify(secret.encode()) is not None
    actor = Actor(who="ann", role="admin", origin="")
    line = LogEntry(at=NOON, kind=LogKind.COMMAND, actor=actor, action="token revoked", subject="north-2")
    repository.commit([revocation("north-2"), AppendLog(entry=line)])
    clock.registry.refresh()
    assert clock.registry.identify(secret.encode()) is None


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a\x1b"}, "name"),
        ({"name": " a"}, "name"),
        ({"role": "root"}, "role"),
        ({"role": "resident"}, "household"),
        ({"household": "home"}, "household"),
        ({"expires_at": NOON}, "expires"),
        ({"expires_at": NOON.replace(tzinfo=None)}, "expires"),
    ],
)
def test_what_is_no_token_is_refused_by_field(more, field):
    with pytest.raises(Refused) as refused:
        issue(**wanted(**more))
    assert [fault.field for fault in refused.value.faults] == [field]


def test_a_name_is_given_once():
    token, _ = issue(**wanted())
    with pytest.raises(Refused, match="revoke it first"):
        issue(**wanted(existing=[token]))


def test_a_store_that_was_begun_anew_opens_the_site_to_nobody(repository):
    token, secret = issue(**wanted())
    repository.commit([token.change])
    clock = Registry(repository)
    anew = InMemoryStore().repository
    anew.commit([AppendLog(entry=line("store begun anew", "store"))])  # others may have written there before
    clock.registry.store = anew
    clock.registry.refresh()
    assert clock.registry.identify(secret.encode()) is not None
    assert tokens_of(anew) == (token,)


def test_the_last_token_that_is_revoked_does_not_come_back(repository):
    token, secret = issue(**wanted())
    repository.commit([token.change, AppendLog(entry=line("token added", token.name))])
    clock = Registry(repository)
    repository.commit([revocation(token.name), AppendLog(entry=line("token revoked", token.name))])
    clock.registry.refresh()
    assert clock.registry.identify(secret.encode()) is None
    assert tokens_of(repository) == ()


def line(action, subject):
    return LogEntry(at=NOON, kind=LogKind.COMMAND, actor=THE_PRODUCT, action=action, subject=subject)


class Away:
    """A store that cannot be read, until ``there`` can."""

    def __init__(self):
        self.there = None

    def documents(self, *asked, **how):
        if self.there is None:
            raise StoreUnavailable("no such folder")
        return self.there.documents(*asked, **how)


def test_tokens_that_were_never_read_are_not_taken_for_none(repository):
    token, secret = issue(**wanted())
    repository.commit([token.change])
    clock = Registry(store := Away())
    assert (clock.registry.is_known, clock.registry.is_empty) == (False, True)
    store.there = repository
    clock.registry.refresh()
    assert (clock.registry.is_known, clock.registry.is_empty) == (True, False)
    store.there = None
    clock.registry.refresh()
    assert clock.registry.is_known, "as they were last known"
    assert clock.registry.identify(secret.encode()) is not None
