"""Ask the site that runs, over HTTP; the standard library will do."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from energy_manager.domain.errors import EnergyManagerError, Fault, Refused
from energy_manager.entrypoints.settings import ApiSettings

ANSWERS_S = 5.0
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is listened on is asked here


class NoAnswer(EnergyManagerError):
    """The site cannot be asked, or does not tell."""

    code = "no_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSite:
    """The API at ``url``; ``token`` empty: none is wanted. ``certificate``: a file with one that is trusted too."""

    url: str
    token: str = ""
    certificate: str = ""

    def read(self, path: str) -> bytes:
        """The JSON of an address.

        Raises:
            NoAnswer: nothing answers there, or the token may not see this.
        """
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        request = Request(f"{self.url}{path}", headers=headers)  # noqa: S310 - an URL of http or https
        trusted = ssl.create_default_context(cafile=self.certificate) if self.certificate else None
        try:
            with urlopen(request, timeout=ANSWERS_S, context=trusted) as answer:  # noqa: S310 - as above
                content: bytes = answer.read()
        except HTTPError as error:
            raise NoAnswer(f"{self.url} answers {error.code}: {_sentence(error.read())}") from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            said = getattr(reason, "strerror", None) or reason
            message = f"no site answers at {self.url} ({said}): energy-manager run starts one, --url names another"
            raise NoAnswer(message) from None
        return content

    def site(self) -> dict[str, Any]:
        """The site as it stands now; raises ``NoAnswer``."""
        return _object(self.read("/api/v1/site"))

    def alarms(self) -> list[dict[str, Any]] | None:
        """What is active, the most urgent first; None where this token may not see it."""
        try:
            found: list[dict[str, Any]] = _object(self.read("/api/v1/events")).get("active", [])
        except NoAnswer:
            return None
        return found


def running_site(api: ApiSettings, *, url: str | None) -> RunningSite:
    """The site that runs under these settings, or at an address.

    Raises:
        Refused: it is not known where it listens.
    """
    token = api.token.get_secret_value()
    if url is not None:
        if not url.startswith(("http://", "https://")):
            raise Refused([Fault(field="--url", message=f"{url!r} is no URL such as http://127.0.0.1:8888")])
        return RunningSite(url=url.rstrip("/"), token=token, certificate=api.tls_certificate)
    if not api.port:
        raise Refused([Fault(field="--url", message="is needed: the API listens on any free port")])
    host = ANYWHERE.get(api.host, api.host)
    scheme = "https" if api.tls_certificate else "http"
    address = f"{scheme}://{f'[{host}]' if ':' in host else host}:{api.port}"
    return RunningSite(url=address, token=token, certificate=api.tls_certificate)


def _object(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise NoAnswer("what answers is no site of this product")
    return document


def _sentence(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, TypeError, KeyError):
        return "no site of this product"
