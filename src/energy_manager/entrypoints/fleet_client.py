"""Asks a running centre over HTTP, for the commands; the standard library will do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from energy_manager.domain.errors import EnergyManagerError, Fault, Infeasible, Refused

TIMEOUT_S = 30.0


class CentreSays(EnergyManagerError):
    """The centre's own word on why it does not."""

    code = "centre_says"


class NotEnough(Infeasible):
    """The centre's word that sites do not have as much."""

    code = "volume_not_available"


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreClient:
    """``url`` like http://127.0.0.1:8888; ``token`` empty: none is wanted."""

    url: str
    token: str = ""

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        """What the centre tells."""
        return self._ask("GET", path, query, None)

    def post(self, path: str, document: object, **query: str) -> Any:  # noqa: ANN401 - JSON
        """Have the centre do something."""
        return self._ask("POST", path, query, json.dumps(document).encode())

    def delete(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Have the centre end something."""
        return self._ask("DELETE", path, {}, None)

    def _ask(self, method: str, path: str, query: dict[str, str], body: bytes | None) -> Any:  # noqa: ANN401 - JSON
        address = f"{self.url.rstrip('/')}{path}" + (f"?{urlencode(query)}" if query else "")
        if not address.startswith(("http://", "https://")):
            raise Refused([Fault(field="--url", message=f"{self.url!r} is no URL like http://127.0.0.1:8888")])
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = Request(address, data=body, headers=headers, method=method)  # noqa: S310 - checked above
        try:
            with urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - as above
                return json.loads(answer.read())
        except HTTPError as error:
            raise _said(error) from None
        except (URLError, OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise CentreSays(f"no centre answers at {self.url}: {reason}") from None


def _said(error: HTTPError) -> EnergyManagerError:
    try:
        document = json.loads(error.read())
        sentence, code = str(document["message"]), document["error"]
    except (ValueError, LookupError, TypeError, OSError):
        return CentreSays(f"the centre answered {error.code} {error.reason}")
    return NotEnough(sentence) if code == NotEnough.code else CentreSays(sentence)
