"""Where in a JSON text a value stands: parts with dots between, and ``[key=value]``; nothing more.

``ENERGY.Power``, ``nrg.11`` (the twelfth of a list), ``meters[role=grid].power_w`` (the first object of a list in which
``role`` is ``grid``).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from energy_manager.domain.errors import Fault, Refused

_STEP = re.compile(r"(?P<part>[^.\[\]]+)|\[(?P<key>[^=\[\]]+)=(?P<value>[^\[\]]*)\]")


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A path as its steps: a key or an index, or the pair of a key and the text that it must have."""

    steps: tuple[str | tuple[str, str], ...]

    @classmethod
    def parse(cls, text: str) -> JsonPath:
        """The path that is written so.

        Raises:
            Refused: it is none.
        """
        steps: list[str | tuple[str, str]] = []
        at = 0
        while at < len(text):
            found = _STEP.match(text, at)
            if found is None:
                break
            steps.append(found["part"] or (found["key"], found["value"]))
            at = found.end()
            if text[at : at + 1] == "." and at + 1 < len(text):
                at += 1
            elif text[at : at + 1] not in {"", "["}:
                break
        if not steps or at < len(text):
            message = f"{text!r} is no path: parts with dots between, and [key=value]"
            raise Refused([Fault(field="json", message=message)])
        return cls(tuple(steps))

    def find(self, document: object) -> object:
        """What stands there; None where nothing does."""
        for step in self.steps:
            document = _entered(document, step)
            if document is None:
                return None
        return document


def _entered(document: object, step: str | tuple[str, str]) -> object:
    if isinstance(step, tuple):
        key, wanted = step
        items = document if isinstance(document, list) else []
        return next((item for item in items if isinstance(item, dict) and _text(item.get(key)) == wanted), None)
    if isinstance(document, dict):
        return document.get(step)
    if isinstance(document, list) and step.isdecimal() and int(step) < len(document):
        return document[int(step)]
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def parse_json(text: str | bytes) -> object:
    """A JSON text as values; NaN and infinities, which JSON has not, are None.

    Raises:
        ValueError: it is no JSON, or nested too deeply.
    """
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except RecursionError:
        raise ValueError("nesting is too deep") from None
