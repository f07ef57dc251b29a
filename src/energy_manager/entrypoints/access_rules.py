"""What a token, and the way to it, must be like before the API may listen."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Protocol

from pydantic import SecretStr

from energy_manager.domain.errors import Fault, Refused

SHORTEST_TOKEN = 16
"""Characters, where others than this machine can guess."""

MAKE_ONE = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"


class Access(Protocol):
    """The settings that this is about."""

    @property
    def host(self) -> str: ...

    @property
    def token(self) -> SecretStr: ...

    @property
    def tls_certificate(self) -> str: ...

    @property
    def tls_key(self) -> str: ...

    @property
    def reverse_proxy(self) -> str: ...


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address; a name other than ``localhost`` may be anything."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def faults_of(access: Access) -> Iterator[Fault]:
    """What is wrong with the token and the certificate; no message quotes a secret."""
    token = access.token.get_secret_value()
    field = "ENERGY_MANAGER_API__TOKEN"
    if any(not "!" <= character <= "~" for character in token):
        yield Fault(field=field, message="has blanks or letters that are not ASCII, which headers cannot carry")
    elif token and len(token) < SHORTEST_TOKEN and not is_loopback(access.host):
        message = f"has {len(token)} characters; beyond loopback it needs at least {SHORTEST_TOKEN}: {MAKE_ONE}"
        yield Fault(field=field, message=message)
    if bool(access.tls_certificate) != bool(access.tls_key):
        missing = "TLS_KEY" if access.tls_certificate else "TLS_CERTIFICATE"
        yield Fault(field=f"ENERGY_MANAGER_API__{missing}", message="is missing: a certificate and its key go together")


class Certified(Protocol):
    """The files of a certificate; empty names where there is none."""

    @property
    def tls_certificate(self) -> str: ...

    @property
    def tls_key(self) -> str: ...


def try_certificate(access: Certified) -> None:
    """Make sure that what TLS is asked for with can be used.

    Raises:
        Refused: one of the files cannot be read, or they do not go together.
    """
    if not access.tls_certificate:
        return
    import ssl  # noqa: PLC0415 - seldom needed

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(access.tls_certificate, access.tls_key, password="")
    except (OSError, ValueError) as error:
        files = f"{access.tls_certificate} and {access.tls_key}"
        message = f"{files} cannot be used: {getattr(error, 'strerror', None) or error}"
        raise Refused.at("ENERGY_MANAGER_API__TLS_CERTIFICATE", message) from None


def warning_of(access: Access) -> str:
    """Why what goes over the wire can be read by others; empty where it cannot."""
    if is_loopback(access.host) or access.tls_certificate or access.reverse_proxy:
        return ""
    return (
        "the API listens beyond loopback without TLS: tokens and schedules can be read on the way; "
        "set ENERGY_MANAGER_API__TLS_CERTIFICATE and __TLS_KEY, or name a reverse proxy with __REVERSE_PROXY"
    )
