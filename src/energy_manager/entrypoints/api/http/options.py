"""What may stand in a route's query: a misspelt option would leave the answer to another question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection

from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.jobs.exact.faults import near_miss

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Who asks here adds what it likes, and nothing depends on it."""


def refuse_unknown_options(connection: HTTPConnection) -> None:
    """Before every route.

    Raises:
        Refused: an option that the route has not, or one that is stated with two values; a path or a query that is no
            UTF-8, of which the server's own reading would make another name.
    """
    _refuse_what_is_no_text(connection.scope)
    route = connection.scope.get("route")
    if not connection.query_params or not isinstance(route, APIRoute) or route.path in PROBES:
        return
    is_list = dict(_options(route.dependant))
    faults = []
    for name in connection.query_params:
        values = set(connection.query_params.getlist(name))
        if name not in is_list:
            faults.append(Fault(field=name, message=f"is not an option here{near_miss(name, list(is_list))}"))
        elif len(values) > 1 and not is_list[name]:
            faults.append(Fault(field=name, message=f"is stated with {len(values)} different values"))
    if faults:
        raise Refused(faults)


def _refuse_what_is_no_text(scope: Mapping[str, Any]) -> None:
    parts = [("path", scope.get("raw_path", b""))]
    for option in scope.get("query_string", b"").split(b"&"):
        name = option.partition(b"=")[0]
        parts.append((unquote_to_bytes(name).decode() if _is_text(name) else "query", option))
    faults = [Fault(field=field, message="is not UTF-8 text") for field, said in parts if not _is_text(said)]
    if faults:
        raise Refused(faults)


def _is_text(quoted: bytes) -> bool:
    try:
        unquote_to_bytes(quoted).decode()
    except UnicodeDecodeError:
        return False
    return True


def fault_of_option(found: Mapping[str, Any]) -> Fault:
    """What pydantic found wrong with an option, as the product says it."""
    wanted = _WANTED.get(found["type"])
    field, value = str(found["loc"][-1]), found["input"]
    if found["type"] == "missing":
        return Fault(field=field, message="is missing")
    if wanted is None:
        return Fault(field=field, message=f"{value!r}: {found['msg']}")
    return Fault(field=field, message=f"{wanted.format(**found.get('ctx', {}))}, not {value!r}")


_WANTED = {
    "bool_parsing": "must be true or false",
    "float_parsing": "must be a number",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "less_than": "must be below {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
}


def _options(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """What a route's query may hold, and whether that may be stated again and again."""
    for parameter in dependant.query_params:
        yield parameter.alias, "list[" in str(parameter.field_info.annotation)
    for inner in dependant.dependencies:
        yield from _options(inner)
