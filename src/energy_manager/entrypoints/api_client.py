"""Ask an API of the product that runs, over HTTP, for the commands; the standard library will do."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.settings import ApiSettings

ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is listened on is asked here


class NothingAnswers(Exception):
    """Its text says why."""


class Declined(Exception):
    """The API answers with an error; ``code`` and ``sentence`` are empty where it is none of the product's."""

    def __init__(self, *, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.code, self.sentence = status, code, sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiClient:
    """The API at ``url``; ``token`` empty: none is wanted. ``certificate``: a file with one that is trusted too.

    Raises:
        Refused: the URL is none of http or https.
    """

    url: str
    token: str = ""
    certificate: str = ""

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise Refused.at("--url", f"{self.url!r} is no URL like http://127.0.0.1:8888")

    @classmethod
    def of(cls, api: ApiSettings, *, url: str | None) -> Self:
        """What runs under these settings, or at an address.

        Raises:
            Refused: it is not known where it listens.
        """
        if url is None:
            url = _address(api)
        return cls(url=url.rstrip("/"), token=api.token.get_secret_value(), certificate=api.tls_certificate)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        within_s: float,
        more: Mapping[str, str] | None = None,
    ) -> bytes:
        """What is answered to a request, with more headers than the usual ones.

        Raises:
            NothingAnswers: nothing does.
            Declined: with an error.
        """
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        headers |= more or {}
        request = Request(f"{self.url}{path}", data=body, headers=headers, method=method)  # noqa: S310 - of http or https
        trusted = ssl.create_default_context(cafile=self.certificate) if self.certificate else None
        try:
            with urlopen(request, timeout=within_s, context=trusted) as answer:  # noqa: S310 - as above
                content: bytes = answer.read()
        except HTTPError as error:
            raise _declined(error) from None
        except OSError as error:
            reason = getattr(error, "reason", error)
            raise NothingAnswers(str(getattr(reason, "strerror", None) or reason)) from None
        return content


def _address(api: ApiSettings) -> str:
    if not api.port:
        raise Refused.at("--url", "is needed: the API listens on any free port")
    host = ANYWHERE.get(api.host, api.host)
    scheme = "https" if api.tls_certificate else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{api.port}"


def _declined(error: HTTPError) -> Declined:
    try:
        document = json.loads(error.read())
        return Declined(status=error.code, code=str(document["error"]), sentence=str(document["message"]))
    except (ValueError, LookupError, TypeError, OSError):
        return Declined(status=error.code, code="", sentence="")
