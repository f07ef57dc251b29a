"""What ``status`` asks of the site that runs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from energy_manager.domain.errors import EnergyManagerError
from energy_manager.entrypoints.api_client import ApiClient, Declined, NothingAnswers

ANSWERS_S = 5.0


class NoAnswer(EnergyManagerError):
    """The site cannot be asked, or does not tell."""

    code = "no_answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningSite(ApiClient):
    """The site of an API."""

    def read(self, path: str) -> bytes:
        """The JSON of an address.

        Raises:
            NoAnswer: nothing answers there, or the token may not see this.
        """
        try:
            return self.ask("GET", path, within_s=ANSWERS_S)
        except Declined as said:
            sentence = said.sentence or "no site of this product"
            raise NoAnswer(f"{self.url} answers {said.status}: {sentence}") from None
        except NothingAnswers as why:
            message = f"no site answers at {self.url} ({why}): energy-manager run starts one, --url names another"
            raise NoAnswer(message) from None

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


def _object(content: bytes) -> dict[str, Any]:
    try:
        document = json.loads(content)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise NoAnswer("what answers is no site of this product")
    return document
