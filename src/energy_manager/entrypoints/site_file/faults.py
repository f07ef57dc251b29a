"""Faults of a site file that no model finds by itself, at their place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from energy_manager.domain.errors import Refused

Place = tuple[str | int, ...]


def fault(place: Place, sentence: str, value: object = None) -> InitErrorDetails:
    """A fault at this place; ``value`` None: the sentence says it."""
    return InitErrorDetails(
        type=PydanticCustomError("site_file", "{sentence}", {"sentence": sentence}), loc=place, input=value
    )


def unknown_key(key: str) -> InitErrorDetails:
    """A key that may not stand there; the reader of the whole file adds the one that may be meant."""
    return InitErrorDetails(type="extra_forbidden", loc=(key,), input=None)


def faults_of(refused: Refused, place: Place = ()) -> Iterator[InitErrorDetails]:
    """What the domain refused, at the keys that it names."""
    for found in refused.faults:
        yield fault((*place, found.field), found.message)


def found_again(error: ValidationError, table: dict[str, Any]) -> Iterator[InitErrorDetails]:
    """What a model found in a part of a table, to be raised with what was found in the rest.

    A missing key may be one of the table that is misspelt, in whichever part.
    """
    for found in error.errors():
        said = PydanticCustomError(found["type"], "{sentence}", {"sentence": found["msg"]})
        yield InitErrorDetails(
            type=said,
            loc=found["loc"],
            input=table if found["type"] == "missing" and len(found["loc"]) == 1 else found["input"],
        )


def raise_if_any(faults: Iterable[InitErrorDetails]) -> None:
    """Refuse what has faults.

    Raises:
        pydantic.ValidationError: there is one; with all of them.
    """
    found: list[Any] = list(faults)
    if found:
        raise ValidationError.from_exception_data("site file", found)
