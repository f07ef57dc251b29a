"""What pydantic found wrong, as the product says it: every fault by its path, with the value and its limit.

The sentence follows from the value and from the JSON schema at its place, so a limit is stated once, in the model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from energy_manager.domain.errors import Fault, shown
from energy_manager.entrypoints.jobs.exact.numbers import fault_of_number

Schema = dict[str, Any]
Place = Sequence[int | str]

TAGS = ("<number>", "<numbers>", "<readings>")
"""How alternatives of a model are tagged; pydantic names them in the place of a fault, people need not know them."""

_MOST_OF_A_NAME = 60
_OWN_WORDS = ("value_error", "said")
"""Errors that a model raised in words of its own."""


class FaultsFound(PydanticCustomError):
    """Faults that a validator found below its own place, with paths from there (``[3].volume``)."""

    def __new__(cls, faults: Sequence[Fault]) -> FaultsFound:
        return super().__new__(cls, "faults", "faults below", {"faults": tuple(faults)})


def faults_of(error: ValidationError, schema: Schema) -> list[Fault]:
    """All faults of a document whose schema has no references."""
    return [fault for found in error.errors(include_url=False) for fault in _faults(found, schema)]


def _faults(found: ErrorDetails, schema: Schema) -> Iterator[Fault]:
    path = path_of(found["loc"])
    if found["type"] == "faults":
        for fault in found["ctx"]["faults"]:
            joint = "." if path and fault.field and not fault.field.startswith("[") else ""
            yield Fault(field=f"{path}{joint}{fault.field}", message=fault.message)
    else:
        yield Fault(field=path or "request", message=_message(found, schema))


def once_a_field(faults: Sequence[Fault]) -> list[Fault]:
    """The first fault of each field."""
    once: dict[str, Fault] = {}
    for fault in faults:
        once.setdefault(fault.field, fault)
    return list(once.values())


def capped(faults: Sequence[Fault], *, most: int) -> list[Fault]:
    """At most so many faults of one list, then how many more there are: a thousand not-a-numbers are one mistake."""
    kept: list[Fault] = []
    found: Counter[str] = Counter()
    for fault in faults:
        of_list = fault.field.rpartition("[")[0]
        found[of_list] += 1
        if not of_list or found[of_list] <= most:
            kept.append(fault)
    hidden = {path: count - most for path, count in found.items() if path and count > most}
    return kept + [Fault(field=path, message=f"{count} more values are at fault") for path, count in hidden.items()]


def path_of(place: Place) -> str:
    """``powerplants[2].efficiency``."""
    path = ""
    for step in place:
        if step in TAGS:
            continue
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            name = ascii(step)[1:-1][:_MOST_OF_A_NAME]
            path += f".{name}" if path else name
    return path


def _message(found: ErrorDetails, schema: Schema) -> str:
    kind = found["type"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return unknown_name(str(found["loc"][-1]), _at(schema, found["loc"][:-1]).get("properties", {}))
    if kind == "string_unicode":
        return f"must be valid Unicode, not {shown(found['input'])}"
    if kind in _OWN_WORDS:
        return found["msg"].removeprefix("Value error, ")
    return fault_of_value(found["input"], _at(schema, found["loc"]))


def unknown_name(name: str, known: Sequence[str] | Schema) -> str:
    """A name that means nothing here: a misspelt limit must not go unnoticed."""
    return f"is not a field here{near_miss(name, list(known))}"


def near_miss(name: str, known: Sequence[str]) -> str:
    """``; did you mean co2?``, or nothing."""
    near = [own for own in known if own.lower() == name.lower()] or get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def fault_of_value(value: object, schema: Schema) -> str:
    """What is wrong with a value that its schema does not allow."""
    if schema.get("type") in {"number", "integer"}:
        return fault_of_number(value, schema)
    if schema.get("type") == "string" and value == "":
        return "must not be empty"
    if (schema.get("type") == "array" and isinstance(value, list)) or (
        schema.get("type") == "object" and isinstance(value, dict)
    ):
        return f"must have {_count(schema)}, not {len(value)}"
    return f"must be {_wanted(schema)}, not {shown(value)}"


def _wanted(schema: Schema) -> str:
    if "enum" in schema or "const" in schema:
        words = schema.get("enum", [schema.get("const")])
        return f"one of {', '.join(str(word) for word in words if word is not None)}"
    if "oneOf" in schema:
        return str(schema["title"])
    return _KINDS.get(schema.get("type", ""), "something else")


_KINDS = {"array": "a list", "object": "an object", "boolean": "true or false", "string": "text"}


def _count(schema: Schema) -> str:
    """How many entries a list or an object must have."""
    kind = "Items" if schema["type"] == "array" else "Properties"
    least, most = schema.get(f"min{kind}"), schema.get(f"max{kind}")
    if least is None:
        return f"at most {most} entries"
    if most is None:
        return f"at least {least} {'entry' if least == 1 else 'entries'}"
    return f"{least} entries" if least == most else f"{least} to {most} entries"


def _at(schema: Schema, place: Place) -> Schema:
    """The part of the schema that speaks of a place; null is passed over, of other alternatives the tag decides."""
    return _found(schema, place) or {}


def _found(schema: Schema, place: Place) -> Schema | None:
    schema = _stated(schema)
    if not place:
        return schema
    step, rest = place[0], place[1:]
    if step in TAGS:
        tagged = next((option for option in schema.get("oneOf", []) if _tag_of(option) == step), None)
        return None if tagged is None else _found(tagged, rest)
    inside = _inside(schema, step)
    return None if inside is None else _found(inside, rest)


def _tag_of(schema: Schema) -> str:
    if schema.get("type") != "array":
        return "<number>"
    return "<readings>" if schema["items"].get("type") == "object" else "<numbers>"


def _inside(schema: Schema, step: int | str) -> Schema | None:
    if isinstance(step, str):
        stated = schema.get("properties", {}).get(step)
        others = schema.get("additionalProperties")
        return stated if stated is not None or not isinstance(others, dict) else others
    own = schema.get("prefixItems", [])
    return own[step] if step < len(own) else schema.get("items")


def _stated(schema: Schema) -> Schema:
    """Of a value that may be null, what it is otherwise."""
    return next((option for option in schema.get("anyOf", ()) if option.get("type") != "null"), schema)
