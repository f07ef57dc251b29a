"""How many files and connections the process may have open, and whether that is enough."""

from __future__ import annotations

import resource

from energy_manager.domain.errors import Refused

NEEDED = 64
"""For the loop, the store, devices, workers and a handful of connections."""

WANTED = 4096
"""Beyond this more would be of no use."""


def make_room(*, connections: int) -> str:
    """Raise the limit as far as may be; what to warn of where the API's connections may need more, or empty.

    Raises:
        Refused: it is too low to serve anybody.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft != resource.RLIM_INFINITY and soft < NEEDED:
        message = (
            f"only {soft} files may be open at once, and with the API {NEEDED} are needed: "
            "raise the limit (ulimit -n), or run with --no-api"
        )
        raise Refused.at("RLIMIT_NOFILE", message)
    if soft != resource.RLIM_INFINITY and soft < NEEDED + connections:
        return f"only {soft} files may be open at once (ulimit -n): the API cannot have {connections} connections"
    return ""
