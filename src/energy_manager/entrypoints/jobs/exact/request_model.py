"""A request's model: what it looks like for OpenAPI, and how documents are read by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, model_validator
from pydantic.json_schema import GenerateJsonSchema

from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.jobs.exact.document import read_document
from energy_manager.entrypoints.jobs.exact.faults import capped, faults_of, once_a_field

Request = TypeVar("Request")
EXACT = ConfigDict(strict=True, extra="forbid", frozen=True)
"""Of every part of a request: nothing is converted, nothing is ignored."""


class ExactModel(BaseModel):
    """An object of a request."""

    model_config = EXACT


class LenientModel(ExactModel):
    """An object of a request in which null stands for what is left out, wherever something may be."""

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, stated: Any) -> Any:  # noqa: ANN401 - pydantic's
        if not isinstance(stated, dict) or None not in stated.values():
            return stated
        optional = {name for name, field in cls.model_fields.items() if not field.is_required()}
        return {name: value for name, value in stated.items() if value is not None or name not in optional}


class RequestModel(Generic[Request]):
    """Reads documents of one type; ``decimals`` says whether numbers are exact decimals or measured floats.

    ``most_faults`` of one list are told, then how many more there are; None: all. ``across`` finds what contradicts
    itself between parts of a document, which may have other faults.
    """

    def __init__(
        self,
        kind: Any,  # noqa: ANN401 - any type that pydantic knows
        *,
        decimals: bool = True,
        most_faults: int | None = None,
        across: Callable[[object], Iterable[Fault]] = lambda _: (),
    ) -> None:
        self._adapter: TypeAdapter[Request] = TypeAdapter(kind)
        self._decimals = decimals
        self._most_faults = most_faults
        self._across = across

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON schema, without references."""
        return json_schema(self._adapter)

    def read(self, text: bytes) -> Request:
        """The request in a JSON text.

        Raises:
            NotJson: the text is none.
            Refused: with every fault by its path.
        """
        return self.of_document(read_document(text, decimals=self._decimals))

    def of_document(self, document: object) -> Request:
        """The request in values that were JSON; raises as ``read``."""
        try:
            request = self._adapter.validate_python(document)
        except ValidationError as error:
            faults = faults_of(error, self.schema)
        else:
            faults = []
        faults += self._across(document)
        if faults:
            faults = once_a_field(faults)
            raise Refused(faults if self._most_faults is None else capped(faults, most=self._most_faults))
        return request


class _WithoutTitles(GenerateJsonSchema):
    """A field's name is title enough."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - pydantic's
        return False


def json_schema(adapter: TypeAdapter[Any], *, mode: Any = "validation") -> dict[str, Any]:  # noqa: ANN401 - pydantic's word
    """A type's JSON schema with its definitions put where they are used, for a place inside another document."""
    schema = adapter.json_schema(mode=mode, schema_generator=_WithoutTitles)
    found: dict[str, Any] = _inlined(schema, schema.pop("$defs", {}))
    return found


def _inlined(part: Any, definitions: dict[str, Any]) -> Any:  # noqa: ANN401 - any part of a schema
    if isinstance(part, list):
        return [_inlined(entry, definitions) for entry in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        own = {key: value for key, value in part.items() if key != "$ref"}
        part = definitions[part["$ref"].rpartition("/")[2]] | own
    return {key: _inlined(value, definitions) for key, value in part.items()}
