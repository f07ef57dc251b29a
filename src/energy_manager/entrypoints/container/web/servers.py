"""Applications on their addresses, with what all of them are guarded and bounded by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from energy_manager.application.access import TokenRegistry
from energy_manager.application.logbook import KeepLogbook
from energy_manager.entrypoints.api.app import create_app
from energy_manager.entrypoints.api.commanding.commands import Commands
from energy_manager.entrypoints.api.operation.serving import Address, ApiServer, connections_of
from energy_manager.entrypoints.api.security.guard import Guard
from energy_manager.entrypoints.api.security.limits.bodies_in_flight import BodiesInFlight
from energy_manager.entrypoints.api.security.limits.browser_rules import BrowserRules
from energy_manager.entrypoints.api.security.limits.origins import Origins, host_names
from energy_manager.entrypoints.settings import ApiSettings

Limits: TypeAlias = list[Callable[[ASGIApp], ASGIApp]]

MOST_HEALTH_CONNECTIONS = 32


def commands_of(
    settings: ApiSettings, tokens: TokenRegistry, logbook: KeepLogbook, *, lost: Callable[[], str] = lambda: ""
) -> Commands:
    """The guard of all routes, behind the commands that it writes refusals down with; ``lost``: as in ``Commands``."""
    guard = Guard(settings, tokens)
    commands = Commands(guard=guard, logbook=logbook, lost=lost)
    guard.refused = commands.refused
    return commands


def limits_of(settings: ApiSettings, guard: Guard) -> Limits:
    """Of browsers, of hosts and of what is under way, the outermost first; the first two are any server's."""
    return [
        BrowserRules,
        partial(Origins, guard=guard, allowed_hosts=host_names(settings.allowed_hosts)),
        partial(BodiesInFlight, limit_mb=settings.max_in_flight_mb),
    ]


def server_of(app: FastAPI, settings: ApiSettings) -> ApiServer:
    """The server of the API; raises ``Refused`` where its address is taken."""
    address = Address(
        host=settings.host, port=settings.port, tls_certificate=settings.tls_certificate, tls_key=settings.tls_key
    )
    connections = connections_of(
        most=settings.max_connections,
        most_of_a_client=settings.max_client_connections,
        reverse_proxy=settings.reverse_proxy,
    )
    return ApiServer(app, address, connections)


def health_server_of(settings: ApiSettings, health: APIRouter, limits: Limits) -> ApiServer | None:
    """The server of health alone, where the settings ask for one; raises ``Refused`` where its address is taken."""
    if settings.health_port < 0:
        return None
    address = Address(host=settings.host, port=settings.health_port, port_setting="HEALTH_PORT")
    connections = connections_of(most=MOST_HEALTH_CONNECTIONS, most_of_a_client=8, reverse_proxy="")
    return ApiServer(create_app([health], [], limits[:2]), address, connections)


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiServers:
    """The API's server and, where the settings ask for it, one for health alone, in a thread of its own."""

    api: ApiServer
    health: ApiServer | None

    @property
    def app(self) -> FastAPI:
        """The application of the API."""
        return self.api.app

    @property
    def url(self) -> str:
        """Where the API can be reached."""
        return self.api.url

    def start(self) -> None:
        """Serve both; ends with the process."""
        if self.health is not None:
            self.health.start()
        self.api.start()

    def close(self) -> None:
        """Give the addresses back, if they were never served."""
        if self.health is not None:
            self.health.close()
        self.api.close()
