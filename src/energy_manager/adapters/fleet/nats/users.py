"""Who is let in by the NATS server: a file with a public key for each site, which the server's configuration includes.

A site may speak and listen below ``em.v1.site.<site>.`` only. The private part of a key is shown once and kept nowhere.
The public keys are in the book too, so that a file that is lost is written again. It is JSON, which the server reads as
its own format::

    # nats.conf
    include "users.json"
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nkeys

from energy_manager.adapters.fleet import wire
from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.fleet.names import checked_site

CENTRE = "*"
"""The name under which a centre is enrolled: it speaks with every site."""

SITE_TOKEN = 3
"""Which part of a subject is the site."""

READABLE = 0o644
"""The server may run as another user, and public keys are no secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersFile:
    """The file, and how the server is made to read it again.

    Args:
        path: the file; made where there is none.
        pid_file: the server's ``pid_file``, where it runs on this machine; None: it is made to read by other means.
    """

    path: Path
    pid_file: Path | None = None

    def enrolled(self) -> tuple[str, ...]:
        """The sites that are let in, in alphabetical order."""
        return tuple(sorted(self._users().keys() - {CENTRE}))

    def enrol(self, site: str) -> str:
        """Let a site in, or a ``CENTRE``; returns its private key, which is kept nowhere else.

        Raises:
            Refused: the name can be no site's, it is enrolled already, or the file is not one of these or cannot be
                written.
        """
        name = site if site == CENTRE else checked_site(site)
        seed, public = new_key()
        with self._locked():
            users = self._users()
            if name in users:
                who = "a centre" if name == CENTRE else f"site {name!r}"
                raise Refused([Fault(field="site", message=f"{who} is enrolled already; revoke it first")])
            self._write(users | {name: _user(name, public)})
        return seed

    def revoke(self, site: str) -> None:
        """Let a site, or the ``CENTRE``, in no more; the server ends its connection when it reads the file again.

        Raises:
            Refused: it is not enrolled, or the file is not one of these or cannot be written.
        """
        with self._locked():
            users = self._users()
            if site not in users:
                raise Refused([Fault(field="site", message=f"{site!r} is not enrolled")])
            del users[site]
            self._write(users)

    def restore(self, keys: Mapping[str, str]) -> bool:
        """Write the file again where it is lost; ``keys`` are the public ones by name. Whether it was lost.

        Raises:
            Refused: the file cannot be written.
        """
        if not keys or self.path.exists():
            return False
        with self._locked():
            if self.path.exists():
                return False
            self._write({name: _user(name, public) for name, public in keys.items()})
        return True

    def wake_server(self) -> str:
        """Make the server read the file; why it has not, in words. Empty: it has, or is made to by other means."""
        if self.pid_file is None:
            return ""
        try:
            pid = int(self.pid_file.read_text())
            is_there = _is_server(pid)
            if is_there:
                os.kill(pid, signal.SIGHUP)
        except (FileNotFoundError, ProcessLookupError, ValueError):
            is_there = False
        except OSError as error:
            return (
                f"the NATS server has not read the users: {error.strerror}; reload it: `nats-server --signal reload=…`"
            )
        return "" if is_there else "the NATS server does not run here: it reads the users when it starts"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.with_name(f".{self.path.name}.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            message = f"{str(self.path)!r} cannot be written: {error.strerror}"
            raise Refused([Fault(field="users_file", message=message)]) from None

    def _users(self) -> dict[str, dict[str, Any]]:
        """By site; a user's name is in what it may say."""
        try:
            users = json.loads(self.path.read_text())["authorization"]["users"]
            return {user["permissions"]["publish"].split(".")[SITE_TOKEN]: user for user in users}
        except FileNotFoundError:
            return {}
        except (ValueError, LookupError, TypeError, AttributeError):
            message = f"{str(self.path)!r} is no file of users that this command has written"
            raise Refused([Fault(field="users_file", message=message)]) from None

    def _write(self, users: dict[str, dict[str, Any]]) -> None:
        draft = self.path.with_name(f".{self.path.name}.new")
        document = {"authorization": {"users": [users[name] for name in sorted(users)]}}
        draft.write_text(json.dumps(document, indent=2) + "\n")
        draft.chmod(READABLE)
        draft.replace(self.path)


def _is_server(pid: int) -> bool:
    """Whether it is a NATS server: one that was killed leaves its number behind, and another process may have it."""
    command = Path(f"/proc/{pid}/cmdline")
    if not command.parent.parent.is_dir():
        return True  # a machine that does not say
    return b"nats-server" in command.read_bytes().partition(b"\0")[0]


def new_key() -> tuple[str, str]:
    """A user's nkey: its seed (private) and its public key."""
    seed = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER)
    return seed.decode(), nkeys.from_seed(bytearray(seed)).public_key.decode()


def is_key(seed: str) -> bool:
    """Whether it is the whole private part of a user's nkey; its last characters are a checksum of the others."""
    try:
        prefix, raw = nkeys.decode_seed(seed.encode())
        return bool(nkeys.encode_seed(raw, prefix).decode() == seed)
    except (nkeys.NkeysError, ValueError):
        return False


def public_of(seed: str) -> str:
    """The public key of a seed."""
    return str(nkeys.from_seed(bytearray(seed.encode())).public_key.decode())


def _user(name: str, public: str) -> dict[str, Any]:
    up, down = wire.subjects_of(name, wire.UP), wire.subjects_of(name, wire.DOWN)
    if name == CENTRE:
        return {"nkey": public, "permissions": {"publish": down, "subscribe": [up, "em.v1.centre.*.gone.>"]}}
    return {"nkey": public, "permissions": {"publish": up, "subscribe": down}}
