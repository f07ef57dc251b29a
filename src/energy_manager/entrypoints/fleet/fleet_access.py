"""What the settings of a fleet must be like before anybody connects."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from energy_manager.domain.errors import Fault, Refused
from energy_manager.domain.quantities import AssetId
from energy_manager.entrypoints.access_rules import is_loopback

if TYPE_CHECKING:  # as below
    from energy_manager.domain.site import PlanningSite

URL, SITE, CREDENTIALS, ASSETS = (f"ENERGY_MANAGER_FLEET__{name}" for name in ("URL", "SITE", "CREDENTIALS", "ASSETS"))


def faults_of(url: str, site: str) -> Iterator[Fault]:
    """What is wrong with the server's URL and the site's name, where they are said."""
    if url:
        parts = urlsplit(url)
        if parts.scheme not in {"nats", "tls"} or not parts.hostname:
            yield Fault(field=URL, message=f"{url!r} is no URL like tls://host:4222 or nats://127.0.0.1:4222")
        elif parts.scheme == "nats" and not is_loopback(parts.hostname):
            message = f"{url!r} leaves this machine without encryption: tls://{parts.netloc} is needed"
            yield Fault(field=URL, message=message)
        elif parts.username is not None or parts.password is not None:
            yield Fault(field=URL, message=f"a URL without user and password is needed; {CREDENTIALS} names the key")
    if site:
        from energy_manager.domain.fleet.names import site_fault  # noqa: PLC0415 - every command reads the settings

        yield from filter(None, (site_fault(site, field=SITE),))


def refuse_without_client() -> None:
    """Make sure that the NATS client is installed; it is not loaded.

    Raises:
        Refused: it is not, and how to install it.
    """
    if find_spec("nats") is None or find_spec("nkeys") is None:
        raise Refused.at(URL, "a fleet needs nats-py: pip install 'energy-manager[fleet]'")


def assets_in_fleet(name: str, assets: str, site: PlanningSite) -> tuple[AssetId, ...]:
    """The assets that the centre's orders are for, as the settings name the site and list them.

    Raises:
        Refused: the site has no name in the fleet, or an asset is none of the site's that takes targets.
    """
    faults = []
    if not name:
        faults.append(Fault(field=SITE, message="is missing: the name under which `fleet enrol` let this site in"))
    names = tuple(filter(None, (asset.strip() for asset in assets.split(","))))
    try:
        site.refuse_strangers(names)
    except Refused as refused:
        faults += [Fault(field=ASSETS, message=f"{fault.field!r}: {fault.message}") for fault in refused.faults]
    if faults:
        raise Refused(faults)
    return names or site.controllable


def seed_in(credentials: str) -> str:
    """The private key in the file of the settings; empty where none is named.

    Raises:
        Refused: the file cannot be read, or holds no key of a user.
    """
    if not credentials:
        return ""
    try:
        text = Path(credentials).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise Refused.at(CREDENTIALS, f"{credentials!r} cannot be read: {reason}") from None
    if not text.startswith("SU") or not text.isalnum():
        message = f"{credentials!r} holds no key as `fleet enrol` prints it: one line that begins with SU"
        raise Refused.at(CREDENTIALS, message)
    return text
