"""What may stand in a route's query: a misspelt option would leave the answer to another question."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import HTTPConnection

from energy_manager.domain.errors import Fault, Refused
from energy_manager.entrypoints.jobs.exact.faults import near_miss

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Who asks here adds what it likes, and nothing depends on it."""


async def refuse_unknown_options(connection: HTTPConnection) -> None:
    """A dependency of every route.

    Raises:
        Refused: an option that the route has not, or one that is stated with two values.
    """
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


def _options(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """What a route's query may hold, and whether that may be stated again and again."""
    for parameter in dependant.query_params:
        yield parameter.alias, "list[" in str(parameter.field_info.annotation)
    for inner in dependant.dependencies:
        yield from _options(inner)
