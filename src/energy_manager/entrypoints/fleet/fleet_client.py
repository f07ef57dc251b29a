"""What the fleet's commands ask of a centre that runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from energy_manager.domain.errors import EnergyManagerError, Infeasible
from energy_manager.entrypoints.api_client import ApiClient, Declined, NothingAnswers

ANSWERS_S = 30.0


class CentreSays(EnergyManagerError):
    """The centre's own word on why it does not."""

    code = "centre_says"


class NotEnough(Infeasible):
    """The centre's word that sites do not have as much."""

    code = "volume_not_available"


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreClient(ApiClient):
    """The centre of an API."""

    def get(self, path: str, **query: str) -> Any:  # noqa: ANN401 - JSON
        """What the centre tells."""
        return self._answer("GET", path, query, None)

    def post(self, path: str, document: object, *, version: str = "", **query: str) -> Any:  # noqa: ANN401 - JSON
        """Have the centre do something; ``version``: that of the preview that is confirmed by it."""
        more = {"If-Match": f'"{version}"'} if version else {}
        return self._answer("POST", path, query, json.dumps(document).encode(), more)

    def delete(self, path: str) -> Any:  # noqa: ANN401 - JSON
        """Have the centre end something."""
        return self._answer("DELETE", path, {}, None)

    def _answer(
        self, method: str, path: str, query: dict[str, str], body: bytes | None, more: Mapping[str, str] | None = None
    ) -> Any:  # noqa: ANN401 - JSON
        asked = f"{path}?{urlencode(query)}" if query else path
        try:
            return json.loads(self.ask(method, asked, body, within_s=ANSWERS_S, more=more))
        except Declined as said:
            if said.code == NotEnough.code:
                raise NotEnough(said.sentence) from None
            raise CentreSays(said.sentence or f"the centre answered {said.status}") from None
        except (NothingAnswers, ValueError) as why:
            raise CentreSays(f"no centre answers at {self.url}: {why}") from None
