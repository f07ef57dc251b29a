"""The part of a table that belongs to the model of a driver or of a type of connection."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError, ValidationInfo
from pydantic_core import InitErrorDetails

from energy_manager.adapters.devices.registry import Registry
from energy_manager.entrypoints.site_file.faults import found_again, unknown_key


def registry_of(info: ValidationInfo) -> Registry:
    """The registry that the file is read with."""
    registry = (info.context or {}).get("registry")
    return registry if isinstance(registry, Registry) else Registry()


def options_from(
    model: type[BaseModel], said: dict[str, Any], faults: list[InitErrorDetails], *, info: ValidationInfo
) -> BaseModel | None:
    """The options that are said; unknown keys are faults, whatever the model allows. None after a fault.

    ``info`` is that of the whole file: models see its context, such as the folder ``beside`` which other files stand.
    """
    known = {field.alias or name for name, field in model.model_fields.items()}
    unknown = [unknown_key(key) for key in said if key not in known]
    faults += unknown
    try:
        known_ones = {key: value for key, value in said.items() if key in known}
        options = model.model_validate(known_ones, context=info.context)
    except ValidationError as error:
        faults += found_again(error, said)
        return None
    return None if unknown else options
