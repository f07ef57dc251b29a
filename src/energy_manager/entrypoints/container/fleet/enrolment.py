"""Letting sites in, and no more: a line in the server's file of users, one in the book, one in the logbook."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from energy_manager.adapters.fleet.nats.users import CENTRE, UsersFile, public_of
from energy_manager.application.ports.fleet.fleet_book import EnrolledSite, FleetBook
from energy_manager.application.ports.schedules.durability import StoreUnavailable
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.container.fleet.access import access_of
from energy_manager.entrypoints.container.fleet.centre import STORE, book_of
from energy_manager.entrypoints.container.store.store import commit_command, opened_store, wall_clock
from energy_manager.entrypoints.settings import FleetSettings, Settings, load_settings

USERS_FILE = "ENERGY_MANAGER_FLEET__USERS_FILE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """The site's private key, which is kept nowhere, and what it needs beside it, line by line."""

    seed: str
    needs: tuple[str, ...]


def enrol_site(site: str, *, connection_kw: int | None = None) -> Enrolled:
    """Let a site in, or with ``*`` a centre; ``connection_kw`` is the power of its grid connection, None: not said.

    Raises:
        Refused: it is enrolled already, its name can be none, a centre has no connection, or the settings name no file
            of users that can be written.
        StoreUnavailable: the book cannot be written; the site is not let in.
    """
    if site == CENTRE and connection_kw is not None:
        raise Refused.at("--connection", "only valid for a site: a centre has no grid connection")
    settings = load_settings()
    users, now = users_file_of(settings.fleet), wall_clock()
    with opened_store(site=STORE) as store:
        book = book_of(settings)
        restore_users(settings, book)
        seed = users.enrol(site)
        if site != CENTRE:
            entry = EnrolledSite(site=site, public_key=public_of(seed), enrolled_at=now)
            try:
                book.enrol(entry)
                if connection_kw is not None:
                    book.put_connection(site, connection_kw)
            except BaseException:
                users.revoke(site)
                raise
        commit_command(store.repository, "fleet site enrolled", site)
    who = "this key is the centre's" if site == CENTRE else "this key is shown once; the site needs"
    server = settings.fleet.url or "tls://<the NATS server>:4222"
    named = () if site == CENTRE else (f"ENERGY_MANAGER_FLEET__SITE={site}",)
    key = "ENERGY_MANAGER_FLEET__CREDENTIALS=<a file with the key>"
    needs = (f"{who}:", f"ENERGY_MANAGER_FLEET__URL={server}", *named, key)
    return Enrolled(seed=seed, needs=(*needs, *filter(None, (users.wake_server(),))))


def revoke_site(site: str) -> str:
    """Let it in no more; returns why the server does not know that yet, empty: it does.

    Raises:
        Refused: it is not enrolled, or the settings name no file of users that can be written.
        StoreUnavailable: the book cannot be written; the site is not let in all the same.
    """
    settings = load_settings()
    users, book = users_file_of(settings.fleet), book_of(settings)
    with suppress(StoreUnavailable):  # who is to be cut off is cut off first
        restore_users(settings, book)
    users.revoke(site)
    not_woken = users.wake_server()
    with opened_store(site=STORE) as store:
        if site != CENTRE:
            book.revoke(site, at=wall_clock())
        commit_command(store.repository, "fleet site revoked", site)
    return not_woken


def restore_users(settings: Settings, book: FleetBook) -> bool:
    """Write the file of users from the book where the settings name one that is lost; whether it was.

    Raises:
        Refused: it cannot be written, or the centre's own key cannot be read.
        StoreUnavailable: the book cannot be read.
    """
    if not settings.fleet.users_file or Path(settings.fleet.users_file).exists():
        return False
    keys = {site.site: site.public_key for site in book.sites() if site.revoked_at is None}
    seed = access_of(settings.fleet).seed if keys else ""
    centre = {CENTRE: public_of(seed)} if seed else {}
    users = users_file_of(settings.fleet)
    is_lost = users.restore(keys | centre)
    if is_lost:
        users.wake_server()
    return is_lost


def users_file_of(settings: FleetSettings) -> UsersFile:
    """The file that the NATS server includes.

    Raises:
        Refused: the settings name none.
    """
    if not settings.users_file:
        raise Refused.at(USERS_FILE, "is missing: the file of users that the NATS server's configuration includes")
    pid_file = Path(settings.pid_file) if settings.pid_file else None
    return UsersFile(path=Path(settings.users_file), pid_file=pid_file)
