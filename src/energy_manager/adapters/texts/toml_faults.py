"""What is wrong with a TOML text, each fault with its file, line and key."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from energy_manager.adapters.texts.toml_lines import Place, line_of
from energy_manager.domain.errors import Fault, Refused

LONGEST_SHOWN = 60
"""Of a value that is refused so many characters are shown."""

Model = TypeVar("Model", bound=BaseModel)


def parse_toml(text: str, *, label: str) -> dict[str, Any]:
    """The tables of the text; ``label`` names it in faults.

    Raises:
        Refused: it is no TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused([Fault(field=label, message=f"is no TOML: {error}")]) from None


def validated(model: type[Model], content: Mapping[str, Any], *, locate: Callable[[Place], str]) -> Model:
    """The content as the model.

    Raises:
        Refused: every fault at the place that ``locate`` makes of its path.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faults = [
            Fault(field=locate(_place(found)), message=_sentence(found, model))
            for found in error.errors(include_url=False)
        ]
        raise Refused(faults) from None


def located(text: str, *, label: str) -> Callable[[Place], str]:
    """Paths as ``file:line: a.b[2]`` of this text."""

    def locate(place: Place) -> str:
        line = line_of(text, place)
        where = f"{label}:{line}" if line else label
        return f"{where}: {dotted(place)}" if place else where

    return locate


def dotted(place: Place) -> str:
    """``assets[2].potential``, as a person would write it."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def fault_at(place: Place, sentence: str, value: object = None) -> InitErrorDetails:
    """A fault that a model's own validator found; ``value`` None: the sentence says it."""
    return InitErrorDetails(
        type=PydanticCustomError("rule", "{sentence}", {"sentence": sentence}), loc=place, input=value
    )


def raise_faults(title: str, faults: list[InitErrorDetails]) -> None:
    """Raise what was found, if anything.

    Raises:
        pydantic.ValidationError: there is some fault.
    """
    if faults:
        raise ValidationError.from_exception_data(title, faults)


def _place(found: Any) -> Place:  # noqa: ANN401 - pydantic's own record of an error
    # What is in brackets is a word of pydantic or of ours for one of several types, and no key.
    return tuple(part for part in found["loc"] if not (isinstance(part, str) and part.startswith("[")))


def _sentence(found: Any, model: type[BaseModel]) -> str:  # noqa: ANN401 - as above
    place = found["loc"]
    if found["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(place[-1]), _known_keys(model, place), n=1)
        return "there is no such key" + (f"; did you mean {near[0]}?" if near else "")
    if found["type"] == "missing":
        return "is missing"
    return refused_value(found)


def refused_value(found: Any) -> str:  # noqa: ANN401 - as above
    """The value and what is wrong with it; of several values that there may be the nearest."""
    message, value = str(found["msg"]).removeprefix("Value error, "), found["input"]
    if value is None or isinstance(value, dict):
        return message
    text = repr(value)
    shown = text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
    return f"{shown}: {message[0].lower()}{message[1:]}{_near(found)}"


def _near(found: Any) -> str:  # noqa: ANN401 - as above
    if found["type"] != "literal_error" or not isinstance(found["input"], str):
        return ""
    near = difflib.get_close_matches(found["input"], re.findall(r"'([^']*)'", found["msg"]), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _known_keys(model: type[BaseModel], place: Place) -> list[str]:
    """The keys that may stand beside the last part of ``place``."""
    tables: list[type[BaseModel]] = [model]
    for part in place[:-1]:
        named = [table.model_fields[str(part)] for table in tables if part in table.model_fields]
        tables = [inner for field in named for inner in _tables_in(field.annotation)] or tables
    return [name for table in tables for name in table.model_fields]


def _tables_in(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 - whatever a field may be
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _tables_in(part)
