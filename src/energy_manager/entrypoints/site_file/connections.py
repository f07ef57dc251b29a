"""What may stand in a table of ``[[connections]]``: an id, the type of connection, and the keys of that type."""

from __future__ import annotations

from typing import Any, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import InitErrorDetails

from energy_manager.adapters.devices import Connection
from energy_manager.adapters.devices.driver import AnyConnectionType
from energy_manager.adapters.devices.registry import Registry
from energy_manager.adapters.options import Options
from energy_manager.domain.errors import Refused
from energy_manager.entrypoints.site_file.faults import fault, found_again, raise_if_any
from energy_manager.entrypoints.site_file.names import Name
from energy_manager.entrypoints.site_file.options import options_from, registry_of


class ConnectionEntry(Options):
    """What several assets share, or what has to be tuned; all keys but these are those of the connection's type."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    id: Name
    driver: str = Field(min_length=1)
    options: BaseModel = Field(Options(), exclude=True)
    connection_type: AnyConnectionType = Field(cast("AnyConnectionType", None), exclude=True)

    @model_validator(mode="wrap")
    @classmethod
    def _of_table(
        cls,
        table: Any,  # noqa: ANN401 - whatever the file says
        handler: ModelWrapValidatorHandler[ConnectionEntry],
        info: ValidationInfo,
    ) -> ConnectionEntry:
        """Split the table into what every connection has and the options of its type, and check both."""
        if not isinstance(table, dict):
            return handler(table)
        faults: list[InitErrorDetails] = []
        connection_type = _connection_type(table.get("driver"), registry_of(info), faults)
        said = {key: value for key, value in table.items() if key not in CONNECTION_KEYS}
        options = None if connection_type is None else options_from(connection_type.options, said, faults, info=info)
        try:
            entry = handler({key: value for key, value in table.items() if key in CONNECTION_KEYS})
        except ValidationError as error:
            faults += found_again(error, table)
        raise_if_any(faults)
        return entry.model_copy(update={"options": options, "connection_type": connection_type})

    @property
    def connection(self) -> Connection:
        """The connection as drivers know it."""
        return Connection(id=self.id, driver=self.driver, options=self.options)


CONNECTION_KEYS = frozenset({"id", "driver"})
"""The keys that may stand in every connection's table, whatever its type."""


def _connection_type(name: object, registry: Registry, faults: list[InitErrorDetails]) -> AnyConnectionType | None:
    if not isinstance(name, str) or not name:
        return None
    try:
        found = registry.connection(name)
    except Refused as refused:
        faults.append(fault(("driver",), refused.faults[0].message))
        return None
    if found is None:
        available = ", ".join(kind.name for kind in registry.connections()) or "none"
        faults.append(fault(("driver",), f"unknown type of connection {name!r}; available: {available}"))
    return found
