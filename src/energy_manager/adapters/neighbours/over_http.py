"""Homes that other servers decide for."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx2

from energy_manager.adapters.texts.json_text import NotJson, read_json
from energy_manager.domain.appliances import StepFunction
from energy_manager.domain.appliances.units import FOREVER_US, Watts, exact_number
from energy_manager.domain.errors import EnergyManagerError, Fault, Refused
from energy_manager.domain.series import microseconds

GREATEST_W = 10**9
"""Whoever claims to draw or feed in more is not believed at all."""

MOST_OCTETS = 1_000_000
"""Nobody's profile is longer."""


class HttpNeighbours:
    """Homes behind other servers' ``GET /api/v1/appliances/profile``, asked all at once.

    Args:
        urls: the addresses, each of a whole profile.
        timeout_s: for all of them together; who has not answered then is left out of account, as if it drew nothing.
    """

    def __init__(self, urls: Sequence[str], *, timeout_s: float, token: str = "") -> None:
        # A few bytes of gzip can become gigabytes.
        headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {token}"} if token else {})
        self._urls = urls
        self._timeout_s = timeout_s
        self._client = httpx2.Client(timeout=timeout_s, headers=headers, follow_redirects=False, trust_env=False)
        self._troubles: dict[str, str] = {}
        self._pool = ThreadPoolExecutor(max_workers=max(1, len(urls)), thread_name_prefix="neighbours")

    def close(self) -> None:
        """Let go of connections and threads."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def others_w(self) -> StepFunction | None:
        """The sum of the profiles that came in time; None when none did."""
        deadline_s = time.monotonic() + self._timeout_s
        asked = [self._pool.submit(self._ask, url, deadline_s) for url in self._urls]
        done, late = wait(asked, timeout=self._timeout_s)
        for question in late:
            question.cancel()
        return summed([profile for answer in done if (profile := answer.result()) is not None])

    def troubles(self) -> tuple[str, ...]:
        return tuple(f"{urlsplit(url).netloc.rpartition('@')[2]}: {why}" for url, why in sorted(self._troubles.items()))

    def _ask(self, url: str, deadline_s: float) -> StepFunction | None:
        """One profile; None for whatever goes wrong: a neighbour that fails must not keep anybody from deciding."""
        try:
            profile = read_profile(read_json(self._octets(url, deadline_s)))
        except Refused as refused:
            self._troubles[url] = f"taken as no answer: {refused.faults[0].message}"
            return None
        except NotJson:
            self._troubles[url] = "taken as no answer: is no JSON"
            return None
        except (httpx2.HTTPError, EnergyManagerError, OSError):
            self._troubles.pop(url, None)  # silence says nothing, and what was wrong before is over
            return None
        counted = _at_least_nothing(profile)
        if counted.values != profile.values:
            self._troubles[url] = "claims to feed in, which counts as 0 W: it raises no other home's limit"
        else:
            self._troubles.pop(url, None)
        return counted

    def _octets(self, url: str, deadline_s: float) -> bytes:
        """The body of an answer.

        Raises:
            Refused: it is another one than was asked for, or too long.
            TimeoutError: it did not come in time.
        """
        octets = bytearray()
        with self._client.stream("GET", url) as response:
            if response.status_code != 200:
                raise Refused([Fault(field=url, message=f"HTTP status {response.status_code}")])
            for chunk in response.iter_raw():
                octets += chunk
                if len(octets) > MOST_OCTETS:
                    raise Refused([Fault(field=url, message=f"is longer than {MOST_OCTETS:,} bytes")])
                if time.monotonic() > deadline_s:
                    raise TimeoutError
        return bytes(octets)


def summed(profiles: Sequence[StepFunction]) -> StepFunction | None:
    """What they draw together; None without any."""
    total: StepFunction | None = None
    for profile in profiles:
        total = profile if total is None else total + profile
    return total


def _at_least_nothing(profile: StepFunction) -> StepFunction:
    """The profile with 0 W wherever it is below."""
    values = tuple(watts if watts > 0 else exact_number(0) for watts in profile.values)
    return StepFunction(starts_us=profile.starts_us, values=values)


def read_profile(document: Any) -> StepFunction:  # noqa: ANN401 - parsed JSON
    """A published profile: what holds from each instant to the next; before the first it is what holds there.

    Raises:
        Refused: it is no profile.
    """
    try:
        pieces = [(_in_us(entry["from"]), _watts(entry["w"])) for entry in document["net_w"]]
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise Refused([Fault(field="net_w", message=f"is no profile: {error}")]) from None
    starts = [at_us for at_us, _ in pieces]
    if not pieces or starts != sorted(set(starts)):
        raise Refused([Fault(field="net_w", message="is empty, or not in order of time")])
    return StepFunction(starts_us=(-FOREVER_US, *starts[1:]), values=tuple(watts for _, watts in pieces))


def _in_us(text: str) -> int:
    at = datetime.fromisoformat(text)
    if at.utcoffset() is None:
        raise ValueError(f"{text!r} has no time zone")
    return microseconds(at)


def _watts(value: Any) -> Watts:  # noqa: ANN401 - parsed JSON
    if isinstance(value, bool):
        raise TypeError(f"{value!r} is no number")
    if not isinstance(value, int | float | Decimal) or not math.isfinite(value):
        raise TypeError(f"{str(value)[:40]} is no finite number")
    if not -GREATEST_W <= value <= GREATEST_W:
        raise ValueError(f"{value:.3g} W is beyond ±{GREATEST_W:.0e} W")
    return exact_number(value)
