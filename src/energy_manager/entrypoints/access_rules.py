"""What a token, and the way to it, must be like before the API may listen."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from energy_manager.domain.errors import Fault, Refused

SHORTEST_TOKEN = 16
"""Characters, where others than this machine can guess."""

MAKE_ONE = "make one with: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address; a name other than ``localhost`` may be anything."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def faults_of(host: str, token: str, *, tls_certificate: str, tls_key: str) -> Iterator[Fault]:
    """What is wrong with the token and the certificate; no message quotes a secret."""
    field = "ENERGY_MANAGER_API__TOKEN"
    if any(not "!" <= character <= "~" for character in token):
        yield Fault(field=field, message="has blanks or letters that are not ASCII, which headers cannot carry")
    elif token and len(token) < SHORTEST_TOKEN and not is_loopback(host):
        message = f"has {len(token)} characters; beyond loopback it needs at least {SHORTEST_TOKEN}: {MAKE_ONE}"
        yield Fault(field=field, message=message)
    if bool(tls_certificate) != bool(tls_key):
        missing = "TLS_KEY" if tls_certificate else "TLS_CERTIFICATE"
        yield Fault(field=f"ENERGY_MANAGER_API__{missing}", message="is missing: a certificate and its key go together")


def try_certificate(tls_certificate: str, tls_key: str) -> None:
    """Make sure that what TLS is asked for with can be used; without a certificate it is not asked for.

    Raises:
        Refused: one of the files cannot be read, or they do not go together.
    """
    if not tls_certificate:
        return
    import ssl  # noqa: PLC0415 - seldom needed

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls_certificate, tls_key, password="")
    except (OSError, ValueError) as error:
        message = f"{tls_certificate} and {tls_key} cannot be used: {getattr(error, 'strerror', None) or error}"
        raise Refused.at("ENERGY_MANAGER_API__TLS_CERTIFICATE", message) from None


def warning_of(host: str, *, tls_certificate: str, reverse_proxy: str) -> str:
    """Why what goes over the wire can be read by others; empty where it cannot."""
    if is_loopback(host) or tls_certificate or reverse_proxy:
        return ""
    return (
        "the API listens beyond loopback without TLS: tokens and schedules can be read on the way; "
        "set ENERGY_MANAGER_API__TLS_CERTIFICATE and __TLS_KEY, or name a reverse proxy with __REVERSE_PROXY"
    )
