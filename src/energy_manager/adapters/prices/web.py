"""One request to a price service: bounded in time and size, no redirects, and every failure one sentence."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from energy_manager.adapters.failures import describe_failure
from energy_manager.application.ports.forecasts.price_source import PricesUnavailable

if TYPE_CHECKING:
    import httpx2

TIMEOUT_S = 20.0
"""A whole exchange; the services answer within a second or two, on busy days within ten."""

MOST_BYTES = 8_000_000
"""A year of quarter hours as XML is about 4 MB."""

EXCERPT = 160


@cache
def _authorities() -> ssl.SSLContext:
    """Whom to trust; reading them takes a fifth of a second."""
    import httpx2  # noqa: PLC0415 - see ``ask``

    return httpx2.create_ssl_context()


def _client(timeout_s: float) -> httpx2.Client:
    import httpx2  # noqa: PLC0415 - see ``ask``

    return httpx2.Client(
        timeout=timeout_s,
        follow_redirects=False,
        verify=_authorities(),
        headers={"Accept-Encoding": "identity"},
    )


def ask(
    url: str,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    json_body: object = None,
    timeout_s: float = TIMEOUT_S,
) -> bytes:
    """GET, or POST with a JSON body; the answer's bytes.

    Raises:
        PricesUnavailable: no answer in time, too large an answer, or a status other than 200. The sentence has the host
            and never the query or headers, in which tokens travel.
    """
    import httpx2  # noqa: PLC0415 - a tenth of a second, and sites without prices or forecasts never ask

    host = urlsplit(url).netloc.rpartition("@")[2] or url
    until_s = time.monotonic() + timeout_s
    try:
        # A body of its own deadline: a server that sends a byte now and then must not hold the caller.
        with (
            _client(timeout_s) as client,
            client.stream(
                "GET" if json_body is None else "POST", url, params=query, headers=headers, json=json_body
            ) as answer,
        ):
            body = bytearray()
            for part in answer.iter_raw():
                body += part
                if len(body) > MOST_BYTES:
                    raise PricesUnavailable(f"{host} sent more than {MOST_BYTES // 1_000_000} MB")
                if time.monotonic() > until_s:
                    raise PricesUnavailable(f"{host} did not finish its answer within {timeout_s:g} s")
    except (httpx2.HTTPError, httpx2.InvalidURL, UnicodeError) as error:
        raise PricesUnavailable(f"{host} cannot be reached: {describe_failure(error)}") from None
    if answer.status_code != 200:
        excerpt = bytes(body[:EXCERPT]).decode("utf-8", "replace").split("\n")[0].strip()
        said = f": {excerpt!a}" if excerpt else ""
        raise PricesUnavailable(f"{host} answered {answer.status_code}{said}")
    return bytes(body)
